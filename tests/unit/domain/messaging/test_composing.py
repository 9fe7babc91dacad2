"""From a template to the text that the handset shows."""

from __future__ import annotations

import pytest

from cordboard.domain.messaging.composing import LONGEST_TEXT, compose
from cordboard.kit.errors import InvalidInputError


def test_given_data_wins_over_the_contacts() -> None:
    scopes = ({"name": "Ann"}, {"name": "Bob", "city": "Rome"})

    composed = compose("%%NAME%% in %%CITY%% %%X|y%%", scopes, substitute=False, media=False, field="text")

    assert (composed.text, composed.encoding, composed.segments) == ("Ann in Rome y", "gsm7", 1)


def test_a_plain_text_is_left_as_it_is() -> None:
    assert compose("100%%SURE%%", (), substitute=False, media=False, field="text").text == "100%%SURE%%"


def test_look_alikes_keep_a_text_in_gsm7() -> None:
    text = "“It’s on” – " + "x" * 140

    plain = compose(text, (), substitute=False, media=False, field="text")
    cheaper = compose(text, (), substitute=True, media=False, field="text")

    assert (plain.encoding, plain.segments) == ("ucs2", 3)
    assert (cheaper.encoding, cheaper.segments) == ("gsm7", 1)


def test_a_text_that_its_variables_leave_empty_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="smsTemplateId: is empty"):
        compose("%%NAME%%", ({"name": " "},), substitute=False, media=False, field="smsTemplateId")


def test_media_needs_no_text_and_is_one_message() -> None:
    assert compose("", (), substitute=False, media=True, field="text").segments == 1
    assert compose("é" * 400, (), substitute=False, media=True, field="text").segments == 1


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="1601 characters"):
        compose("x" * (LONGEST_TEXT + 1), (), substitute=False, media=False, field="text")
