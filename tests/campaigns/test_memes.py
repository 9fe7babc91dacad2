"""Meme nodes: a text on a picture, drawn with Pillow and sent with a message."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops
from tests.campaigns.house import Business
from tests.campaigns.test_runs import control, sms

from cordboard.domain.assets.memes import Text, UndrawableError, draw
from cordboard.domain.workflows.models import EndedRun
from cordboard.domain.workflows.outside.draw_meme import KEPT_FOR
from cordboard.infra.jobs.queue import Job

WIDTH, HEIGHT = 300, 200


def picture(form: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (WIDTH, HEIGHT), **options: Any) -> bytes:
    """A white picture."""
    out = BytesIO()
    Image.new("RGB", size, "white").convert(mode).save(out, form, **options)
    return out.getvalue()


def meme(file_name: str) -> dict[str, Any]:
    """A node that sets the variable memeimage."""
    text = {"xval": 10, "yval": 10, "font": "", "fontSize": 20, "fontColor": "black", "rotate": 0}
    return {
        "id": 1,
        "type": "meme",
        "fileName": file_name,
        "storedVariableName": "memeimage",
        "messages": [text | {"message": "Hi %%FIRSTNAME%%"}],
        "children": [2],
    }


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


@given(text=st.text(max_size=300), x=st.integers(-400, 400), y=st.integers(-400, 400), size=st.integers(1, 1000))
@settings(max_examples=30, deadline=None)
@example(text="w" * 1000, x=5, y=5, size=1000)
@example(text="word", x=WIDTH + 1, y=0, size=24)
def test_whatever_is_written_wherever_the_picture_keeps_its_size(text: str, x: int, y: int, size: int) -> None:
    drawn = draw(picture(), Text(x, y, text, size=size, rotate=33))
    assert Image.open(BytesIO(drawn.data)).size == (WIDTH, HEIGHT)


def test_a_word_without_a_space_is_broken() -> None:
    left, _, right, bottom = ink(draw(picture(), Text(50, 10, "w" * 60, size=20)).data)
    assert left >= 50
    assert right <= WIDTH
    assert bottom > 60


def test_a_photograph_that_lies_on_its_side_is_drawn_on_as_it_is_shown() -> None:
    on_its_side = Image.Exif()
    on_its_side[0x112] = 6
    drawn = draw(picture("JPEG", size=(HEIGHT, WIDTH), exif=on_its_side), Text(WIDTH - 60, 10, "x", size=20))
    assert ink(drawn.data)[0] > HEIGHT


def test_what_is_transparent_stays_so_and_inks_may_be() -> None:
    out = BytesIO()
    Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 0)).save(out, "PNG")
    drawn = Image.open(BytesIO(draw(out.getvalue(), Text(10, 10, "Hello", size=40, color="#ffffff80")).data))
    assert drawn.mode == "RGBA"
    assert drawn.getpixel((WIDTH - 1, HEIGHT - 1)) == (0, 0, 0, 0)
    assert drawn.getchannel("A").getextrema() == (0, 128)
    flat = Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")
    assert flat.getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize(
    ("form", "mode"), [("PNG", "1"), ("PNG", "L"), ("PNG", "P"), ("GIF", "P"), ("JPEG", "L"), ("JPEG", "CMYK")]
)
def test_pictures_of_every_kind_are_drawn_on(form: str, mode: str) -> None:
    assert ink(draw(picture(form, mode), Text(150, 100, "Hello", size=20)).data)[2] < WIDTH


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


@given(
    where=st.floats(0, 1), octet=st.integers(0, 255), kept=st.floats(0, 1), form=st.sampled_from(("PNG", "JPEG", "GIF"))
)
@settings(max_examples=40, deadline=None)
def test_a_broken_picture_is_drawn_on_or_refused(where: float, octet: int, kept: float, form: str) -> None:
    data = bytearray(picture(form))
    data[int(where * (len(data) - 1))] = octet
    with suppress(UndrawableError):
        draw(bytes(data[: int(len(data) * kept)]), Text(0, 0, "x"))


async def test_a_run_sends_the_picture_that_it_drew(business: Business) -> None:
    file = ("file", "cat.png", picture())
    await business.api.call("POST", "/v4/asset", business.owner, {"type": "meme-image", "name": "cat.png"}, file=file)
    template = await business.template("Look", templateMediaUrl="%%MEMEIMAGE%%")
    await business.start(
        await business.campaign([meme("cat.png"), sms(2, template)]), await business.contact(firstname="Ann")
    )
    assert await business.send() == ["Look"]
    (url,) = business.carrier.taken[-1].media_urls
    blobs = business.api.platform.blobs
    name = blobs.name_of(url) or ""
    stored = await blobs.get(name)
    assert stored is not None
    assert ink(stored)[0] >= 10
    business.at(business.api.clock.now() + KEPT_FOR)
    await business.api.settle()
    assert await blobs.get(name) is None


async def test_a_picture_that_is_drawn_again_has_the_same_address(business: Business) -> None:
    """The worker died after it had kept the picture: the job is run once more."""
    file = ("file", "cat.png", picture())
    await business.api.call("POST", "/v4/asset", business.owner, {"type": "meme-image", "name": "cat.png"}, file=file)
    await business.start(await business.campaign([meme("cat.png"), control(2)]), await business.contact())
    await business.api.platform.campaigns.loop.step()
    (row,) = await business.api.fetch("select id, account_id, payload, run_at from jobs where kind like '%meme'")
    job = Job(kind="workflows.draw_meme", **row)
    told = []
    for _ in range(2):
        await business.api.platform.campaigns.draw_meme(job)
        told += await business.api.fetch("delete from run_inputs returning given")  # as if it had not come so far
    assert len(told) == 2
    assert told[0] == told[1]


async def test_a_picture_that_is_not_there_is_told_to_the_run(business: Business) -> None:
    started = await business.start(await business.campaign([meme("dog.png"), control(2)]), await business.contact())
    await business.api.settle()
    over = await business.run(started.id)
    assert isinstance(over, EndedRun)
    assert "dog.png" in over.state.variables["meme.error"]
