"""Browser phones for the tests: Chromium on the served page, each with a microphone that hums its own frequency."""

from __future__ import annotations

import asyncio
import itertools
import wave
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from tests.installation import PASSWORD, Served, connected

from cordboard.domain.accounts import repository as accounts
from cordboard.domain.accounts.models import User
from cordboard.domain.accounts.passwords import hash_password
from cordboard.kit.clock import SystemClock
from cordboard.kit.ids import Ids

PEERS = Path(__file__).parent / "peers"
CHROMIUM = Path("/usr/bin/chromium")
PATIENCE = 30.0
_RATE = 48_000
_LOWEST_CHORD, _HIGHEST_CHORD = 165.0, 405.0
_HUM_SECONDS = 2

_LISTEN = """
async (phone) => {
  const stream = phone.media(%s).heard;
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 8192 });
  context.createMediaStreamSource(stream).connect(analyser);
  await new Promise((done) => setTimeout(done, 700));
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  const loudest = levels.indexOf(Math.max(...levels));
  const heard = { hertz: loudest * context.sampleRate / analyser.fftSize, decibels: Math.max(levels[loudest], -200) };
  await context.close();
  return heard;
}
"""


class BrowserPhone:
    """One browser. `log` is what it said: SIP both ways, its console."""

    def __init__(self, process: Process, hertz: float) -> None:
        self.hertz = hertz
        self.log: list[dict[str, Any]] = []
        self._process = process
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.reader = asyncio.create_task(self._read())

    async def run(self, function: str) -> Any:
        """What a function of `phone` answers in the page. Raises AssertionError when it throws."""
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode({"id": number, "run": function}) + b"\n")
        return await asyncio.wait_for(answer, PATIENCE)

    async def state(self) -> dict[str, Any]:
        """What the phone says of itself."""
        found: dict[str, Any] = await self.run("(phone) => phone.state")
        return found

    async def until(self, fits: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Its state, once it fits."""
        state: dict[str, Any] = {}
        try:
            async with asyncio.timeout(PATIENCE):
                while not fits(state := await self.state()):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"still {state}; it said {self.said()}") from None
        return state

    async def call_in(self, state: str, **members: Any) -> str:
        """The id of its newest call once that is in a state, and has these members."""

        def newest(shown: dict[str, Any]) -> dict[str, Any] | None:
            wanted = {"state": state, **members}
            found = [call for call in shown["calls"] if {name: call[name] for name in wanted} == wanted]
            return found[-1] if found else None

        shown = newest(await self.until(newest))
        assert shown is not None
        found: str = shown["id"]
        return found

    async def idle(self) -> None:
        """Until it has no calls."""
        await self.until(lambda state: not state["calls"])

    async def do(self, verb: str, *arguments: Any) -> Any:
        """Calls a method of `window.phone`."""
        given = ", ".join(msgspec.json.encode(argument).decode() for argument in arguments)
        return await self.run(f"(phone) => phone.{verb}({given})")

    async def hears(self, call: str) -> Mapping[str, float]:
        """The loudest frequency of what it hears now, and how loud that is."""
        heard: Mapping[str, float] = await self.run(_LISTEN % msgspec.json.encode(call).decode())
        return heard

    async def assert_hears(self, call: str, hertz: float | None) -> None:
        """It hears that frequency, or (None) nothing, as soon as what was on the way is through."""
        heard: Mapping[str, float] = {}
        for _ in range(10):
            heard = await self.hears(call)
            if hertz is None and heard["decibels"] < -80:
                return
            if hertz is not None and heard["decibels"] > -70 and abs(heard["hertz"] - hertz) < 15:
                return
        raise AssertionError(f"hears {heard} instead of {hertz}")

    async def assert_hears_music(self, call: str) -> None:
        """It hears the chords of a call on hold, which are lower than anybody here speaks."""
        heard: Mapping[str, float] = {}
        for _ in range(10):
            heard = await self.hears(call)
            if heard["decibels"] > -70 and _LOWEST_CHORD < heard["hertz"] < _HIGHEST_CHORD:
                return
        raise AssertionError(f"hears {heard} instead of music")

    async def news(self) -> str:
        """What it shows of the call that came last."""
        found: str = await self.run("() => [...document.querySelectorAll('.news')].at(-1)?.textContent ?? ''")
        return found

    async def until_news(self, text: str) -> None:
        """Until it shows a text of the call that came last."""
        async with asyncio.timeout(PATIENCE):
            while text not in await self.news():
                await asyncio.sleep(0.1)

    def said(self) -> list[str]:
        """The first lines of what went over its socket, and its complaints."""
        return [f"{line['event']}: {line['text'].splitlines()[0]}" for line in self.log[-60:] if line["text"].strip()]

    async def close(self) -> None:
        """The browser goes."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), PATIENCE)
        except TimeoutError:
            self._process.kill()
        await self.reader

    async def ready(self) -> None:
        """Until its page is there."""
        await asyncio.wait_for(self._ready, PATIENCE)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = msgspec.json.decode(line)
            if "id" in said:
                answer = self._answers.pop(said["id"])
                if "error" in said:
                    answer.set_exception(AssertionError(said["error"]))
                else:
                    answer.set_result(said["value"])
            elif said["event"] == "ready":
                self._ready.set_result(None)
            else:
                self.log.append(said)
        if not self._ready.done():
            self._ready.set_exception(AssertionError(f"the browser did not start: {self.log}"))


@asynccontextmanager
async def browser_phone(url: str, folder: Path, hertz: float | None) -> AsyncIterator[BrowserPhone]:
    """A browser on the page, not signed in; without a frequency it has no microphone."""
    microphone = str(hum(folder / f"{hertz:g}.wav", hertz)) if hertz is not None else ""
    process = await asyncio.create_subprocess_exec(
        *("node", str(PEERS / "browser.js"), str(CHROMIUM), url, microphone),
        stdin=PIPE,
        stdout=PIPE,
        limit=2**24,
    )
    phone = BrowserPhone(process, hertz or 0)
    try:
        await phone.ready()
        yield phone
    finally:
        await phone.close()


@asynccontextmanager
async def signed_in(served: Served, user: User, folder: Path, hertz: float) -> AsyncIterator[BrowserPhone]:
    """A browser whose phone is registered."""
    async with browser_phone(f"{served.http.base_url}/console/phone", folder, hertz) as phone:
        await phone.do("signIn", user.username, PASSWORD)
        await phone.until(lambda state: state["registered"])
        yield phone


async def add_users(served: Served, *names: str, role: str = "webrtc-agent") -> list[User]:
    """Users of the administrator's account, who sign in with PASSWORD."""
    (account,) = await served.call("GET", "/ams/v3/accounts")
    clock = SystemClock()
    hashed = await hash_password(PASSWORD)
    users = []
    async with connected(served) as connection:
        admin = await accounts.user_by_name(connection, "admin@cordboard.test")
        assert admin is not None, account
        for name in names:
            user = User(Ids(clock).random_uuid(), admin.account_id, name, hashed, 1, [role], None, 0)
            async with connection.transaction():
                await accounts.insert_user(connection, user, clock.now())
            users.append(user)
    return users


def hum(path: Path, hertz: float) -> Path:
    """A sound file for a microphone: a sine that goes on without a break when the file begins anew."""
    moments = np.arange(_RATE * _HUM_SECONDS) / _RATE
    samples = (np.sin(2 * np.pi * hertz * moments) * 12_000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(samples.tobytes())
    return path
