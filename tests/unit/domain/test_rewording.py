"""What must survive a rewording, and what must not come with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.rewording.review import complaints, fixed_parts

TEXT = (
    "Hello %%FIRSTNAME|dear friend%%, your account %ACCOUNT% is past due. Pay at https://pay.example.com/x?id=%%ID%%, "
    "write to help@example.com or call (949) 555-1234. Reply STOP to opt out, HELP for help."
)


def test_what_must_survive_is_found() -> None:
    assert fixed_parts(TEXT).listed() == [
        "%%FIRSTNAME|dear friend%%",
        "%%ID%%",
        "%ACCOUNT%",
        "help@example.com",
        "https://pay.example.com/x?id=%%ID%%",
        "9495551234",
        "Reply STOP to opt out",
        "HELP for help",
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hello there, how are you?", []),
        ("See bit.ly/3xYz. Thanks", ["bit.ly/3xYz"]),
        ("Visit WWW.Example.com!", ["WWW.Example.com"]),
        ("(https://a.example/b)", ["https://a.example/b"]),
        ("We are open.Come in", []),
        ("Call 1-800-555-0199 by 12/31/2026 for $1,000.00 off", ["18005550199"]),
        ("Call us at +1 949 555 1234.", ["19495551234"]),
        ("Text STOP2END", []),
        ("Txt 'stop' to quit", ["Txt 'stop' to quit"]),
        ("STOP=end", ["STOP"]),
        ("Reply  UNSUBSCRIBE  to\nend. Bye", ["Reply UNSUBSCRIBE to end"]),
        ("To unsubscribe click https://a.example", ["https://a.example", "unsubscribe"]),
        ("You may opt-out any time", ["opt-out"]),
        ("Please stop by and start to shop until the end", []),
        ("Send QUIT", ["Send QUIT"]),
        ("100% sure %%", []),
    ],
)
def test_what_counts(text: str, parts: list[str]) -> None:
    assert fixed_parts(text).listed() == parts


@pytest.mark.parametrize(
    ("reworded", "wrong"),
    [
        (TEXT, []),
        (TEXT.replace("Hello", "Hi").replace("(949) 555-1234", "949.555.1234"), []),
        (TEXT.replace("|dear friend", ""), ["lost %%FIRSTNAME|dear friend%%", "added %%FIRSTNAME%%"]),
        (TEXT.replace("%ACCOUNT%", "42"), ["lost %ACCOUNT%"]),
        (
            TEXT.replace("/x?", "/y?"),
            ["lost https://pay.example.com/x?id=%%ID%%", "added https://pay.example.com/y?id=%%ID%%"],
        ),
        (TEXT.replace("1234", "1235"), ["lost 9495551234", "added 9495551235"]),
        (TEXT.replace("STOP to", "stop to"), ["lost Reply STOP to opt out"]),
        (TEXT.replace("Reply STOP to opt out, ", ""), ["lost Reply STOP to opt out"]),
        (TEXT + " %%SSN%%", ["added %%SSN%%"]),
        (TEXT + " See evil.example.com/x", ["added evil.example.com/x"]),
        ("x" * 1601, None),
    ],
)
def test_complaints_name_what_was_lost_and_added(reworded: str, wrong: list[str] | None) -> None:
    found = complaints(TEXT, reworded, 1600)

    if wrong is None:
        assert found[-1] == "has 1601 characters; at most 1600 are allowed"
    else:
        assert found == wrong


@given(st.text(max_size=300))
def test_a_text_is_no_worse_than_itself(text: str) -> None:
    assert complaints(text, text, 300) == []


@given(st.text(alphabet="%AB|.:/@ +-0123456789STOPRwcomreplyto\n", max_size=300), st.text(max_size=40))
def test_what_must_survive_is_in_the_text(text: str, more: str) -> None:
    fixed = fixed_parts(text + more)

    assert all(part in text + more for part in (*fixed.variables, *fixed.links))
    assert complaints(text + more, "", 300) == [f"lost {part}" for part in fixed.listed()]
