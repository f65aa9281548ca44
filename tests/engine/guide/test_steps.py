"""The script of the guide: whole, in order, and reaching every cause."""

from __future__ import annotations

from string import Formatter

from cnitui.domain.causes import CATALOGUE
from cnitui.engine.guide.names import observed_names
from cnitui.engine.guide.steps import STEPS
from cnitui.engine.state import State


def test_steps_are_numbered_from_one_to_eleven() -> None:
    assert [step.number for step in STEPS] == list(range(1, 12))
    assert len({step.id for step in STEPS}) == 11


def test_every_step_says_why_it_matters_in_a_sentence() -> None:
    for step in STEPS:
        assert step.why.endswith("."), step.id
        assert step.title


def test_every_cause_is_reached_from_a_step_and_no_step_names_another() -> None:
    reached = {cause for step in STEPS for cause in step.causes}
    assert reached == {cause.id for cause in CATALOGUE}


def test_no_cause_is_decided_twice() -> None:
    named = [cause for step in STEPS for cause in step.causes]
    assert len(named) == len(set(named))


def test_every_name_in_a_command_is_one_that_is_filled_in() -> None:
    known = {*observed_names(State()), "ssh"}
    for step in STEPS:
        for line in step.commands:
            names = {name for _, name, _, _ in Formatter().parse(line) if name}
            assert names <= known, step.id
