"""An SMSC for tests: SMPP 3.4 over TCP or TLS, programmable, with faults. See `Smsc`."""

from cordboard.testing.smsc.behaviour import SmscBehaviour
from cordboard.testing.smsc.records import BindRecord, Delivery, Submit
from cordboard.testing.smsc.server import Smsc

__all__ = ["BindRecord", "Delivery", "Smsc", "SmscBehaviour", "Submit"]
