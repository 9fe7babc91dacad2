"""Short message text as the radio network carries it (3GPP TS 23.038 alphabets, TS 23.040 user data).

`alphabets` turns text into octets and back, `segments` plans how many messages a text takes, `lookalikes` saves
segments, `udh` reads and writes user data headers, `reassembly` joins the parts of a long inbound message.
"""
