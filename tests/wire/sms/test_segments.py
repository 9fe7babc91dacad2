"""How texts become segments, and that the segments become the text again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.wire.sms.alphabets import GSM_CHARACTERS, count_septets, decode
from cordboard.wire.sms.lookalikes import replace_lookalikes
from cordboard.wire.sms.reassembly import Part, assemble
from cordboard.wire.sms.segments import TextTooLongError, plan, segment_count, substitution
from cordboard.wire.sms.udh import Concatenation, concatenation_header, split_user_data

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
FLAG = "🇺🇸"
WAVE = "👋🏽"
ACCENT = "e\u0301"
_pieces = st.one_of(
    st.sampled_from(["a", "€", "[", "é", "ß", "你", "😀", FAMILY, FLAG, WAVE, ACCENT, "“", "…", " ", "\n"]),
    st.text(st.characters(exclude_characters="\0\ufeff\ufffe", codec="utf-8"), max_size=12),
)
texts = st.lists(st.tuples(_pieces, st.integers(1, 90)), max_size=8).map(
    lambda pieces: "".join(piece * times for piece, times in pieces)[:2000]
)
gsm_texts = st.lists(st.tuples(st.sampled_from(sorted(GSM_CHARACTERS)), st.integers(1, 160)), max_size=10).map(
    lambda pieces: "".join(character * times for character, times in pieces)
)


@pytest.mark.parametrize(
    ("text", "encoding", "sizes", "units"),
    [
        ("", "gsm7", [0], 0),
        ("a" * 160, "gsm7", [160], 160),
        ("a" * 161, "gsm7", [153, 8], 161),
        ("a" * 306, "gsm7", [153, 153], 306),
        ("a" * 307, "gsm7", [153, 153, 1], 307),
        ("€" * 80, "gsm7", [160], 160),
        ("€" * 81, "gsm7", [152, 10], 162),  # 153 septets would cut a pair
        ("a" * 152 + "€" + "a" * 10, "gsm7", [152, 12], 164),
        ("a" * 151 + "€" + "a" * 10, "gsm7", [153, 10], 163),
        ("é" * 160, "gsm7", [160], 160),
        ("你" * 70, "ucs2", [140], 70),
        ("你" * 71, "ucs2", [134, 8], 71),
        ("你" * 134, "ucs2", [134, 134], 134),
        ("你" * 135, "ucs2", [134, 134, 2], 135),
        ("😀" * 35, "ucs2", [140], 70),
        ("😀" * 36, "ucs2", [132, 12], 72),  # 67 units would cut a pair
        ("你" * 66 + "😀" * 3, "ucs2", [132, 12], 72),
        ("`", "ucs2", [2], 1),
    ],
)
def test_sizes(text: str, encoding: str, sizes: list[int], units: int) -> None:
    planned = plan(text)
    assert planned.encoding == encoding
    assert [len(segment) for segment in planned.segments] == sizes
    assert planned.units == units
    assert planned.data_coding == (0 if encoding == "gsm7" else 8)
    assert segment_count(text) == len(sizes)


def test_what_forces_ucs2_is_named() -> None:
    assert plan("It’s 5 € — “ok”").forced_by == ("’", "—", "“", "”")
    assert plan("plain").forced_by == ()


@pytest.mark.parametrize("cluster", [FAMILY, FLAG, WAVE, ACCENT])
def test_what_a_reader_sees_as_one_is_not_cut_when_that_costs_nothing(cluster: str) -> None:
    for before in range(50, 67):
        text = "你" * before + cluster + "你" * 20
        shown = [decode(segment, 8) for segment in plan(text).segments]
        assert "".join(shown) == text
        assert len(shown) == segment_count(text)
        assert sum(cluster in segment for segment in shown) == 1


def test_clusters_are_cut_rather_than_paid_for() -> None:
    text = "你" + FLAG * 33  # two segments of 67 and 66 units, which whole flags would make three
    assert segment_count(text) == len(plan(text).segments) == 2


@given(texts)
@settings(max_examples=200)
def test_the_segments_become_the_text_again(text: str) -> None:
    planned = plan(text)
    total = len(planned.segments)
    largest = {"gsm7": (160, 153), "ucs2": (140, 134)}[planned.encoding][total > 1]
    assert all(len(segment) <= largest for segment in planned.segments)
    assert total == segment_count(text)

    parts = {}
    for number, segment in enumerate(planned.segments, 1):
        sent = split_user_data(concatenation_header(Concatenation(7, total, number)) + segment)
        assert sent.problem is None
        assert sent.concatenation == Concatenation(7, total, number)
        parts[number] = Part(sent.body, planned.data_coding)
    assembly = assemble(total, parts)
    assert assembly.complete
    assert assembly.text == planned.text == text


@given(gsm_texts | texts)
@settings(max_examples=200)
def test_each_segment_can_be_read_alone(text: str) -> None:
    planned = plan(text)
    assert "".join(decode(segment, planned.data_coding) for segment in planned.segments) == text


@given(st.text(max_size=300))
def test_any_text_at_all_has_a_plan(text: str) -> None:
    planned = plan(text)
    assert len(planned.segments) == segment_count(text)
    assert 1 <= len(planned.segments) <= max(1, 2 * len(text))


def test_the_longest_message() -> None:
    assert len(plan("a" * 153 * 255).segments) == 255
    too_long = "a" * (153 * 255 + 1)
    assert segment_count(too_long) == 256
    with pytest.raises(TextTooLongError, match="256 segments"):
        plan(too_long)
    with pytest.raises(TextTooLongError):
        plan("你" * (67 * 255 + 1))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("It’s “quoted” – ok…", 'It\'s "quoted" - ok...'),
        ("a\u00a0b\u200bc\ufeff", "a bc"),
        ("ＡＢＣ！", "ABC!"),
        ("ﬁve ﬂoors", "five floors"),
        ("caf" + ACCENT, "café"),
        ("5\u2009000", "5 000"),
        ("tab\there", "tab here"),
        ("`x`", "'x'"),
        ("line\u2028break", "line\nbreak"),
    ],
)
def test_lookalikes(typed: str, shown: str) -> None:
    planned = plan(typed, substitute=True)
    assert (planned.encoding, planned.text) == ("gsm7", shown)
    assert plan(typed).text == typed


@pytest.mark.parametrize("typed", ["ça va", "²", "½", "naïve ’", "😀 “x”", "ё", "ç"])
def test_letters_and_meanings_are_never_changed(typed: str) -> None:
    assert plan(typed, substitute=True).text == typed
    assert substitution(typed).replaced == {}


def test_the_saving_is_shown() -> None:
    text = "“" + "a" * 158 + "”"
    found = substitution(text)
    assert found.replaced == {"“": '"', "”": '"'}
    assert (found.segments_before, found.segments_after) == (3, 1)
    assert found.text == '"' + "a" * 158 + '"'


def test_a_text_in_gsm_is_left_alone() -> None:
    assert substitution("plain [text]").replaced == {}
    assert substitution("").segments_after == 1


@given(texts)
@settings(max_examples=200)
def test_substitution_never_costs_a_segment(text: str) -> None:
    found = substitution(text)
    assert found.segments_after == segment_count(found.text) <= found.segments_before == segment_count(text)
    if found.replaced:
        assert count_septets(found.text) is not None
        assert all(character in text for character in found.replaced)
    else:
        assert found.text == text
    assert plan(text, substitute=True).text == found.text
    assert len(plan(text, substitute=True).segments) <= len(plan(text).segments)


@given(st.text())
def test_replacing_twice_is_replacing_once(text: str) -> None:
    once, replaced = replace_lookalikes(text)
    assert replace_lookalikes(once)[0] == once or replaced
    assert (once == text) == (not replaced)
