"""SIP phones and browser phones: who may register, where they are, their status, transfer presets."""
