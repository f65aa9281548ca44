"""`python -m cnitui.lab`: two lines on stdout, and nothing left behind at the end."""

from __future__ import annotations

import asyncio
import importlib
import os
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cnitui.lab.scenarios import SCENARIOS
from cnitui.lab.scenarios.scenario import Scenario

SOURCE = Path(__file__).resolve().parents[2] / "src"


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cnitui.lab", *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )  # fmt: skip


@pytest.fixture
async def started() -> AsyncIterator[tuple[asyncio.subprocess.Process, Path, Path]]:
    """A lab bound to this process, its kubeconfig and its ssh_config."""
    process = await start("--with-parent", "healthy")
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            lines = [shlex.split((await process.stdout.readline()).decode()) for _ in range(2)]
        assert [line[0] for line in lines] == ["export", "export"]
        values = dict(line[1].split("=", 1) for line in lines)
        yield process, Path(values["KUBECONFIG"]), Path(values["CNITUI_SSH_CONFIG"])
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ended(process: asyncio.subprocess.Process) -> int | None:
    async with asyncio.timeout(5):
        await process.communicate()
    return process.returncode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_ends_it_and_its_files_go(
    started: tuple[asyncio.subprocess.Process, Path, Path], number: int
) -> None:
    process, kubeconfig, ssh_config = started
    assert kubeconfig.is_file()
    assert ssh_config.is_file()
    process.send_signal(number)
    assert await ended(process) == 0
    assert not kubeconfig.parent.exists()


async def test_it_ends_with_its_parent(started: tuple[asyncio.subprocess.Process, Path, Path]) -> None:
    process, kubeconfig, _ = started
    assert process.stdin is not None
    process.stdin.close()
    assert await ended(process) == 0
    assert not kubeconfig.parent.exists()


async def test_the_list_tells_what_is_seen_by_number_and_the_answers_when_asked() -> None:
    process = await start("--list")
    out, _ = await process.communicate()
    assert out.decode().splitlines() == [f"{number:>2}  {one.seen}" for number, one in enumerate(SCENARIOS, 1)]
    process = await start("--list", "--answers")
    out, _ = await process.communicate()
    for number, (line, one) in enumerate(zip(out.decode().splitlines(), SCENARIOS, strict=True), 1):
        assert line.split()[:2] == [str(number), one.name]
        assert all(cause in line for cause in one.causes)
        assert line.endswith(one.seen)


@pytest.mark.parametrize("arguments", [("nonsense",), ("--nodes", "0"), ("--speed", "0"), ("--fault", "api")])
async def test_a_wrong_command_line_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    process = await start(*arguments)
    out, err = await process.communicate()
    assert process.returncode == 2
    assert out == b""
    assert b"error:" in err


async def test_a_fault_of_the_command_line_stands_in_the_control_file_and_ends_there() -> None:
    process = await start(
        "--with-parent", "healthy", "--fault", "ssh down worker-01", "--fault", "ssh lie=empty master-01"
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(20):
            lines = [shlex.split((await process.stdout.readline()).decode()) for _ in range(2)]
            control = Path(lines[0][1].partition("=")[2]).parent / "faults"
            while str(control) not in (await process.stderr.readline()).decode():
                pass
            assert control.read_text().splitlines()[-2:] == ["ssh down worker-01", "ssh lie=empty master-01"]
            port = int(_words(lines[1][1].partition("=")[2], "Port")[0])
            control.write_text("ssh down\n")
            while await _accepts(port):
                await asyncio.sleep(0.01)
            control.write_text("")
            while not await _accepts(port):
                await asyncio.sleep(0.01)
    finally:
        process.kill()
        await process.communicate()


def _words(file: str, key: str) -> list[str]:
    return [line.split()[1] for line in Path(file).read_text().splitlines() if line.split()[:1] == [key]]


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def test_importing_the_lab_loads_neither_server_nor_client_libraries() -> None:
    script = "import cnitui.lab, sys; print([m for m in ('aiohttp', 'asyncssh', 'cryptography') if m in sys.modules])"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(SOURCE)}
    )
    out, _ = await process.communicate()
    assert out.strip() == b"[]"


def test_every_scenario_of_every_file_is_listed() -> None:
    folder = SOURCE / "cnitui" / "lab" / "scenarios"
    modules = [importlib.import_module(f"cnitui.lab.scenarios.{path.stem}") for path in folder.glob("[a-z]*.py")]
    found = {id(value) for module in modules for value in vars(module).values() if isinstance(value, Scenario)}
    assert found == {id(scenario) for scenario in SCENARIOS}
