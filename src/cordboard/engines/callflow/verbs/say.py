"""Say: text to speech; and its older spelling, Speak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from cordboard.engines.callflow.attributes import LANGUAGE, URL, Attribute, Kind, choice, text, whole
from cordboard.engines.callflow.run import Run
from cordboard.engines.callflow.verbs.prompt import Prompt
from cordboard.engines.callflow.voices import DEFAULT_VOICE, find_voice

LONGEST_TEXT: Final = 4096
MOST_LOOPS: Final = 1000
_TYPES: Final[tuple[Literal["ssml"], ...]] = ("ssml",)
_VOICE_DOC: Final = "A key of the table of voices below. `man` and `woman` are understood too, with `language`."
_LANGUAGE_DOC: Final = "Older way to choose: `en`, `en-gb`, `es`, `fr`, `it`, `de`, used where `voice` is no key."
VOICE: Final = Kind("the key of a voice, man or woman", text(100).parse)


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(Prompt):
    """Speaks its text. With `type="ssml"` the text holds SSML tags (`break`, `say-as`, `audio`), without `<speak>`
    around them; they may also stand in a CDATA section.
    """

    name = "Say"
    content = f"the text to speak, at most {LONGEST_TEXT} characters"
    speaks_markup = True

    voice: Annotated[str, Attribute("voice", VOICE, _VOICE_DOC, shown=DEFAULT_VOICE)] = ""
    loop: Annotated[int, Attribute("loop", whole(0, MOST_LOOPS), "How often it is said; 0: until the call ends.")] = 1
    type: Annotated[Literal["ssml"] | None, Attribute("type", choice(_TYPES), "The text holds SSML.")] = None
    language: Annotated[str, Attribute("language", LANGUAGE, _LANGUAGE_DOC)] = ""

    def start(self, run: Run, stop_keys: str) -> bool:
        """Logs the voice that is used, and speaks."""
        if self.type is None and "<" in self.markup:
            fix = 'the tags in it mean something only with type="ssml"; their text is said'
            run.log("SAY", self.markup[:LONGEST_TEXT], fix, success=False)
        said = self._spoken()
        return speak(run, said, self.voice, self.language, self.loop, stop_keys, ssml=self.type is not None)

    def _spoken(self) -> str:
        if self.type is None:
            return self.text
        # Tags in a CDATA section came as text: they are meant as tags all the same.
        return self.text if "<" not in self.markup and "<" in self.text else self.markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Speak(Prompt):
    """The older spelling of `Say`; with `file` it plays that instead."""

    name = "Speak"
    content = f"the text to speak, at most {LONGEST_TEXT} characters"

    voice: Annotated[str, Attribute("voice", VOICE, _VOICE_DOC, shown=DEFAULT_VOICE)] = ""
    loops: Annotated[int, Attribute("loops", whole(0, MOST_LOOPS), "How often it is said; 0: until the call ends.")] = 1
    language: Annotated[str, Attribute("language", LANGUAGE, _LANGUAGE_DOC)] = ""
    file: Annotated[str, Attribute("file", URL, "Audio to play instead of speaking.")] = ""
    engine: Annotated[str, Attribute("engine", text(), "Accepted; has no effect.")] = ""

    def start(self, run: Run, stop_keys: str) -> bool:
        """Plays the file, if there is one, else speaks."""
        if self.file:
            run.play(self.file, loops=self.loops, stop_keys=stop_keys)
            return True
        return speak(run, self.text, self.voice, self.language, self.loops, stop_keys, ssml=False)


def speak(run: Run, said: str, voice: str, language: str, loops: int, stop_keys: str, *, ssml: bool) -> bool:
    """Says a text in the voice that was asked for, or the usual one. False, and a log entry, if it is no text."""
    described = f"Text: {said[:LONGEST_TEXT]}, Voice: {voice}, Type: {'ssml' if ssml else ''}"
    if not said or len(said) > LONGEST_TEXT:
        fault = "there is no text to say" if not said else f"the text has more than {LONGEST_TEXT} characters: split it"
        run.log("Text-To-Speech", described, f"{fault}; nothing is said", success=False)
        return False
    found = find_voice(voice, language)
    used = found.key if found else DEFAULT_VOICE
    fix = "" if found else f"; there is no voice {voice!r}, take one of the table of voices"
    run.log("Text-To-Speech", described, f"Voice Used: {used}{fix}", success=found is not None)
    run.speak(said, used, ssml=ssml, loops=loops, stop_keys=stop_keys)
    return True
