"""Which verbs there are."""

from __future__ import annotations

from typing import Final

from cordboard.engines.callflow.tags import Verb
from cordboard.engines.callflow.verbs.dial import Dial
from cordboard.engines.callflow.verbs.gather import Gather
from cordboard.engines.callflow.verbs.get_speech import GetSpeech
from cordboard.engines.callflow.verbs.hangup import Hangup
from cordboard.engines.callflow.verbs.menu import GoTo, Menu, PlayAsset, RecordCall, RunWorkflow
from cordboard.engines.callflow.verbs.pause import Pause
from cordboard.engines.callflow.verbs.ping import Ping
from cordboard.engines.callflow.verbs.play import Play
from cordboard.engines.callflow.verbs.play_last_recording import PlayLastRecording
from cordboard.engines.callflow.verbs.record import Record
from cordboard.engines.callflow.verbs.redirect import Redirect
from cordboard.engines.callflow.verbs.reject import Reject
from cordboard.engines.callflow.verbs.say import Say, Speak
from cordboard.engines.callflow.verbs.sms import Sms
from cordboard.engines.callflow.verbs.voicemail import Voicemail

_DOCUMENTED: Final[tuple[type[Verb], ...]] = (
    Say,
    Play,
    Pause,
    Gather,
    Record,
    PlayLastRecording,
    Dial,
    Redirect,
    Hangup,
    Reject,
    Sms,
    Ping,
    GetSpeech,
    Speak,
)
_UNPARSED: Final[tuple[type[Verb], ...]] = (Menu, PlayAsset, GoTo, RunWorkflow, RecordCall, Voicemail)

INBOUND_XML: Final[dict[str, type[Verb]]] = {verb.name.lower(): verb for verb in _DOCUMENTED}
"""The verbs of documents by name in lower case, in the order of the reference page."""

ALL_VERBS: Final[dict[str, type[Verb]]] = INBOUND_XML | {verb.name.lower(): verb for verb in _UNPARSED}
"""Those, and the ones that IVRs and routes are compiled to."""
