"""The browser phone in Chromium against the whole platform: real WebSockets, ICE, DTLS and sound between browsers."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.installation import PASSWORD, Served, connected, free_port, serving
from tests.interop.webphone import CHROMIUM, PATIENCE, PEERS, BrowserPhone, add_users, browser_phone, signed_in

from cordboard.domain.accounts.models import User

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        not CHROMIUM.exists() or not shutil.which("node") or not (PEERS / "node_modules/playwright-core").exists(),
        reason="needs chromium, node and npm playwright-core: tools/install_peers.sh installs them",
    ),
]

ANN, BOB, CAT = 700.0, 1100.0, 1700.0
NAMES = {ANN: "ann@phones.example", BOB: "bob@phones.example", CAT: "cat@phones.example"}


@dataclass(frozen=True, slots=True)
class Office:
    """The platform, and three people at browsers."""

    served: Served
    folder: Path
    users: dict[float, User]
    ann: BrowserPhone
    bob: BrowserPhone
    cat: BrowserPhone

    def id_of(self, phone: BrowserPhone) -> str:
        """What a phone is called by."""
        return str(self.users[phone.hertz].id)

    async def connect(self, caller: BrowserPhone, callee: BrowserPhone) -> tuple[str, str]:
        """Has one call another, who answers: both ends of the call."""
        call = await caller.do("call", self.id_of(callee))
        ringing = await callee.call_in("incoming")
        await callee.do("answer", ringing)
        return await caller.call_in("talking", id=call), await callee.call_in("talking", id=ringing)

    async def rest(self) -> None:
        """All calls are over."""
        for phone in (self.ann, self.bob, self.cat):
            await phone.run("(phone) => phone.state.calls.forEach((call) => phone.hangUp(call.id))")
            await phone.idle()


@pytest.fixture(scope="module")
async def office() -> AsyncIterator[Office]:
    """One platform and its browsers for all of these tests: each takes seconds to start."""
    async with AsyncExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="cordboard-phones-", ignore_cleanup_errors=True))
        )
        settings = {"sip__port": str(free_port()), "media__ports": "27000-27999"}
        served = await stack.enter_async_context(serving(folder / "data", [], **settings))
        users = dict(zip(NAMES, await add_users(served, *NAMES.values()), strict=True))
        phones = [await stack.enter_async_context(signed_in(served, users[hertz], folder, hertz)) for hertz in NAMES]
        yield Office(served, folder, users, *phones)


@pytest.fixture(autouse=True)
async def quiet(office: Office) -> AsyncIterator[None]:
    """Each test leaves no call behind."""
    yield
    await office.rest()


async def calls_of(office: Office, user: BrowserPhone) -> list[dict[str, Any]]:
    """The records of the calls that a phone placed, the newest first."""
    async with connected(office.served) as connection:
        found = await connection.fetch(
            "select status, digits, kind from calls where client_id = $1 order by created_at desc",
            office.users[user.hertz].id,
        )
    return [dict(row) for row in found]


async def test_two_talk_and_each_hears_the_other(office: Office) -> None:
    ours, theirs = await office.connect(office.ann, office.bob)

    await office.ann.assert_hears(ours, BOB)
    await office.bob.assert_hears(theirs, ANN)
    await office.bob.do("hangUp", theirs)
    await office.ann.until_news("The other side has hung up.")
    (record, *_) = await calls_of(office, office.ann)
    assert (record["status"], record["kind"]) == ("completed", "webrtc")


async def test_mute_silences_and_hold_plays_music(office: Office) -> None:
    ours, theirs = await office.connect(office.ann, office.bob)
    await office.bob.assert_hears(theirs, ANN)

    await office.ann.do("mute", ours)
    await office.bob.assert_hears(theirs, None)
    await office.ann.do("mute", ours, False)
    await office.bob.assert_hears(theirs, ANN)

    await office.ann.do("hold", ours)
    await office.bob.assert_hears_music(theirs)
    assert (await office.ann.state())["calls"][0]["held"]
    await office.ann.do("hold", ours, False)
    await office.bob.assert_hears(theirs, ANN)
    await office.ann.assert_hears(ours, BOB)

    await office.bob.do("hold", theirs)
    await office.ann.assert_hears_music(ours)
    await office.bob.do("hold", theirs, False)
    await office.ann.assert_hears(ours, BOB)


async def test_keys_arrive_in_the_sound_and_by_info(office: Office) -> None:
    ours, _ = await office.connect(office.ann, office.bob)

    await office.ann.do("press", "12")
    await office.ann.run(
        "() => [...document.querySelectorAll('#keypad button')].find((b) => b.textContent === '#').click()"
    )
    await asyncio.sleep(1.5)  # as long as three tones and their gaps last
    await office.ann.run(f"(phone) => {{ phone.media('{ours}').press = () => false; }}")
    await office.ann.do("press", "9*")
    await asyncio.sleep(0.5)
    await office.ann.do("hangUp", ours)
    await office.bob.idle()

    async with asyncio.timeout(PATIENCE):
        while (record := (await calls_of(office, office.ann))[0])["status"] != "completed":
            await asyncio.sleep(0.1)
    assert record["digits"] == "12#9*"


async def test_a_call_is_rejected_given_up_or_reaches_nobody(office: Office) -> None:
    await office.ann.do("call", office.id_of(office.bob))
    await office.bob.do("hangUp", await office.bob.call_in("incoming"))
    await office.ann.until_news("The line is busy.")

    call = await office.ann.do("call", office.id_of(office.bob))
    await office.bob.call_in("incoming")
    await office.ann.do("hangUp", call)
    await office.bob.until_news("The caller has given up.")

    await office.ann.do("call", "no-such-person")
    await office.ann.until_news("Nobody is reached under that number.")


async def test_a_blind_transfer(office: Office) -> None:
    ours, theirs = await office.connect(office.ann, office.bob)

    await office.bob.do("transfer", theirs, office.id_of(office.cat))
    ringing = await office.cat.call_in("incoming")
    await office.cat.do("answer", ringing)
    await office.bob.idle()

    await office.ann.assert_hears(ours, CAT)
    await office.cat.assert_hears(ringing, ANN)


async def test_a_transfer_to_nobody_leaves_the_call_as_it_was(office: Office) -> None:
    ours, theirs = await office.connect(office.ann, office.bob)

    await office.bob.do("transfer", theirs, "no-such-person")
    await office.bob.until(lambda state: "The transfer failed" in state["calls"][0]["news"])
    await office.ann.assert_hears(ours, BOB)


async def test_an_attended_transfer(office: Office) -> None:
    ours, first = await office.connect(office.ann, office.bob)
    second, theirs = await office.connect(office.bob, office.cat)
    held = {call["id"]: call["held"] for call in (await office.bob.state())["calls"]}
    assert held == {first: True, second: False}
    await office.cat.assert_hears(theirs, BOB)

    await office.bob.do("join", first, second)
    await office.bob.idle()

    await office.ann.assert_hears(ours, CAT)
    await office.cat.assert_hears(theirs, ANN)


async def test_availability_is_the_platforms(office: Office) -> None:
    async def shown() -> Any:
        path = f"/ams/v3/users/webrtc/{office.id_of(office.cat)}"
        return (await office.served.call("GET", path))[0]["status"]

    click = "() => document.getElementById('availability').click()"
    assert await shown() == "available"
    await office.cat.run(click)
    await office.cat.until(lambda state: not state["available"])
    assert await shown() == "unavailable"
    await office.cat.run(click)
    await office.cat.until(lambda state: state["available"])
    assert await shown() == "available"


async def killed(office: Office, role: str) -> None:
    """The process of a role is killed; all phones lose it and come back."""
    os.kill(office.served.pids(role)[-1], signal.SIGKILL)
    for phone in (office.ann, office.bob):
        await phone.until(lambda state: not state["registered"])
    for phone in (office.ann, office.bob, office.cat):
        await phone.until(lambda state: state["registered"])


async def test_a_call_goes_on_when_the_api_process_is_killed(office: Office) -> None:
    ours, theirs = await office.connect(office.ann, office.bob)
    await killed(office, "api")
    await office.ann.assert_hears(ours, BOB)
    await office.bob.assert_hears(theirs, ANN)
    await office.ann.do("hold", ours)
    await office.bob.assert_hears_music(theirs)
    await office.bob.do("hangUp", theirs)
    await office.ann.until_news("The other side has hung up.")


async def test_the_phone_comes_back_when_the_voice_process_is_killed(office: Office) -> None:
    await office.connect(office.ann, office.bob)
    await killed(office, "voice")
    await office.ann.until(lambda state: state["calls"] == [])

    ours, _ = await office.connect(office.ann, office.bob)
    await office.ann.assert_hears(ours, BOB)


async def test_a_page_that_is_loaded_anew_stays_signed_in_and_offers_presets(office: Office) -> None:
    preset = {"presetType": "workgroup", "groupId": "sales", "destination": "+19495550123"}
    await office.served.call("POST", "/ams/v3/workgroup", {"groupName": "sales"})
    await office.served.call("POST", "/v4/preset/transfer", preset)
    await office.cat.run("() => { location.reload(); }")
    await asyncio.sleep(0.5)
    await office.cat.until(lambda state: state["registered"])

    ours, _ = await office.connect(office.ann, office.cat)
    await office.ann.assert_hears(ours, CAT)
    options = await office.cat.run(
        "() => [...document.querySelector('.transfer input').list.options].map(({value, label}) => [value, label])"
    )
    assert options == [["+19495550123", "+19495550123 (sales)"]]


async def test_a_token_that_has_run_out_is_renewed_on_the_way_back(office: Office) -> None:
    await office.served.call("POST", "/sandbox/clock/advance", {"seconds": 3 * 3600})
    await killed(office, "api")

    ours, _ = await office.connect(office.ann, office.bob)
    await office.ann.assert_hears(ours, BOB)


async def test_signing_in_by_the_form_and_no_microphone(office: Office) -> None:
    fill = """
    () => {
      document.getElementById('username').value = %r;
      document.getElementById('password').value = %r;
      document.getElementById('sign-in').requestSubmit();
    }
    """
    async with browser_phone(f"{office.served.http.base_url}/console/phone", office.folder, None) as phone:
        await phone.run(fill % (NAMES[BOB], "wrong"))
        await phone.until(lambda state: "wrong username or password" in state["problem"])
        await phone.run(fill % (NAMES[BOB], PASSWORD))
        await phone.until(lambda state: state["registered"])
        await phone.do("call", office.id_of(office.ann))
        await phone.until_news("microphone")
        assert (await office.ann.state())["calls"] == []
        await phone.run("() => document.getElementById('sign-out').click()")
        await phone.until(lambda state: state["clientId"] is None)
        assert not [line for line in phone.log if line["event"] == "error"]


async def test_nothing_broke_in_the_pages(office: Office) -> None:
    complaints = [
        line for phone in (office.ann, office.bob, office.cat) for line in phone.log if line["event"] == "error"
    ]
    assert complaints == []
