"""Pictures with a text on them, drawn by Pillow."""

from __future__ import annotations

from bisect import bisect_right
from io import BytesIO
from typing import Any, Final, NamedTuple

from PIL import Image, ImageColor, ImageDraw, ImageFont, ImageOps

from cordboard.domain.assets.images import LARGEST, WIDEST

MOST_LINES: Final = 200
LONGEST_MESSAGE: Final = 4_000
_JPEG_QUALITY: Final = 90
_OPAQUE: Final = 255
_UNREADABLE: Final = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)
_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class UndrawableError(Exception):
    """The picture cannot be read; the message says why."""


class Text(NamedTuple):
    """What is written: from (`x`, `y`) on, turned by `rotate` degrees against the clock around that point. `font` names
    a file of the system's; the built-in font takes its place where there is none.
    """

    x: int
    y: int
    message: str
    font: str = ""
    size: int = 24
    color: str = "black"
    rotate: int = 0

    @classmethod
    def of(cls, members: dict[str, Any]) -> Text:
        """As a workflow's node writes it."""
        return cls(
            x=int(members.get("xval", 0)),
            y=int(members.get("yval", 0)),
            message=str(members.get("message", "")),
            font=str(members.get("font", "")),
            size=int(members.get("fontSize", 24)),
            color=str(members.get("fontColor", "black")),
            rotate=int(members.get("rotate", 0)),
        )


class Drawn(NamedTuple):
    """A picture in PNG or JPEG, and what could not be as it was asked for."""

    data: bytes
    form: str
    notes: tuple[str, ...]


def draw(picture: bytes, text: Text) -> Drawn:
    """The picture, upright and as large as before, with the text. What is too wide for the room right of its beginning
    goes on in further lines, a long word too; what is outside of the picture is not seen. Slow: not for an event loop.
    Raises UndrawableError.
    """
    notes: list[str] = []
    image, form = _opened(picture)
    color = _color(text, notes)
    mask = _mask(image.size, text, _font(text, notes), notes)
    if color[3] < _OPAQUE:
        mask = mask.point([step * color[3] // _OPAQUE for step in range(_OPAQUE + 1)])
    _put(image, mask, color[:3])
    return Drawn(_written(image, form), form, tuple(notes))


def _opened(picture: bytes) -> tuple[Image.Image, str]:
    """The picture in RGB, or RGBA where some of it is transparent, and the form to write it in."""
    try:
        with Image.open(BytesIO(picture)) as opened:
            if opened.width > WIDEST or opened.height > WIDEST or opened.width * opened.height > LARGEST:
                raise UndrawableError("the picture has too many pixels")
            upright = ImageOps.exif_transpose(opened)
            image = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
            if opened.mode == "CMYK":
                image.info.pop("icc_profile", None)  # it is of other colours
            return image, "jpg" if opened.format == "JPEG" else "png"
    except _UNREADABLE as error:
        raise UndrawableError(f"the picture cannot be read: {type(error).__name__}") from error


def _mask(size: tuple[int, int], text: Text, font: _Font, notes: list[str]) -> Image.Image:
    """Where there is ink."""
    mask = Image.new("L", size)
    pen = ImageDraw.Draw(mask)
    lines = _wrapped(pen, text.message[:LONGEST_MESSAGE], font, size[0] - max(text.x, 0))
    if len(lines) > MOST_LINES or len(text.message) > LONGEST_MESSAGE:
        notes.append(f"the text is cut off: at most {LONGEST_MESSAGE} characters and {MOST_LINES} lines are drawn")
    pen.multiline_text((text.x, text.y), "\n".join(lines[:MOST_LINES]), font=font, fill=_OPAQUE)
    if text.rotate % 360:
        mask = mask.rotate(text.rotate, center=(text.x, text.y), resample=Image.Resampling.BICUBIC)
    return mask


def _put(image: Image.Image, mask: Image.Image, color: tuple[int, ...]) -> None:
    box = mask.getbbox()
    if box is None:
        return
    ink = mask.crop(box)
    if image.mode == "RGB":
        image.paste(color, box, ink)
        return
    layer = Image.new("RGBA", ink.size, color)
    layer.putalpha(ink)
    image.alpha_composite(layer, box[:2])


def _font(text: Text, notes: list[str]) -> _Font:
    name = text.font.strip()
    if not name:
        return ImageFont.load_default(text.size)
    if name.isprintable() and not {"/", "\\"} & set(name):
        for file in (name, f"{name}.ttf"):
            try:
                return ImageFont.truetype(file, text.size)
            except OSError:
                continue
    notes.append(f"there is no font {name!r}; the built-in one takes its place")
    return ImageFont.load_default(text.size)


def _color(text: Text, notes: list[str]) -> tuple[int, int, int, int]:
    try:
        red, green, blue, *alpha = ImageColor.getrgb(text.color)
    except ValueError:
        notes.append(f"{text.color!r} is no colour; black takes its place")
        return (0, 0, 0, _OPAQUE)
    return (red, green, blue, alpha[0] if alpha else _OPAQUE)


def _wrapped(pen: ImageDraw.ImageDraw, message: str, font: _Font, width: int) -> list[str]:
    lines: list[str] = []
    for paragraph in message.replace("\0", "").splitlines() or [""]:
        line = ""
        for word in paragraph.split(" "):
            tried = f"{line} {word}" if line else word
            if line and pen.textlength(tried, font=font) > width:
                lines.append(line)
                tried = word
            *full, line = _pieces(pen, tried, font, width)
            lines += full
        lines.append(line)
    return lines


def _pieces(pen: ImageDraw.ImageDraw, word: str, font: _Font, width: int) -> list[str]:
    """A word cut where it does not fit, one character a line at least."""
    pieces = []
    while len(word) > 1 and pen.textlength(word, font=font) > width:
        fits = bisect_right(
            range(1, len(word)), float(width), key=lambda length: pen.textlength(word[:length], font=font)
        )
        pieces.append(word[: max(fits, 1)])
        word = word[max(fits, 1) :]
    return [*pieces, word]


def _written(image: Image.Image, form: str) -> bytes:
    out = BytesIO()
    if form == "jpg":
        profile = image.info.get("icc_profile")
        image.convert("RGB").save(out, "JPEG", quality=_JPEG_QUALITY, icc_profile=profile)
    else:
        image.save(out, "PNG")
    return out.getvalue()
