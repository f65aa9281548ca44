"""The lab as a child: its two lines, its end with us, and what is said when it has none."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from cnitui.errors import CnituiError
from cnitui.lab_process import LabProcess


@pytest.fixture
def child() -> Iterator[LabProcess]:
    lab = LabProcess("healthy")
    yield lab
    lab.close()
    lab._child.wait(10)


async def test_it_answers_with_files_that_exist_and_ends_with_its_input(child: LabProcess) -> None:
    kubeconfig, ssh_config = await child.answers()
    assert kubeconfig.is_file()
    assert ssh_config.is_file()
    child.close()
    assert child._child.wait(10) == 0
    assert not kubeconfig.exists(), "it cleans up after itself"


async def test_it_begins_with_the_faults_it_was_given() -> None:
    lab = LabProcess("healthy", faults=("api status=503 /pods", "ssh down worker-01"))
    kubeconfig, _ = await lab.answers()
    assert "\napi status=503 /pods\nssh down worker-01\n" in (kubeconfig.parent / "faults").read_text()
    lab.close()
    lab._child.wait(10)


async def test_asked_again_it_answers_the_same_at_once_and_goes_on(child: LabProcess) -> None:
    files = await child.answers()
    async with asyncio.timeout(5):
        assert await child.answers() == files
    assert child._child.poll() is None
    assert files[0].is_file()


async def test_a_scenario_that_is_none_is_told_in_the_labs_words() -> None:
    lab = LabProcess("nope")
    with pytest.raises(CnituiError, match=r"the lab did not start: .*there is no scenario 'nope'"):
        await lab.answers()
    lab.close()


async def test_one_that_dies_before_it_answers_is_told_and_started_anew_when_asked_again() -> None:
    lab = LabProcess("healthy")
    os.kill(lab._child.pid, signal.SIGKILL)
    with pytest.raises(CnituiError, match="it ended with code -9"):
        await lab._answered()
    kubeconfig, _ = await lab.answers()
    assert kubeconfig.is_file()
    lab.close()
    lab._child.wait(10)
