"""What is received, lost and how unevenly: by the RFC's own arithmetic, one source and many alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.wire.rtp.mos import mean_opinion, opinion, rating
from cordboard.wire.rtp.statistics import Reception, ReceptionReport, ReceptionTable

FRAME = 160


def feed(sequences: list[int], reception: Reception | None = None) -> Reception:
    """Packets on time."""
    reception = reception or Reception()
    for sequence in sequences:
        reception.receive(sequence % 65536, (sequence * FRAME) % (1 << 32), sequence * FRAME + 7)
    return reception


def test_nothing_received_is_nothing_lost() -> None:
    assert Reception().report() == ReceptionReport(0, 0, 0, 0, 0.0)


def test_loss_is_what_was_expected_and_did_not_come() -> None:
    reception = feed([1, 2, 4, 5, 8])
    report = reception.report()
    assert (report.received, report.lost, report.highest_sequence) == (5, 3, 8)
    assert report.fraction_lost == (3 << 8) // 8
    assert feed([9, 10], reception).report().fraction_lost == 0, "the fraction is of the last interval"


def test_late_and_doubled_packets_make_up_for_loss() -> None:
    assert feed([1, 2, 4, 3, 5]).report().lost == 0
    report = feed([1, 2, 3, 3]).report()
    assert (report.received, report.lost, report.fraction_lost) == (4, -1, 0)


def test_sequence_numbers_go_round() -> None:
    reception = Reception()
    extended = [reception.receive(number % 65536, number * FRAME, number * FRAME) for number in range(65533, 65540)]
    assert extended == list(range(65533, 65540))
    assert reception.receive(65535, 65535 * FRAME, 0) == 65535, "late, from before the turn"
    assert reception.report().lost == -1


def test_a_jump_is_taken_for_a_new_beginning_once_it_goes_on() -> None:
    reception = feed([1, 2, 3])
    assert reception.receive(30_000, 0, 0) is None
    assert reception.receive(40_000, 0, 0) is None
    assert reception.receive(40_001, 0, 0) == 40_001
    report = reception.report()
    assert (report.received, report.lost) == (1, 0)


def test_a_packet_from_before_a_beginning_at_zero_has_no_number() -> None:
    table = ReceptionTable(1)
    for sequence, extended in ((0, 0), (65_436, -1), (1, 1)):
        numbers = table.receive(*(np.array([value]) for value in (0, sequence, 0, 0)))
        assert numbers.tolist() == [extended]
    assert (table.report(0).received, table.report(0).highest_sequence) == (3, 1)


def test_jitter_as_the_rfc_computes_it() -> None:
    """A.8, by hand: the transit changes by 40, 40 and 0 units."""
    reception = Reception()
    expected = 0.0
    for at, (late, change) in enumerate([(0, None), (40, 40), (0, 40), (0, 0)]):
        reception.receive(at, at * FRAME, at * FRAME + late)
        if change is not None:
            expected += (change - expected) / 16
    assert reception.report().jitter == pytest.approx(expected)


def test_jitter_survives_the_turn_of_the_timestamp() -> None:
    reception = Reception()
    for at in range(8):
        reception.receive(at, ((1 << 32) - 4 * FRAME + at * FRAME) % (1 << 32), 1_000_000 + at * FRAME)
    assert reception.report().jitter == 0.0


packets = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 65535) | st.integers(0, 30), st.integers(0, 1 << 32)), max_size=60
)


@given(packets)
def test_many_sources_are_each_as_one(stream: list[tuple[int, int, int]]) -> None:
    table, single = ReceptionTable(4), [Reception() for _ in range(4)]
    for slot, sequence, arrival in stream:
        together = table.receive(np.array([slot]), np.array([sequence]), np.array([5]), np.array([arrival]))[0]
        alone = single[slot].receive(sequence, 5, arrival)
        assert together == (-1 if alone is None else alone)
    assert [table.report(slot) for slot in range(4)] == [reception.report() for reception in single]


def test_a_whole_tick_at_once() -> None:
    table = ReceptionTable(5)
    slots = np.array([4, 0, 2])
    for at in range(3):
        table.receive(slots, np.array([at, 2 * at, 65535 + at]) % 65536, np.full(3, at * FRAME), np.full(3, at * FRAME))
    assert [table.report(slot).lost for slot in (4, 0, 2, 1)] == [0, 2, 0, 0]
    table.reset(0)
    assert table.report(0) == ReceptionReport(0, 0, 0, 0, 0.0)


def test_a_perfect_call_and_a_bad_one() -> None:
    """G.107's own points: R of 93.2 is a MOS of 4.41, of 70 is 3.60, of 50 is 2.58."""
    assert opinion(93.2) == pytest.approx(4.41, abs=0.01)
    assert opinion(70) == pytest.approx(3.60, abs=0.01)
    assert opinion(50) == pytest.approx(2.58, abs=0.01)
    assert (opinion(-1), opinion(100)) == (1.0, 4.5)
    assert rating("PCMU", 0, 0) == pytest.approx(93.2)


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 500), st.sampled_from(["PCMU", "G722", "opus", "other"]))
def test_more_loss_never_sounds_better(loss: float, more: float, jitter: float, codec: str) -> None:
    good = mean_opinion(codec, loss_percent=loss, jitter_ms=jitter)
    worse = mean_opinion(codec, loss_percent=loss + more, jitter_ms=jitter, round_trip_ms=more)
    assert 1.0 <= worse <= good <= 4.5
