"""Waiting on a terminal without screens: told after a second, at the pace of eyes, and never to a file."""

from __future__ import annotations

import io

import pytest

from cnitui.narrating import Narrator, narrated


class Seat(io.StringIO):
    """A stream that is a terminal, or is not."""

    def __init__(self, *, terminal: bool = True) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


def told(seat: Seat, *moments: float) -> str:
    """What is written when something is told at these seconds."""
    times = iter((0.0, *moments))
    narrator = Narrator(seat, lambda: next(times))
    for moment in moments:
        narrator(f"reading nodes: {moment:g} of 9 \x1b[2J")
    narrator.close()
    return seat.getvalue()


def test_what_takes_less_than_a_second_is_not_told() -> None:
    assert told(Seat(), 0.2, 0.9) == ""


def test_longer_work_is_told_on_one_line_that_goes_away() -> None:
    line = "\r\x1b[Kcnitui: reading nodes: {} of 9 [2J (ctrl-C stops)"
    assert told(Seat(), 1.0, 1.05, 2.0) == line.format(1) + line.format(2) + "\r\x1b[K"


def test_a_file_hears_nothing() -> None:
    assert told(Seat(terminal=False), 1.0, 5.0) == ""


def test_who_stops_it_is_told_how_far_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), narrated("nothing was written") as so_far:  # noqa: PT012
        so_far("reading nodes: 3 of 12")
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "cnitui: stopped (reading nodes: 3 of 12): nothing was written\n"
