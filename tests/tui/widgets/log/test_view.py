"""LogView against a model that counts naively."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from cnitui.engine.logs.folding import Fold
from cnitui.engine.logs.kept import Entry, KeptLines, Rule
from cnitui.tui.widgets.log.text import fold
from cnitui.tui.widgets.log.view import Hits, LogView
from cnitui.tui.widgets.pattern import pattern_of


@dataclass(frozen=True)
class Batch:
    """Lines added in one go; a rule after them now and then."""

    lines: tuple[bytes, ...]
    rule: bool


BATCHES = st.lists(
    st.builds(
        Batch, st.lists(st.sampled_from([b"one", b"two", b"three words here"]), max_size=12).map(tuple), st.booleans()
    ),
    max_size=12,
)


def height(entry: Entry) -> int:
    return 1 if isinstance(entry, Rule) else 1 + len(entry) // 4


@given(BATCHES, st.sampled_from(["", "o", "!o"]), st.booleans(), st.integers(5, 60))
def test_rows_entries_and_drops_agree_with_a_naive_count(
    batches: list[Batch], typed: str, wrapped: bool, bound: int
) -> None:
    kept = KeptLines(max_lines=bound)
    view = LogView(kept)
    pattern = pattern_of(typed)
    view.show(filtered=pattern, start=0, measure=height if wrapped else None)
    for batch in batches:
        kept.add([*batch.lines, *([Rule("attempt", "attempt")] if batch.rule else [])])
        view.extend()
        expected = [
            (number, part)
            for number, entry in kept.between(kept.first, kept.end)
            if isinstance(entry, Rule) or pattern is None or pattern.matches_raw(entry)
            for part in range(height(entry) if wrapped else 1)
        ]
        shown = [found for row in range(view.rows) if (found := view.at(row)) is not None]
        assert [found for found in shown if found[0] > kept.first] == [e for e in expected if e[0] > kept.first]
        assert view.at(view.rows) is None
        for number in {number for number, _ in expected if number > kept.first}:
            assert view.at(view.row_of(number)) == (number, 0)


@given(BATCHES)
def test_found_lines_are_those_that_match_and_walking_visits_all(batches: list[Batch]) -> None:
    kept = KeptLines(max_lines=40)
    pattern = pattern_of("two")
    assert pattern is not None
    hits = Hits(kept, pattern)
    for batch in batches:
        kept.add(batch.lines)
        hits.extend()
    expected = [number for number, entry in kept.between(kept.first, kept.end) if entry == b"two"]
    assert len(hits) == len(expected)
    at, visited = kept.first - 1, []
    for _ in expected:
        found = hits.after(at)
        assert found is not None
        visited.append(found)
        at = found
    assert visited == expected
    assert hits.after(at) == (expected[0] if expected else None)


def test_the_servers_timestamp_is_not_searched() -> None:
    kept = KeptLines()
    kept.add([b"2026-11-23T10:00:00.000000000Z hello", b"2026-11-23T10:00:01.000000000Z 2026"])
    pattern = pattern_of("2026")
    assert pattern is not None
    assert len(Hits(kept, pattern)) == 1


def test_the_installers_prefix_is_folded_into_its_level() -> None:
    assert fold("2026-11-23 14:09:16.708 [FATAL][1] cni-installer/<nil> <nil>: found no writeable directory") == (
        "FATAL",
        "found no writeable directory",
    )
    assert fold("2024-09-10 09:48:43.661 [INFO][1] cni-installer/install.go 142: Running as a Kubernetes pod") == (
        "",
        "Running as a Kubernetes pod",
    )
    assert fold('time="2022-03-16T11:24:21Z" level=warning msg="say \\"hi\\"" source="install.go:141"') == (
        "WARN",
        'say \\"hi\\" source="install.go:141"',
    )
    assert fold("cp: cannot create regular file") == ("", "cp: cannot create regular file")


SPANS = st.lists(st.tuples(st.integers(0, 9), st.integers(2, 9)), max_size=4)


@given(BATCHES, SPANS, st.booleans(), st.integers(5, 60))
def test_folded_entries_have_one_row_also_when_some_of_them_are_dropped(
    batches: list[Batch], spans: list[tuple[int, int]], wrapped: bool, bound: int
) -> None:
    kept = KeptLines(max_lines=bound)
    kept.add([entry for batch in batches for entry in batch.lines])
    folds: list[Fold] = []
    for gap, size in spans:
        start = (folds[-1].end if folds else kept.first) + gap
        if start + size <= kept.end:
            folds.append(Fold(start, start + size, 1, 2))
    view = LogView(kept)
    view.show(filtered=None, start=0, measure=height if wrapped else None, folds=folds)
    for batch in batches:
        before, end = view.rows, kept.end
        kept.add(batch.lines)
        came, gone = view.extend()
        closed = [left for fold in folds if (left := fold.within(kept.first + bool(kept.dropped_lines))) is not None]
        expected = [
            (number, part)
            for number, entry in kept.between(kept.first + 1, kept.end)
            if not any(fold.start < number < fold.end for fold in closed)
            for part in range(height(entry) if wrapped and all(fold.start != number for fold in closed) else 1)
        ]
        shown = [found for row in range(view.rows) if (found := view.at(row)) is not None]
        assert [found for found in shown if found[0] > kept.first] == [e for e in expected if e[0] > kept.first]
        assert all(view.at(view.row_of(number)) == (number, 0) for number, _ in expected)
        assert all(view.row_of(fold.end - 1) == view.row_of(fold.start) for fold in closed)
        assert view.rows == before - gone + sum(number >= max(end, kept.first) for number, _ in shown)
        assert came == kept.end - max(end, kept.first)
