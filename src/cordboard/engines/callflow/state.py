"""Where a call flow stands. All of it is plain data: it is stored and read back between any two steps."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from cordboard.engines.callflow.commands import Method

Phase = Literal["prompting", "waiting"]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a flow may take before it is ended with a readable log entry.

    `documents`: requested one after the other without anything heard, said or waited for in between. `verbs`: begun
    in a whole call.
    """

    documents: int = 25
    verbs: int = 1000


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about the caller of an inbound call. `wireless` None: unknown."""

    carrier: str = ""
    wireless: bool | None = None
    zipcode: str = ""
    city: str = ""


class FlowRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A call to be carried out by a document: that of `url`, or `body` where the document is at hand already (`url`
    is then what its relative URLs are resolved against, and may be empty).

    Numbers in E.164 or as they came. `answered`: the call is up already, as outbound ones are. `metadata` is told with
    every request. The fallback is requested once in a call, instead of a document that cannot be had or read.
    """

    account_sid: str
    call_sid: str
    from_number: str
    to_number: str
    direction: Literal["inbound", "outbound"]
    url: str = ""
    method: Method = "POST"
    body: str | None = None
    fallback_url: str = ""
    fallback_method: Method = "POST"
    answered: bool = False
    lookup: Lookup = Lookup()
    metadata: dict[str, str] = {}
    limits: Limits = Limits()


class Element(msgspec.Struct, frozen=True, kw_only=True):
    """A verb or noun as the document has it, names in lower case. `markup` is the inner XML of those that may hold
    SSML.
    """

    name: str
    attributes: dict[str, str] = {}
    text: str = ""
    markup: str = ""
    children: tuple[Element, ...] = ()


Elements: TypeAlias = tuple[Element, ...]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far the verb under way is. Steps are 0 and names empty where there is nothing to wait for.

    `step`: the command whose event is awaited, with `stoppable` where giving it up needs a command. `prompt`: the
    index of the nested prompt that is heard. `digits`: keyed so far. `attempt`: how often the caller was asked before.
    """

    phase: Phase = "waiting"
    step: int = 0
    stoppable: bool = False
    listening: int = 0
    timer: str = ""
    timer_seconds: float = 0
    prompt: int = 0
    digits: str = ""
    attempt: int = 0


class Playing(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is heard, for its log entry. `stopped`: the flow itself has ended it."""

    step: int
    action: Literal["SAY", "PLAY"]
    parameter: str
    loops: int
    voice: str = ""
    stopped: bool = False


class BackgroundRecording(msgspec.Struct, frozen=True):
    """A recording beside the flow; its URL is told to `action`, if there is one."""

    step: int
    action: str
    method: Method


class Transcription(msgspec.Struct, frozen=True):
    """A recording that will be transcribed, and who is told."""

    step: int
    callback: str


class Fetching(msgspec.Struct, frozen=True):
    """A document on its way. `needed`: the call cannot go on without it; else the next verb runs when it fails."""

    fetch: int
    url: str
    needed: bool


class FlowState(msgspec.Struct, kw_only=True):
    """A call flow between two steps. Its values are immutable, so a shallow copy is another state.

    `over`: the flow has hung up or rejected the call. `gone`: the caller has hung up. Either way only what recordings
    and dialled legs bring is still told. `sections` are other verbs that an IVR can go to, by menu.
    """

    request: FlowRequest
    answered: bool = False
    over: bool = False
    gone: bool = False
    document_url: str = ""
    verbs: Elements = ()
    position: int = 0
    progress: Progress | None = None
    sections: dict[str, Elements] = {}
    fetching: Fetching | None = None
    fallback_used: bool = False
    documents: int = 0
    verbs_begun: int = 0
    last_id: int = 0
    playing: tuple[Playing, ...] = ()
    recordings: tuple[BackgroundRecording, ...] = ()
    transcriptions: tuple[Transcription, ...] = ()
