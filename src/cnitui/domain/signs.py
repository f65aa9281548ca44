"""Signs: the known messages found in everything that was said about one node.

Derived from the other facts before anything is judged, so that a cause sees what a line means and not its wording.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cnitui.domain.evidence import CaseFile, Observed, Source
from cnitui.domain.facts import (
    Attempt,
    AttemptLogs,
    ContainerStatus,
    NodeStatus,
    PodEvents,
    PodStatus,
    Statement,
    Statements,
)
from cnitui.domain.finding import Evidence
from cnitui.domain.parsing.installer_log import parse_record
from cnitui.domain.parsing.line_form import reported, sentence
from cnitui.domain.parsing.messages import KnownMessage, Weight, named_by, recognise_all
from cnitui.domain.parsing.messages.scan import LONGEST_LINE, bounded
from cnitui.domain.speakers import Speaker, speaker_of
from cnitui.late_dataclass import dataclass

REPORTED = "reported"
"""Origin of a person's own words: they name what was seen, not what a program printed."""

_IN_PASSING = re.compile(r"\[(?:INFO|DEBUG)\]|level=(?:info|debug)\b|\"level\":\"(?:info|debug)\"")
NODE_CONDITIONS = "node conditions"
_OWN_AFFAIRS = frozenset({"trust", "reach"})
"""Topics in which a program speaks of its own connection and identity, not of the node's."""
MOST_SIGNS = 400
LONGEST_QUOTE = 400
LONGEST_SHAPE = 400
MOST_CHARACTERS = 600_000
_NUMBERS = re.compile(r"[0-9a-f]*[0-9][0-9a-f]*")
_TROUBLE = re.compile(
    r"fail|error|denied|refus|fatal|panic|unable|cannot|can't|forbid|unauth|invalid|x509|timeout", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Sign:
    """One line that says something known; `ended` when it is the failing attempt's own last word."""

    message: KnownMessage
    text: str
    origin: str
    source: str
    position: str = ""
    ended: bool = False
    speaker: Speaker = "ours"

    @property
    def evidence(self) -> Evidence:
        """The line, ready to be quoted."""
        return Evidence(self.source, self.text, self.position)

    def weight(self, cause: str) -> Weight | None:
        """How strongly it speaks for a cause.

        What a person says only suggests, and so does a condition of the node (it is not about the container that fails)
        and what a program says in passing is one step weaker; the trouble of a program that is not the pod network's
        merely fits.
        """
        said = self.message.causes.get(cause)
        return None if said is None else Weight(min(said, self._at_most))

    @property
    def strength(self) -> Weight:
        """How strongly it speaks for the cause that it speaks for most."""
        return Weight(min(max(self.message.causes.values(), default=Weight.FITS), self._at_most))

    @property
    def _at_most(self) -> Weight:
        if self.speaker == "foreign":
            return Weight.FITS
        elsewhere = self.speaker == "neighbour" and self.message.topic in _OWN_AFFAIRS
        if elsewhere or self.origin in (NODE_CONDITIONS, REPORTED):
            return Weight.SUGGESTS
        return Weight.SPECIFIC if self.in_passing else Weight.CONCLUSIVE

    @property
    def in_passing(self) -> bool:
        """Whether the program itself took it lightly: what it says at level INFO did not end it."""
        return bool(_IN_PASSING.search(self.text))


@dataclass(frozen=True, slots=True)
class Signs:
    """Everything known that was said about one node.

    `heard` is how many lines there were at all, `origins` who said something; `log_whole` whether the failing
    container's newest attempt was read from beginning to end.
    """

    found: tuple[Sign, ...]
    heard: int = 0
    origins: frozenset[str] = frozenset()
    log_whole: bool = False
    named: tuple[tuple[str, Evidence], ...] = ()
    """Causes that people name, with the sentence: quoted, it orders what is possible and tells what to ask next."""

    def named_for(self, cause: str) -> tuple[Evidence, ...]:
        """The sentences that name a cause."""
        return tuple(quote for name, quote in self.named if name == cause)

    def supporting(self, cause: str, at_least: Weight = Weight.FITS) -> tuple[Sign, ...]:
        """The signs for a cause, strongest first, in the order they were said among equals."""
        weighed = [(sign.weight(cause), sign) for sign in self.found]
        strong = [(weight, sign) for weight, sign in weighed if weight is not None and weight >= at_least]
        return tuple(sign for _, sign in sorted(strong, key=lambda pair: (-pair[0], not pair[1].ended)))

    def of(self, *messages: str) -> tuple[Sign, ...]:
        """The signs of the named messages."""
        return tuple(sign for sign in self.found if sign.message.id in messages)

    @property
    def decisive(self) -> Sign | None:
        """The failing attempt's last word, when that names its mechanism conclusively."""
        return next(
            (sign for sign in self.found if sign.ended and Weight.CONCLUSIVE in sign.message.causes.values()), None
        )


def signs_of(statements: Iterable[Statement], *, log_whole: bool = False, ended: frozenset[str] = frozenset()) -> Signs:
    """Compare statements with the catalogue; a line that was said before is not heard twice.

    Lines that differ only in numbers count as one. Of more than `MOST_CHARACTERS` those that tell of trouble are looked
    at first: a paste of ten megabytes is judged by what is special in it, in bounded time.
    """
    found: dict[tuple[str, str], Sign] = {}
    heard = list(statements)
    for statement in _worth_a_look(heard):
        line = bounded(statement.text)
        text = reported(line)
        spoken = statement.origin == REPORTED or sentence(text)
        for message in recognise_all(text, spoken=spoken) if text else ():
            quote = line.strip()[:LONGEST_QUOTE]
            last = statement.text in ended
            speaker = "ours" if last or statement.own else speaker_of(statement.origin, line)
            sign = Sign(message, quote, statement.origin, statement.source, statement.position, last, speaker)
            found.setdefault((message.id, quote), sign)
        if len(found) >= MOST_SIGNS:
            break
    origins = frozenset(statement.origin for statement in heard)
    return Signs(tuple(found.values()), len(heard), origins, log_whole, _named(heard))


def _named(heard: list[Statement]) -> tuple[tuple[str, Evidence], ...]:
    said = [one for one in heard if one.origin == REPORTED or sentence(one.text)][:MOST_SIGNS]
    return tuple(
        (cause, Evidence(one.source, bounded(one.text).strip()[:LONGEST_QUOTE], one.position))
        for one in said
        for cause in named_by(one.text)
    )


def _worth_a_look(statements: list[Statement]) -> list[Statement]:
    shapes: dict[tuple[str, str], tuple[int, Statement]] = {}
    for place, statement in enumerate(statements):
        shape = _NUMBERS.sub("0", statement.text[:LONGEST_SHAPE])
        shapes.setdefault((statement.origin, shape), (place, statement))
    different = list(shapes.values())
    if sum(len(statement.text) for _, statement in different) > MOST_CHARACTERS:
        different.sort(key=lambda pair: (_TROUBLE.search(pair[1].text[:LONGEST_SHAPE]) is None, pair[0]))
        different = _within(different)
    return [statement for _, statement in sorted(different, key=lambda pair: pair[0])]


def _within(different: list[tuple[int, Statement]]) -> list[tuple[int, Statement]]:
    kept: list[tuple[int, Statement]] = []
    room = MOST_CHARACTERS
    for place, statement in different:
        room -= min(len(statement.text), LONGEST_LINE)
        if room < 0:
            break
        kept.append((place, statement))
    return kept


def with_signs(case: CaseFile, node: str) -> CaseFile:
    """The case with the node's signs added, unless nothing at all was said about it."""
    logs = case.value(AttemptLogs, node)
    latest = logs.latest if logs else None
    statements = tuple(_statements(case, node))
    if not statements and logs is None:
        return case
    signs = signs_of(statements, log_whole=latest is not None and latest.whole, ended=_last_words(latest))
    return case.with_readings([(Signs, node, Observed(signs, Source("what was said", node)))])


UNKNOWN_WORDS = "?"
"""Stands for last words that are no known message."""


def last_messages(case: CaseFile, node: str) -> frozenset[str]:
    """The known messages in the last words of the failing attempt; empty when it was not read or ended in silence."""
    logs, signs = case.value(AttemptLogs, node), case.value(Signs, node)
    if logs is None or signs is None or not _last_words(logs.latest):
        return frozenset()
    return frozenset(sign.message.id for sign in signs.found if sign.ended) or frozenset({UNKNOWN_WORDS})


def _last_words(attempt: Attempt | None) -> frozenset[str]:
    """The last lines of an attempt that report an error: the installer says ERROR and then FATAL."""
    if attempt is None:
        return frozenset()
    failures = [line.text for line in attempt.lines if parse_record(line).failure]
    return frozenset(failures[-2:])


def _statements(case: CaseFile, node: str) -> Iterator[Statement]:
    yield from _log_lines(case, node)
    events = case.reading(PodEvents, node)
    if isinstance(events, Observed):
        for event in events.value.events:
            position = f"{event.kind} {event.reason} {event.object}".strip()
            yield Statement(f"{event.reason} {event.message}", "events", events.source.command, position)
    pod = case.reading(PodStatus, node)
    if isinstance(pod, Observed):
        for container in pod.value.containers:
            yield from _container_words(container, pod.source.command)
    status = case.reading(NodeStatus, node)
    if isinstance(status, Observed):
        for kind, words in status.value.conditions.items():
            yield Statement(f"{kind} {words}", NODE_CONDITIONS, status.source.command, f"condition {kind}")
    for subject in dict.fromkeys((node, "")):
        said = case.value(Statements, subject)
        yield from said.lines if said else ()


def _log_lines(case: CaseFile, node: str) -> Iterator[Statement]:
    logs = case.reading(AttemptLogs, node)
    if not isinstance(logs, Observed):
        return
    latest = logs.value.latest
    for line in latest.lines if latest is not None else ():
        position = f"last attempt, line {line.number}" if line.number else "last attempt"
        yield Statement(line.text, logs.value.container, logs.source.command, position, own=True)


def _container_words(container: ContainerStatus, source: str) -> Iterator[Statement]:
    where = f"status of {container.name}"
    if container.waiting_reason:
        text = f"{container.waiting_reason} {container.waiting_message}".strip()
        yield Statement(text, container.name, source, where, own=True)
    failure = container.last_failure
    if failure is not None:
        words = f"{failure.reason} Exit Code: {failure.exit_code}"
        yield Statement(words, container.name, source, where, own=True)
        lines = failure.message.splitlines()
        yield from (Statement(line, container.name, source, where, own=True) for line in lines)
