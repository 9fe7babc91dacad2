"""Calls that use an account's assets, by name and by public URL. Nobody listens at that URL: the files are read where
they lie.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.calls.house import NUMBER, ROUTED, House, tones
from tests.calls.test_inbound import route
from tests.speech.sounds import sound_file

ONCE = {"maxAttempts": 1, "timeout": 1, "minDigits": 1, "maxDigits": 1}


async def upload(house: House, asset_type: str, name: str, data: bytes) -> str:
    """The public URL of a new asset."""
    answer = await house.api.call(
        "POST", "/v4/asset", house.owner, {"type": asset_type, "name": name}, file=("file", name, data)
    )
    url: str = answer.only["publicUrl"]
    return url


def document(content: str) -> bytes:
    """An InboundXML file."""
    return f"<Response>{content}<Hangup/></Response>".encode()


async def ivr_that_plays(house: House, what: str) -> None:
    """The routed number's."""
    menu: dict[str, Any] = {
        "menuId": "main",
        "entry": True,
        "play": what,
        "options": [{"dtmfKey": 1, "actions": [{"type": "hangup", "value": ""}]}],
    }
    name = f"desk{uuid4().hex[:8]}"
    body = {"ivrName": name, "configurationOptions": ONCE, "menus": [menu]}
    assert (await house.api.post("/v4/ivr", house.owner, body)).status == 200
    await route(house, {"dest": name, "destType": "ivr"})


async def test_a_tag_leads_to_a_document_that_is_an_asset(house: House) -> None:
    await upload(house, "inboundxml", "menu.xml", document(tones(550)))
    await route(house, {"dest": "menu.xml", "destType": "call"})
    caller = await house.connected(ROUTED)
    await caller.hears(550)
    await caller.hung_up()


async def test_without_the_asset_the_numbers_own_document_is_asked(house: House) -> None:
    await route(house, {"dest": "absent.xml", "destType": "call"})
    await house.handle_with(f"{tones(480)}<Hangup/>", ROUTED)
    caller = await house.connected(ROUTED)
    await caller.hears(480)
    await caller.hung_up()


async def test_an_ivr_plays_an_asset_by_name(house: House) -> None:
    await upload(house, "audio", "welcome.wav", sound_file("wav", "pcm_s16le", seconds=1.5, hertz=620))
    await ivr_that_plays(house, "welcome.wav")
    caller = await house.connected(ROUTED)
    await caller.hears(620)
    await caller.hung_up()


async def test_an_ivr_goes_on_without_an_asset_that_is_not_there(house: House) -> None:
    await ivr_that_plays(house, "absent.wav")
    caller = await house.connected(ROUTED)
    await caller.hung_up()


async def test_a_number_and_its_document_use_public_urls(house: House) -> None:
    sound = await upload(house, "audio", "tone.mp3", sound_file("mp3", "libmp3lame", seconds=1.5, hertz=700))
    voice_url = await upload(house, "inboundxml", "answer.xml", document(f"<Play>{sound}</Play>"))
    await house.set_up(NUMBER, voiceUrl=voice_url)
    caller = await house.connected(NUMBER)
    await caller.hears(700)
    await caller.hung_up()
