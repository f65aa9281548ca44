"""The tables of messages: every example is a test, and what a phrase must not be is looked for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from cnitui.domain.message_page import as_document
from cnitui.domain.parsing.line_form import reported
from cnitui.domain.parsing.messages import KnownMessage, Weight, messages, recognise_all
from cnitui.domain.parsing.messages.phrases import regex
from cnitui.domain.parsing.messages.tables import TOPICS, named, table
from tests.conftest import PROJECT

MESSAGES = messages()
ORDINARY = [line for line in (Path(__file__).with_name("ordinary.txt")).read_text().splitlines() if line[:1] != "#"]
FIELDS = {"id", "program", "level", "says", "unless", "examples", "others", "meaning", "causes", "why", "reports"}
each_message = pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.id)


@each_message
def test_a_message_takes_its_examples_and_leaves_what_is_another_matter(message: KnownMessage) -> None:
    assert message.others
    for line in message.examples:
        assert message in recognise_all(line, spoken=message.spoken), line
    for line in message.others:
        assert message.matches(line) is None, line


@each_message
def test_a_message_is_whole_and_no_phrase_of_it_matches_nothing_or_anything(message: KnownMessage) -> None:
    assert message.meaning.endswith(".")
    assert 20 < len(message.meaning) < 400
    assert message.program
    assert bool(message.causes) == bool(message.why), "a reason for its causes, and none without"
    assert len(set(message.says)) == len(message.says)
    for phrase in (*message.says, *message.unless):
        pattern = re.compile(regex(phrase, message.parts), re.IGNORECASE)
        assert not pattern.search(""), phrase
        assert not pattern.search("zq 7 zq"), phrase


@each_message
def test_a_message_has_words_that_every_line_of_it_holds(message: KnownMessage) -> None:
    """Without one every line would be searched for it; with one that is in most lines, nearly every one."""
    assert message.words, "no word must be there: give each phrase one"
    assert all(len(word.strip()) > 2 or word == " ." for word in message.words), message.words


def test_what_people_say_is_never_more_than_a_hint_and_no_message_settles_two_causes() -> None:
    for message in MESSAGES:
        strongest = max(message.causes.values(), default=Weight.FITS)
        assert not message.spoken or strongest <= Weight.SUGGESTS
        assert list(message.causes.values()).count(Weight.CONCLUSIVE) <= 1, message.id


@pytest.mark.parametrize("line", ORDINARY)
def test_an_ordinary_line_reports_no_failure(line: str) -> None:
    assert [message.id for message in recognise_all(reported(line)) if not message.normal] == []


@pytest.mark.parametrize("topic", TOPICS)
def test_a_table_has_known_fields_and_uses_all_of_its_parts(topic: str) -> None:
    content = table(topic)
    assert set(content) <= {"about", "sources", "parts", "named", "message"}
    assert all(set(entry) <= FIELDS for entry in content["message"])
    written = str([content["message"], content.get("parts"), content.get("named")])
    assert [part for part in content.get("parts", {}) if f"{{{part}}}" not in written] == []


def test_every_table_is_read() -> None:
    folder = PROJECT / "src" / "cnitui" / "domain" / "parsing" / "messages"
    assert {path.stem for path in folder.glob("*.toml")} == set(TOPICS)


def test_ids_are_unique() -> None:
    assert len({message.id for message in MESSAGES}) == len(MESSAGES)


def test_a_line_that_people_name_causes_by_is_no_line_of_every_report() -> None:
    for cause, words in named():
        assert not words.search("calico-node does not start on the new workers"), cause


def test_the_page_of_messages_is_what_the_tables_say() -> None:
    page = (PROJECT / "docs" / "messages.md").read_text()
    assert page == as_document(), "run `python -m cnitui.domain.message_page > docs/messages.md`"


def test_the_message_that_contributors_are_shown_is_one() -> None:
    shown = (PROJECT / "CONTRIBUTING.md").read_text().partition("```toml\n")[2].partition("```")[0]
    (entry,) = tomllib.loads(shown)["message"]
    assert set(entry) <= FIELDS
    pattern = re.compile("|".join(regex(phrase, {}) for phrase in entry["says"]), re.IGNORECASE)
    assert all(map(pattern.search, entry["examples"]))
    assert not any(map(pattern.search, entry["others"]))
