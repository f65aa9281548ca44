"""Healthy beside failing: the same question asked of the reference node and of every failing one.

Nodes with identical answers fold into one column. The first column is the reference; a cell differs when its answer
is known on both sides and not the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from cnitui.domain.evidence import CaseFile, Dossier, Unavailable
from cnitui.domain.facts import Identity
from cnitui.late_dataclass import dataclass

ANOTHER = "another machine"
UNKNOWN = "?"
"""The answer nobody could get; never counted as a difference."""

OF_THIS_POD = " since the pod was made"
"""Said of an answer that holds for the pod that is there now; another node's pod may never have had a forerunner."""

_CATEGORIES = re.compile(r"\bc\d+(?:,c\d+)*\b")
_LAST = re.compile(r" · last [\d:]+")
_COUNT = re.compile(r"^\d+ · ")
Question = Callable[[CaseFile, str], str]


@dataclass(frozen=True, slots=True)
class Row:
    """One question, the answer of each column, and which columns differ from the reference."""

    label: str
    cells: tuple[str, ...]
    differs: tuple[bool, ...]

    @property
    def any_differs(self) -> bool:
        """Whether some column is not like the reference."""
        return any(self.differs)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Columns as groups of node names (the reference first) and the rows of answers."""

    columns: tuple[tuple[str, ...], ...]
    rows: tuple[Row, ...]
    has_reference: bool = True

    @property
    def differing(self) -> Comparison:
        """Only the rows in which something differs."""
        return Comparison(self.columns, tuple(row for row in self.rows if row.any_differs), self.has_reference)


def compare(
    case: CaseFile, reference: str, failing: Sequence[str], questions: Sequence[tuple[str, Question]]
) -> Comparison:
    """Ask every question of the reference and of each failing node; identical failing nodes share a column.

    A question that nobody could answer is left out: why a node cannot be read is said once, not once per question.
    """
    return Asked((), tuple(questions)).compare(case, reference, failing)


class Asked:
    """Questions and what each node answered to them; a node is asked again only when its dossier has changed.

    `about` is what the questions were made for.
    """

    def __init__(self, about: tuple[str, ...], questions: Sequence[tuple[str, Question]]) -> None:
        self.about = about
        self._questions = questions
        self._answers: dict[str, tuple[Dossier, tuple[str, ...]]] = {}
        self._made: tuple[str, Comparison] | None = None

    def compare(self, case: CaseFile, reference: str, failing: Sequence[str]) -> Comparison:
        """As `compare`."""
        nodes = dict.fromkeys((*failing, *([reference] if reference else ())))
        before, self._answers = self._answers, {node: self._asked(case, node) for node in nodes}
        same = len(before) == len(nodes) and all(before.get(node) is found for node, found in self._answers.items())
        if self._made is None or self._made[0] != reference or not same:
            answers = {node: found for node, (_, found) in self._answers.items()}
            self._made = reference, _compared(answers, reference, [label for label, _ in self._questions])
        return self._made[1]

    def _asked(self, case: CaseFile, node: str) -> tuple[Dossier, tuple[str, ...]]:
        dossier, known = case.dossier(node), self._answers.get(node)
        if known is not None and known[0] is dossier:
            return known
        return dossier, tuple(question(case, node) for _, question in self._questions)


def _compared(answers: Mapping[str, tuple[str, ...]], reference: str, labels: Sequence[str]) -> Comparison:
    groups: dict[tuple[str, ...], list[str]] = {}
    for node, given in answers.items():
        if node != reference:
            groups.setdefault(tuple(map(_alike, given)), []).append(node)
    columns = [[reference], *groups.values()] if reference else list(groups.values())
    rows = []
    for index, label in enumerate(labels):
        cells = tuple(_shared([answers[node][index] for node in column]) for column in columns)
        if any(cell and not cell.startswith(UNKNOWN) for cell in cells):
            rows.append(Row(label, cells, tuple(bool(reference) and _differs(cells[0], cell) for cell in cells)))
    return Comparison(tuple(map(tuple, columns)), tuple(rows), bool(reference))


@lru_cache(16_384)
def _alike(answer: str) -> str:
    """The answer without what is each node's own by nature.

    That is a pod's categories, the counts and times of its denials, and the words in which a node refused to answer.
    """
    if answer.startswith(UNKNOWN):
        return UNKNOWN
    return _COUNT.sub("", _LAST.sub("", _CATEGORIES.sub("c…", answer.removesuffix(OF_THIS_POD))))


def _shared(answers: Sequence[str]) -> str:
    """What a column says for all its nodes: their answer, without what is each one's own when they are not the same."""
    first = answers[0]
    return first if first.startswith(UNKNOWN) or all(answer == first for answer in answers) else _alike(first)


def _differs(base: str, cell: str) -> bool:
    """Whether both sides answered and the answers mean something else; one not asked yet is no difference."""
    known = all(answer and not answer.startswith(UNKNOWN) for answer in (base, cell))
    return known and _alike(base) != _alike(cell)


@dataclass(frozen=True, slots=True)
class Change:
    """Nodes whose answers changed alike between two moments: each row's cells are the answer before and the one now."""

    nodes: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def comparison(self) -> Comparison:
        """The two moments side by side."""
        return Comparison((("before",), ("now",)), self.rows, has_reference=False)

    @property
    def differing(self) -> Change:
        """Only what changed."""
        return Change(self.nodes, tuple(row for row in self.rows if row.any_differs))


AskedTwice = tuple[str, Question, Question]
"""A label, the question before, and the same question now."""


def before_and_now(
    before: CaseFile, now: CaseFile, nodes: Sequence[str], questions: Sequence[AskedTwice]
) -> tuple[Change, ...]:
    """What each node answered before and answers now; nodes alike in both are one change.

    A question that nobody could answer at either moment is left out.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    answers: dict[str, tuple[tuple[str, str], ...]] = {}
    for node in nodes:
        answers[node] = tuple((ask(before, node), ask_now(now, node)) for _, ask, ask_now in questions)
        groups.setdefault(tuple(_alike(cell) for pair in answers[node] for cell in pair), []).append(node)
    labels = [label for label, _, _ in questions]
    return tuple(
        Change(tuple(group), _changed_rows(labels, [answers[node] for node in group])) for group in groups.values()
    )


def _changed_rows(labels: Sequence[str], answers: Sequence[tuple[tuple[str, str], ...]]) -> tuple[Row, ...]:
    rows = []
    for index, label in enumerate(labels):
        was, now = (_shared([given[index][moment] for given in answers]) for moment in (0, 1))
        if any(cell and not cell.startswith(UNKNOWN) for cell in (was, now)):
            rows.append(Row(label, (was, now), (False, _differs(was, now))))
    return tuple(rows)


def unknown(case: CaseFile, fact: type[object], node: str) -> str:
    """Why there is no answer: `? sudo wants a password`; "" when nobody asked yet.

    That another machine answered is a matter of the whole node, told in full beside the comparison.
    """
    reading = case.reading(fact, node)
    if not isinstance(reading, Unavailable):
        return ""
    identity = case.value(Identity, node)
    return f"{UNKNOWN} {ANOTHER if identity is not None and identity.is_another else reading.why}"
