"""The voice role: SIP, call control, and what they need, wired by hand."""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from cordboard.domain.voice.repository.live import CHANNEL as WAITING
from cordboard.domain.voice.repository.nodes import CHANNEL as COMMANDS
from cordboard.edge.calls.control import CallControl
from cordboard.edge.calls.flow import FlowDoors
from cordboard.edge.calls.inbound import Inbound
from cordboard.edge.calls.ledger import CallLedger
from cordboard.edge.calls.legs import LegDoor
from cordboard.edge.calls.media_router import Routers
from cordboard.edge.calls.outbound import Outbound
from cordboard.edge.calls.plans import Plans
from cordboard.edge.calls.recordings import Recorder
from cordboard.edge.calls.registry import Registry
from cordboard.edge.calls.requests import LiveRequests
from cordboard.edge.calls.rooms import Rooms
from cordboard.edge.calls.services import CallServices
from cordboard.edge.calls.sounds import Sounds
from cordboard.edge.calls.timing import USUAL, Timing
from cordboard.edge.calls.transfers import Transfers
from cordboard.edge.media.media_pool import MediaPool
from cordboard.edge.sandbox_calls.building import build_sandbox_phone
from cordboard.edge.sandbox_calls.phone import SandboxPhone
from cordboard.edge.sip.agent import Agent
from cordboard.edge.sip.settings import TrunkSettings
from cordboard.infra.db.pool import Wakeups
from cordboard.infra.speech.building import Speech, build_speech
from cordboard.infra.tasks import Tasks
from cordboard.kit.ids import Ids
from cordboard.run.call_adapters import (
    AssetsByName,
    IvrFlows,
    KnownNumbers,
    MailboxesByVoicemail,
    MenuCounts,
    OwnersOfPhones,
    TextsByMessaging,
    WorkflowsByCampaigns,
)
from cordboard.run.phones import RegisteredPhones
from cordboard.run.platform import Platform
from cordboard.run.sockets import own_socket, sockets_folder
from cordboard.run.voice_metrics import watch_voice

RECORDINGS_FOLDER = "recordings"
SPEECH_FOLDER = "speech"


@dataclass(frozen=True, slots=True)
class VoiceProcess:
    """What one voice process runs and closes."""

    agent: Agent
    control: CallControl
    pool: MediaPool
    speech: Speech
    sandbox: SandboxPhone | None

    async def start(self) -> None:
        """Listens for calls. Raises OSError."""
        self.agent.on_call(self.control.inbound.take)
        await self.agent.start()
        if self.sandbox is not None:
            await self.sandbox.start()
        await self.control.recover()

    async def stop(self) -> None:
        """Ends in good order: no new calls, a moment for those that are live, then everything closed."""
        await self.control.drain()
        if self.sandbox is not None:
            await self.sandbox.stop()
        await self.agent.stop()
        await self.pool.close()
        await self.speech.close()


def node_name() -> str:
    """A name for this process that no other has had."""
    return f"{socket.gethostname()}-{os.getpid()}-{Ids.token(4)}"


def build_voice(
    platform: Platform, trunks: tuple[TrunkSettings, ...], node: str, *, sandbox: bool, timing: Timing = USUAL
) -> VoiceProcess:
    """The process on its services; with the sandbox's handsets beside it if `sandbox`."""
    settings = platform.settings
    phones = RegisteredPhones(
        database=platform.database,
        clock=platform.clock,
        phones=platform.phones,
        registrations=platform.registrations,
        node=node,
    )
    in_order = sorted(trunks, key=lambda trunk: trunk.priority)
    agent = Agent(settings.sip, in_order, phones, relay=own_socket(settings.data_path, "voice"))
    routers = Routers()
    folder = sockets_folder(settings.data_path)
    pool = MediaPool(folder, on_event=routers.take, on_lost=routers.lose, pattern="media-*.sock")
    routers.serve(pool)
    speech = build_speech(
        settings.speech,
        settings.data_path / SPEECH_FOLDER,
        clip_client=platform.media_client,
        provider_client=platform.provider_client,
        clock=platform.clock,
    )
    services = CallServices(
        clock=platform.clock,
        ids=platform.ids,
        database=platform.database,
        client=platform.client,
        blobs=platform.blobs,
        voice=platform.voice,
        ledger=CallLedger(platform.database, platform.voice, node),
        agent=agent,
        router=routers.pick,
        speaker=speech.speaker,
        transcriber=speech.transcriber,
        clips=speech.clips,
        assets=AssetsByName(platform.database, platform.assets),
        texts=TextsByMessaging(platform.messaging),
        presence=platform.registrations,
        recordings=settings.data_path / RECORDINGS_FOLDER / f"{os.getpid()}",
        timing=timing,
    )
    handsets = _handsets(platform, services, agent, node) if sandbox else None
    return VoiceProcess(agent, _control(platform, services, node), pool, speech, handsets)


def _handsets(platform: Platform, services: CallServices, agent: Agent, node: str) -> SandboxPhone:
    """The handsets of the sandbox."""
    return build_sandbox_phone(
        agent=agent,
        sip=platform.settings.sip,
        database=platform.database,
        sandbox=platform.sandbox,
        router=services.router,
        sounds=Sounds(services.speaker, services.clips),
        blobs=platform.blobs,
        folder=services.recordings,
        node=node,
    )


def _control(platform: Platform, services: CallServices, node: str) -> CallControl:
    tasks, registry = Tasks(), Registry()
    legs = LegDoor(services, registry, tasks.start)
    doors = FlowDoors(
        services=services,
        registry=registry,
        rooms=Rooms(services),
        recorder=Recorder(services),
        sounds=Sounds(services.speaker, services.clips),
        legs=legs,
        transfers=Transfers(services, registry, legs, tasks.start),
        mailboxes=MailboxesByVoicemail(platform.voicemail),
        menus=MenuCounts(platform.ivrs),
        workflows=WorkflowsByCampaigns(platform.campaigns.triggers),
    )
    plans = Plans(
        route=platform.inbound_routing.route_inbound,
        ivrs=IvrFlows(platform.database, platform.ivrs),
        lookups=KnownNumbers(platform.database, platform.lookups),
        assets=services.assets,
        ring_seconds=services.timing.relay_ring,
    )
    inbound = Inbound(
        doors=doors,
        plans=plans,
        accounts=platform.accounts,
        numbers=platform.numbers,
        phones=OwnersOfPhones(platform.phones),
        start=tasks.start,
    )
    return CallControl(
        database=platform.database,
        voice=platform.voice,
        node=node,
        sip_address=f"{platform.settings.sip.host}:{platform.settings.sip.port}",
        registry=registry,
        inbound=inbound,
        outbound=Outbound(doors, tasks.start),
        requests=LiveRequests(doors, tasks.start),
        recorder=doors.recorder,
        ledger=services.ledger,
        tasks=tasks,
        timing=services.timing,
    )


def loops_of_voice(process: VoiceProcess, wakeups: Wakeups) -> dict[str, Callable[[], Awaitable[None]]]:
    """What the role runs, by name."""
    waiting, commands = wakeups.event(WAITING), wakeups.event(COMMANDS)
    sandbox = process.sandbox.loops(wakeups) if process.sandbox is not None else {}
    return {
        **sandbox,
        "engines": process.pool.run,
        "beat": process.control.beat,
        "claim": partial(process.control.claim, waiting),
        "commands": partial(process.control.take_commands, commands),
        "metrics": partial(watch_voice, process.agent, process.control, process.pool),
    }
