"""What a file really is, whatever it is called: read, measured, and refused where it is something else."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from cordboard.domain.assets import images
from cordboard.domain.assets.models import LARGEST, NewFile
from cordboard.engines.callflow.parsing import BadDocumentError, parse_document
from cordboard.engines.callflow.verbs.registry import INBOUND_XML
from cordboard.infra.speech.audio import ClipError, format_of
from cordboard.infra.speech.length import length_of
from cordboard.kit.errors import InvalidInputError, PayloadTooLargeError

FILE: Final = "file"
_HEAD: Final = 512
_BLANK: Final = b"\xef\xbb\xbf \t\r\n"


class Form(NamedTuple):
    """A form of file that may be an asset: in words, with its mime type, and the types that clients claim for it."""

    words: str
    mime_type: str
    claims: frozenset[str]


FORMS: Final = {
    "wav": Form("WAV audio", "audio/wave", frozenset({"audio/wave", "audio/wav", "audio/x-wav", "audio/vnd.wave"})),
    "mp3": Form("MP3 audio", "audio/mpeg", frozenset({"audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/mpeg3"})),
    "png": Form("a PNG image", "image/png", frozenset({"image/png", "image/x-png"})),
    "gif": Form("a GIF image", "image/gif", frozenset({"image/gif"})),
    "jpg": Form("a JPEG image", "image/jpeg", frozenset({"image/jpeg", "image/jpg", "image/pjpeg"})),
    "xml": Form("XML", "application/xml", frozenset({"application/xml", "text/xml"})),
}
_OF_TYPE: Final = {
    "audio": ("wav", "mp3"),
    "mms-image": ("png", "gif", "jpg"),
    "meme-image": ("png", "gif", "jpg"),
    "inboundxml": ("xml",),
}
_ENDINGS: Final = {"wav": "wav", "wave": "wav", "jpeg": "jpg", "jpe": "jpg"} | {form: form for form in FORMS}
_OTHERS: Final = (
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"OggS", "Ogg audio"),
    (0, b"fLaC", "FLAC audio"),
    (4, b"ftyp", "an MP4 or M4A file"),
    (8, b"WEBP", "a WebP image"),
)


class Facts(NamedTuple):
    """What a file is: its form, which is a key of `FORMS` and its ending, and the seconds that it plays."""

    form: str
    seconds: int

    @property
    def mime_type(self) -> str:
        """The form's mime type."""
        return FORMS[self.form].mime_type


def inspect(file: NewFile, asset_type: str, name: str) -> Facts:
    """Reads the file, which is to become an asset of a type and name; slow enough for a thread. Raises
    InvalidInputError, PayloadTooLargeError.
    """
    if file.size > LARGEST[asset_type]:
        raise PayloadTooLargeError(f"{FILE}: {asset_type} may have {LARGEST[asset_type]} bytes; this has {file.size}")
    form = _form_of(file.path, asset_type)
    _check_ending("name", name, form)
    _check_ending(FILE, file.filename, form)
    _check_claim(file.content_type, form)
    if asset_type == "audio":
        return Facts(form, _seconds(file.path))
    if asset_type == "inboundxml":
        _check_document(file.path)
    else:
        _check_image(file.path, form)
    return Facts(form, 0)


def _form_of(path: Path, asset_type: str) -> str:
    with path.open("rb") as opened:
        head = opened.read(_HEAD)
    form = _known_form(head)
    if form not in _OF_TYPE[asset_type]:
        found = FORMS[form].words if form else _in_words(head)
        wanted = " or ".join(FORMS[one].words for one in _OF_TYPE[asset_type])
        raise InvalidInputError.of(FILE, f"is {found}; {asset_type} takes {wanted}")
    return form


def _known_form(head: bytes) -> str:
    """A key of `FORMS`; empty for anything else."""
    if head.startswith(images.PNG):
        return "png"
    if head.startswith(images.GIF):
        return "gif"
    if head.startswith(images.JPEG):
        return "jpg"
    if head.lstrip(_BLANK).startswith(b"<"):
        return "xml"
    try:
        return format_of(head)
    except ClipError:
        return ""


def _in_words(head: bytes) -> str:
    if not head:
        return "empty"
    return next((words for place, magic, words in _OTHERS if head[place:].startswith(magic)), "of an unknown kind")


def _check_ending(field: str, name: str, form: str) -> None:
    """A name may end in anything that does not tell of another form."""
    ending = PurePosixPath(name).suffix[1:].lower()
    told = _ENDINGS.get(ending)
    if told is not None and told != form:
        raise InvalidInputError.of(field, f"ends in .{ending}, and the file is {FORMS[form].words}: end it in .{form}")


def _check_claim(content_type: str, form: str) -> None:
    claimed = content_type.partition(";")[0].strip().lower()
    if any(claimed in other.claims for key, other in FORMS.items() if key != form):
        raise InvalidInputError.of(FILE, f"is sent as {claimed}, and is {FORMS[form].words}")


def _seconds(path: Path) -> int:
    try:
        return round(length_of(path).seconds)
    except ClipError as error:
        raise InvalidInputError.of(FILE, str(error)) from error


def _check_image(path: Path, form: str) -> None:
    try:
        images.check_image(path.read_bytes(), form)
    except images.BadImageError as error:
        raise InvalidInputError.of(FILE, str(error)) from error


def _check_document(path: Path) -> None:
    try:
        parse_document(path.read_bytes().decode("utf-8-sig"), INBOUND_XML)
    except UnicodeDecodeError as error:
        raise InvalidInputError.of(FILE, "is not UTF-8") from error
    except BadDocumentError as error:
        raise InvalidInputError.of(FILE, f"is no InboundXML: {error}") from error
