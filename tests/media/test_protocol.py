"""The control protocol's messages as they are on the wire: each has an example, and the bytes are pinned."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from cordboard.edge.media import protocol as p
from cordboard.edge.media.framing import FrameReader, from_body, to_frame
from cordboard.wire.sdp.media import RemoteMedia

COMMANDS: list[tuple[p.Command, str]] = [
    (p.OpenLeg("a", "dtls"), '{"type":"open_leg","leg":"a","security":"dtls"}'),
    (
        p.ConnectLeg(
            "a", RemoteMedia(host="192.0.2.1", port=4000, codec="PCMU", payload_type=0, receive_types={0: "PCMU"})
        ),
        (
            '{"type":"connect_leg","leg":"a","remote":{"host":"192.0.2.1","port":4000,"codec":"PCMU","payload_type":0,'
            '"receive_types":{"0":"PCMU"},"event_type":null,"sends":true,"receives":true,"rtcp_mux":false,'
            '"rtcp_port":null,"srtp_suite":null,"srtp_key":null,"ice_ufrag":null,"ice_pwd":null,"fingerprint":null,'
            '"dtls_active":false}}'
        ),
    ),
    (p.CloseLeg("a"), '{"type":"close_leg","leg":"a"}'),
    (p.JoinRoom("r", "a", mute=True), '{"type":"join_room","room":"r","leg":"a","mute":true,"deaf":false}'),
    (p.LeaveRoom("a"), '{"type":"leave_room","leg":"a"}'),
    (p.SetMember("a", True, False), '{"type":"set_member","leg":"a","mute":true,"deaf":false}'),
    (p.SetPair("a", "b", 0.5), '{"type":"set_pair","source":"a","destination":"b","gain":0.5}'),
    (
        p.Play(play="p", leg="a", clips=[p.FileClip("/x.wav"), p.ToneClip((440.0,), 100, 50, 2), p.SilenceClip(20)]),
        (
            '{"type":"play","play":"p","leg":"a","room":null,"clips":[{"type":"file","path":"/x.wav"},{"type":"tone",'
            '"frequencies":[440.0],"on_ms":100,"off_ms":50,"cycles":2},{"type":"silence","ms":20}],"loops":1,"mix":false,'
            '"stop_keys":""}'
        ),
    ),
    (p.StopPlay("p"), '{"type":"stop_play","play":"p"}'),
    (
        p.Record(record="r", path="/r.wav", leg="a", silence_seconds=3),
        (
            '{"type":"record","record":"r","path":"/r.wav","leg":"a","room":null,"direction":"both","max_seconds":3600,'
            '"silence_seconds":3,"stop_keys":"","pause_keys":"","trim_silence":false}'
        ),
    ),
    (p.PauseRecord("r", True), '{"type":"pause_record","record":"r","paused":true}'),
    (p.StopRecord("r"), '{"type":"stop_record","record":"r"}'),
    (p.SendDigits("a", "1w#"), '{"type":"send_digits","leg":"a","digits":"1w#","tone_ms":100,"gap_ms":70}'),
    (p.DetectMachine("a"), '{"type":"detect_machine","leg":"a","seconds":5.0}'),
    (p.GetStatistics("a"), '{"type":"get_statistics","leg":"a"}'),
    (p.GetStatus(), '{"type":"get_status"}'),
]

FROM_ENGINE: list[tuple[p.FromEngine, str]] = [
    (p.Response(1, p.Done()), '{"type":"response","id":1,"result":{"type":"done"}}'),
    (
        p.Response(2, p.Failed("busy", "full")),
        '{"type":"response","id":2,"result":{"type":"failed","code":"busy","message":"full"}}',
    ),
    (
        p.Response(3, p.LegOpened(host="192.0.2.9", port=20000, ssrc=7)),
        (
            '{"type":"response","id":3,"result":{"type":"leg_opened","host":"192.0.2.9","port":20000,"ssrc":7,'
            '"ice_ufrag":null,"ice_pwd":null,"fingerprint":null,"srtp_key":null}}'
        ),
    ),
    (
        p.Response(4, p.LegStatistics(codec="PCMU", mos=4.2)),
        (
            '{"type":"response","id":4,"result":{"type":"leg_statistics","codec":"PCMU","packets_received":0,'
            '"packets_sent":0,"lost":0,"duplicated":0,"late":0,"refused":0,"jitter_ms":0.0,"round_trip_ms":null,"mos":4.2,'
            '"remote":""}}'
        ),
    ),
    (
        p.Response(5, p.EngineStatus(legs=1, most_legs=2, ticks=3, late_ticks=4)),
        '{"type":"response","id":5,"result":{"type":"engine_status","legs":1,"most_legs":2,"ticks":3,"late_ticks":4}}',
    ),
    (p.DigitPressed("a", "5"), '{"type":"digit_pressed","leg":"a","digit":"5","tone":false}'),
    (
        p.PlayEnded(play="p", reason="key", key="#", played_ms=20),
        '{"type":"play_ended","play":"p","reason":"key","key":"#","played_ms":20,"error":null}',
    ),
    (
        p.RecordEnded(record="r", path="/r.wav", reason="silence", duration_ms=40, voiced_ms=20),
        (
            '{"type":"record_ended","record":"r","path":"/r.wav","reason":"silence","key":null,"duration_ms":40,'
            '"voiced_ms":20,"error":null}'
        ),
    ),
    (p.DigitsSent("a"), '{"type":"digits_sent","leg":"a"}'),
    (
        p.MachineDetected("a", "human", 900),
        '{"type":"machine_detected","leg":"a","answered_by":"human","after_ms":900}',
    ),
    (p.MediaStarted("a"), '{"type":"media_started","leg":"a"}'),
    (p.MediaSilent("a", 10.0), '{"type":"media_silent","leg":"a","seconds":10.0}'),
]


@pytest.mark.parametrize(("command", "wire"), COMMANDS)
def test_a_command_arrives_as_it_was_sent(command: p.Command, wire: str) -> None:
    (body,) = FrameReader().feed(to_frame(p.Request(9, command)))
    assert from_body(msgspec.msgpack.Decoder(p.Request), body) == p.Request(9, command)
    assert msgspec.json.encode(command).decode() == wire


@pytest.mark.parametrize(("message", "wire"), FROM_ENGINE)
def test_what_the_engine_says_arrives_as_it_was_said(message: p.FromEngine, wire: str) -> None:
    (body,) = FrameReader().feed(to_frame(message))
    decoder: msgspec.msgpack.Decoder[p.FromEngine] = msgspec.msgpack.Decoder(p.FromEngine)
    assert from_body(decoder, body) == message
    assert msgspec.json.encode(message).decode() == wire


def test_every_message_has_an_example() -> None:
    assert {type(command) for command, _ in COMMANDS} == set(get_args(p.Command))
    results = {type(message.result) for message, _ in FROM_ENGINE if isinstance(message, p.Response)}
    assert results == set(get_args(p.Result))
    assert {type(message) for message, _ in FROM_ENGINE} == set(get_args(p.FromEngine))
