from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnitui.domain.parsing.messages import KnownMessage, messages
from cnitui.domain.parsing.messages.phrases import needed_words, regex

PARTS = {"late": "i/o timeout|deadline exceeded", "very": "so {late}"}


@pytest.mark.parametrize(
    ("phrase", "line", "found"),
    [
        ("fail~ to start", "failure to start", True),
        ("fail~ to start", "fail! to start", False),
        ("open <word>: denied", "open /opt/cni/bin/calico: denied", True),
        ("open <word>: denied", "open a file: denied", False),
        ("dial…{late}", "dial tcp 10.96.0.1:443: i/o timeout", True),
        ("dial…{late}", "dial tcp 10.96.0.1:443: refused", False),
        ("{very}", "so deadline exceeded", True),
        ('kind "Pod"', 'kind \\"Pod\\"', True),
        ('kind "Pod"', "kind Pod", False),
        ("(cp|mv): denied", "mv: denied", True),
        (r"\(ab\)", "(ab)", True),
        ('[^"~]x', "~x", False),
        (r"agent\~uds", "agent~uds", True),
        (r"a{2,3}b", "aab", True),
    ],
)
def test_a_phrase_takes_what_its_signs_stand_for(phrase: str, line: str, found: bool) -> None:
    assert bool(re.search(regex(phrase, PARTS), line)) is found


def test_a_part_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        regex("{missing}", PARTS)


def test_groups_do_not_capture() -> None:
    assert re.compile(regex("(a|b)(?P<name>c)", {})).groupindex == {"name": 1}


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("text file busy", {"text file busy"}),
        ("no space|ENOSPC", {"no space", "enospc"}),
        (r"\bpool (?:is |are )?full", {"pool "}),
        (r"(?:cannot|unable).{0,200}typha", {"cannot", "unable"}),
        (r"\d+\.sock", {".sock"}),
        (r"abc?d", {"ab"}),
        (r"(?:abc)?\d", set()),
        (r"abc|\d", set()),
        (r"(?!never)always", {"always"}),
        (r"x{0,3}timeout", {"timeout"}),
        (r"[abc]defg", {"defg"}),
        (r"a\.b\bc", {"a.bc"}),
    ],
)
def test_words_that_must_be_there_are_found(pattern: str, words: set[str]) -> None:
    assert needed_words(pattern) == words


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(messages()), st.data())
def test_whatever_a_message_matches_holds_one_of_its_words(message: KnownMessage, data: st.DataObject) -> None:
    phrase = data.draw(st.sampled_from(message.says))
    pattern = re.compile(regex(phrase, message.parts), re.IGNORECASE)
    line = data.draw(st.from_regex(pattern))
    assert any(word in line.lower() for word in message.words) or not line.isascii()
