"""Pictures with a text on them, drawn by Pillow."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final, NamedTuple

from PIL import Image, ImageColor, ImageDraw, ImageFont, UnidentifiedImageError

from cordboard.domain.assets.images import LARGEST, WIDEST

MOST_LINES: Final = 200
_JPEG_QUALITY: Final = 90


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
    """The picture with the text, as large as before; a text that is too wide for what is right of its beginning goes on
    in further lines. Slow: not for an event loop. Raises UndrawableError.
    """
    notes: list[str] = []
    try:
        with Image.open(BytesIO(picture)) as opened:
            if opened.width > WIDEST or opened.height > WIDEST or opened.width * opened.height > LARGEST:
                raise UndrawableError("the picture has too many pixels")
            form = "jpg" if opened.format == "JPEG" else "png"
            image = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise UndrawableError(f"the picture cannot be read: {type(error).__name__}") from error
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    font = _font(text, notes)
    lines = _wrapped(pen, text.message, font, image.width - max(text.x, 0))
    pen.multiline_text((text.x, text.y), "\n".join(lines), font=font, fill=_color(text, notes))
    if text.rotate % 360:
        layer = layer.rotate(text.rotate, center=(text.x, text.y), resample=Image.Resampling.BICUBIC)
    image.alpha_composite(layer)
    return Drawn(_written(image, form), form, tuple(notes))


def _font(text: Text, notes: list[str]) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    if text.font and "/" not in text.font and "\\" not in text.font:
        for name in (text.font, f"{text.font}.ttf"):
            try:
                return ImageFont.truetype(name, text.size)
            except OSError:
                continue
        notes.append(f"there is no font {text.font!r}; the built-in one takes its place")
    return ImageFont.load_default(text.size)


def _color(text: Text, notes: list[str]) -> tuple[int, ...]:
    try:
        return ImageColor.getrgb(text.color)
    except ValueError:
        notes.append(f"{text.color!r} is no colour; black takes its place")
        return (0, 0, 0)


def _wrapped(
    pen: ImageDraw.ImageDraw, message: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int
) -> list[str]:
    lines: list[str] = []
    for paragraph in message.replace("\0", "").splitlines() or [""]:
        line = ""
        for word in paragraph.split(" "):
            tried = f"{line} {word}" if line else word
            if line and pen.textlength(tried, font=font) > width:
                lines.append(line)
                tried = word
            line = tried
        lines.append(line)
    return lines[:MOST_LINES]


def _written(image: Image.Image, form: str) -> bytes:
    out = BytesIO()
    if form == "jpg":
        image.convert("RGB").save(out, "JPEG", quality=_JPEG_QUALITY)
    else:
        image.save(out, "PNG")
    return out.getvalue()
