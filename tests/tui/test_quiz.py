"""The quiz: conclusions are covered until there is an answer, which is then told right or wrong with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnitui.domain.causes import CATALOGUE
from cnitui.lab.scenarios import find
from cnitui.tui.quiz import NOTHING, Quiz, choices
from tests.tui.conftest import Drive
from tests.tui.test_walk import to_step

SMALL = (80, 24)


def quiz_on(name: str) -> Quiz:
    found = find(name)
    return Quiz(found.causes, found.summary, found.name)


@pytest.mark.parametrize(("moves", "told"), [(5, "✓ Right: A full disk"), (0, "✗ Wrong: SELinux stops install-cni")])
async def test_the_verdict_is_shown_after_the_answer_and_not_before(drive: Drive, moves: int, told: str) -> None:
    async with drive("disk-full", size=SMALL, quiz=quiz_on("disk-full")) as driver:
        await driver.judged()
        await driver.shows("QUIZ  what is it?")
        for step in (5, 6, 7):
            await to_step(driver, step)
            await driver.shows("Covered until you have answered")
            assert "disk-full" not in driver.text()
            assert "CONFIRMED" not in driver.text()
        await driver.press("A")
        await driver.shows("What is it?")
        await driver.press(*["j"] * moves, "enter")
        await driver.shows(told)
        await driver.shows("/opt, a volume of its own on the workers, is full")
        await driver.press("escape")
        await driver.shows("CONFIRMED  A full disk stops install-cni")


async def test_an_answer_may_be_put_off_and_nothing_is_saved_meanwhile(drive: Drive) -> None:
    async with drive("disk-full", size=SMALL, quiz=quiz_on("disk-full")) as driver:
        await driver.judged()
        await driver.press("A", "escape")
        await driver.shows("QUIZ  what is it?")
        assert driver.screen.check_action("save", ()) is False
        assert driver.state.repair.outlook.entries == ()


async def test_an_answer_is_taken_while_a_new_attempt_is_being_read(drive: Drive) -> None:
    async with drive("disk-full", size=SMALL, quiz=quiz_on("disk-full")) as driver:
        await driver.judged()
        session = driver.screen.session
        assert session is not None
        session.state = replace(session.state, settled=False)
        driver.screen.state = replace(driver.screen.state, settled=False)
        await driver.press("A")
        await driver.shows("What is it?")


async def test_without_a_quiz_there_is_nothing_to_answer(drive: Drive) -> None:
    async with drive("healthy", size=SMALL) as driver:
        await driver.until(lambda: driver.state.settled)
        assert driver.screen.check_action("answer", ()) is False


def test_every_cause_can_be_chosen_and_that_nothing_is_wrong() -> None:
    assert {pick.key for pick in choices()} == {cause.id for cause in CATALOGUE} - {"unknown"} | {NOTHING}
    assert quiz_on("healthy").right(NOTHING)
    assert not quiz_on("disk-full").right(NOTHING)
    assert quiz_on("disk-full+no-route").right("apiserver-unreachable")
