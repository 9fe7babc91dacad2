"""SIP: transports, the user agent with its legs, trunks, and phones that register."""
