"""Every text of a page is there in French."""

import pytest
from tools import messages


def test_no_message_lacks_its_french_text():
    missing = [message.id for message in messages.missing()]
    assert missing == [], "python tools/messages.py prints the entries to fill in"


def test_no_french_text_outlives_its_message():
    assert [message.id for message in messages.unused()] == []


def test_placeholders_are_the_same_in_both_languages():
    for message in messages.translated():
        if message.id and message.python_format:
            assert list(message.check()) == [], message.id


@pytest.mark.parametrize("sign", [":", ";", "?", "!"])
def test_french_signs_follow_a_no_break_space(sign):
    for message in messages.translated():
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in texts if message.id else ():
            assert f" {sign}" not in text, f"{text!r}: a line may break before {sign!r}"
