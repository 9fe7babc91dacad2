"""Meme nodes: a text on a picture, drawn with Pillow and sent with a message."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageChops
from tests.campaigns.house import Business
from tests.campaigns.test_runs import control, sms

from cordboard.domain.assets.memes import Text, UndrawableError, draw
from cordboard.domain.workflows.models import EndedRun

WIDTH, HEIGHT = 300, 200


def picture(form: str = "PNG") -> bytes:
    """A white picture."""
    out = BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), "white").save(out, form)
    return out.getvalue()


def ink(data: bytes) -> tuple[int, int, int, int]:
    """The box that is not white; fails the test where all of it is."""
    image = Image.open(BytesIO(data)).convert("RGB")
    assert image.size == (WIDTH, HEIGHT)
    box = ImageChops.difference(image, Image.new("RGB", image.size, "white")).getbbox()
    assert box is not None
    return box


def test_a_text_begins_where_it_is_put_in_its_size_and_colour() -> None:
    drawn = draw(picture(), Text(20, 30, "Hello", size=20, color="#ff0000"))
    left, top, right, bottom = ink(drawn.data)
    assert 20 <= left < 26
    assert 30 <= top < 40
    assert bottom < 60
    assert right < 120
    large = ink(draw(picture(), Text(20, 30, "Hello", size=60)).data)
    assert large[2] - large[0] > 2 * (right - left)
    colours = {colour for _, colour in Image.open(BytesIO(drawn.data)).convert("RGB").getcolors() or []}
    assert (255, 0, 0) in colours
    assert drawn.notes == ()


def test_a_long_text_goes_on_in_further_lines() -> None:
    one = ink(draw(picture(), Text(10, 10, "word", size=20)).data)
    many = ink(draw(picture(), Text(10, 10, "word " * 30, size=20)).data)
    assert many[3] - many[1] > 4 * (one[3] - one[1])
    assert many[2] <= WIDTH


def test_a_turned_text_goes_up() -> None:
    left, top, right, bottom = ink(draw(picture(), Text(100, 150, "Hello there", size=20, rotate=90)).data)
    assert bottom - top > right - left
    assert top < 100


def test_what_cannot_be_as_it_was_asked_for_is_noted() -> None:
    drawn = draw(
        picture("JPEG"), Text(10, 10, "Hi 😀 \N{GREEK SMALL LETTER OMEGA}", font="No Such Font", color="rainbow")
    )
    assert drawn.form == "jpg"
    assert len(drawn.notes) == 2
    with pytest.raises(UndrawableError):
        draw(b"no picture", Text(0, 0, "x"))


async def test_a_run_sends_the_picture_that_it_drew(business: Business) -> None:
    file = ("file", "cat.png", picture())
    await business.api.call("POST", "/v4/asset", business.owner, {"type": "meme-image", "name": "cat.png"}, file=file)
    template = await business.template("Look", templateMediaUrl="%%MEMEIMAGE%%")
    meme = {
        "id": 1,
        "type": "meme",
        "fileName": "cat.png",
        "storedVariableName": "memeimage",
        "messages": [
            {
                "xval": 10,
                "yval": 10,
                "font": "",
                "fontSize": 20,
                "fontColor": "black",
                "rotate": 0,
                "message": "Hi %%FIRSTNAME%%",
            }
        ],
        "children": [2],
    }
    await business.start(await business.campaign([meme, sms(2, template)]), await business.contact(firstname="Ann"))
    assert await business.send() == ["Look"]
    (url,) = business.carrier.taken[-1].media_urls
    blobs = business.api.platform.blobs
    stored = await blobs.get(blobs.name_of(url) or "")
    assert stored is not None
    assert ink(stored)[0] >= 10


async def test_a_picture_that_is_not_there_is_told_to_the_run(business: Business) -> None:
    meme = {
        "id": 1,
        "type": "meme",
        "fileName": "dog.png",
        "storedVariableName": "m",
        "messages": [{"xval": 1, "yval": 1, "message": "x"}],
        "children": [2],
    }
    started = await business.start(await business.campaign([meme, control(2)]), await business.contact())
    await business.api.settle()
    over = await business.run(started.id)
    assert isinstance(over, EndedRun)
    assert "dog.png" in over.state.variables["meme.error"]
