"""Kept lines written out: the end of a range is the same whether or not the rest was written out before it."""

from __future__ import annotations

import pytest

from cnitui.engine.logs.kept import KeptLines, Rule, line_of


@pytest.mark.parametrize("most", [1, 9, 10, 11, 25, 10_000])
@pytest.mark.parametrize(("start", "end"), [(0, 0), (0, 3), (2, 5), (0, 99), (4, 99)])
def test_the_tail_is_the_end_of_all_lines(start: int, end: int, most: int) -> None:
    kept = KeptLines(max_lines=100)
    kept.add([b"line one", b"two", Rule("attempt 1 - exit 1"), b"", b"a longer line", "näher".encode()])
    whole = b"".join(line_of(entry) + b"\n" for _, entry in kept.between(start, end))
    assert kept.tail(start, end, most) == whole[-most:]
