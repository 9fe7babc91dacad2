"""Forms with files (RFC 7578): read as they arrive, the files onto the disk, so that a large one costs no memory."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser, parse_options_header

from cordboard.kit.errors import FieldError, InvalidInputError, PayloadTooLargeError, UnsupportedMediaError

LARGEST_TEXT: Final = 64 * 1024
MOST_PARTS: Final = 64
_KIND: Final = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class FormRules:
    """What a request's form holds beside its texts: one file, under any of the names in `file`, of at most
    `largest` octets with all that is around it.
    """

    file: tuple[str, ...]
    largest: int
    required: bool = True


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file as it came. `path` is gone when the request has been answered: move it to keep it."""

    field: str
    filename: str
    content_type: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class Form:
    """A form: its texts by name (the last of each), its file, and a digest of both, whatever the boundary between."""

    texts: dict[str, Any]
    file: UploadedFile | None
    digest: bytes


class FormReader:
    """Reads one form. Leave its context to remove the file."""

    def __init__(self, rules: FormRules, folder: Path) -> None:
        self._rules = rules
        self._folder = folder
        self._stack = ExitStack()
        self._texts: dict[str, Any] = {}
        self._file: UploadedFile | None = None
        self._segment: MultipartSegment | None = None
        self._sink: IO[bytes] | None = None
        self._path = folder
        self._text = bytearray()
        self._digest = hashlib.sha256()

    def __enter__(self) -> FormReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    async def read(self, chunks: AsyncGenerator[bytes, None], content_type: str) -> Form:
        """The form. Raises InvalidInputError, PayloadTooLargeError, UnsupportedMediaError."""
        kind, options = parse_options_header(content_type)
        if kind.lower() != _KIND:
            raise UnsupportedMediaError(f"send {_KIND}, not {kind or 'nothing'}")
        try:
            parser = PushMultipartParser(options.get("boundary", ""), max_segment_count=MOST_PARTS)
            async for chunk in chunks:
                if not parser.closed:
                    self._take(parser, chunk)
        except ParserLimitReached as error:
            raise PayloadTooLargeError(f"a form may have {MOST_PARTS} parts with short heads") from error
        except RequestEntityTooLarge as error:
            raise PayloadTooLargeError(f"the form may have {self._rules.largest} bytes") from error
        except MultipartError as error:
            raise InvalidInputError.of("body", f"is not a multipart form: {error}") from error
        if self._file is None and self._rules.required:
            raise InvalidInputError([FieldError(self._rules.file[0], "is required: the file, as a part of the form")])
        return Form(self._texts, self._file, self._digest.digest())

    def _take(self, parser: PushMultipartParser, chunk: bytes) -> None:
        for event in parser.parse(chunk):
            if isinstance(event, MultipartSegment):
                self._begin(event)
            elif event is None:
                self._end()
            elif self._sink is not None:
                self._digest.update(event)
                self._sink.write(event)
            else:
                self._add_text(event)

    def _begin(self, segment: MultipartSegment) -> None:
        self._segment = segment
        self._text.clear()
        self._digest.update(f"\0{segment.name}\0{segment.filename}\0".encode())
        if segment.name in self._rules.file:
            if self._file is not None:
                raise InvalidInputError.of(segment.name, "may be sent once")
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self._folder, prefix="form-")
            self._path = Path(name)
            self._stack.callback(self._path.unlink, missing_ok=True)
            self._sink = self._stack.enter_context(os.fdopen(descriptor, "wb"))

    def _add_text(self, piece: bytes | bytearray) -> None:
        self._text += piece
        self._digest.update(piece)
        if len(self._text) > LARGEST_TEXT:
            name = self._segment.name if self._segment else ""
            raise PayloadTooLargeError(f"{name} may have {LARGEST_TEXT} bytes as a text of the form")

    def _end(self) -> None:
        segment = self._segment
        if segment is None or segment.name is None:
            raise InvalidInputError.of("body", "has a part without a name")
        if self._sink is None:
            self._texts[segment.name] = _decoded(segment.name, bytes(self._text)) or None
            return
        self._sink.close()
        self._sink = None
        self._file = UploadedFile(
            segment.name, segment.filename or "", segment.content_type or "", self._path, segment.bytes_received
        )


def _decoded(name: str, text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise InvalidInputError.of(name, "is not UTF-8") from error
