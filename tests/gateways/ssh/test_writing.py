"""Orders over SSH: once, quoted, until a command fails; and what is said when nobody knows how far it got."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cnitui.domain.exchange import NodeCommand, NodeOrder
from cnitui.errors import NodeLoginFailed
from cnitui.gateways.ssh.batch import script_of
from tests.gateways.ssh.servers import Home, Process, login_shell, ssh_host


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def order(*argvs: tuple[str, ...]) -> NodeOrder:
    commands = (NodeCommand(f"step-{number}", argv) for number, argv in enumerate(argvs, 1))
    return NodeOrder("20260101T000000Z-0000", "worker-01", tuple(commands))


async def test_commands_run_in_order_quoted_until_one_fails(home: Home, tmp_path: Path) -> None:
    made = tmp_path / "a b; touch c $(id) [red]"
    async with ssh_host(home.key) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell() as shell:
            carried = await shell.write(
                node, order(("touch", str(made)), ("sh", "-c", "echo full >&2; exit 28"), ("touch", f"{made}-2"))
            )
    assert [(output.status, output.stderr) for output in carried.outputs] == [(0, ""), (28, "full\n")]
    assert (carried.failed, carried.lost) == (carried.outputs[1], "")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("a")) == [made.name]


async def test_a_connection_lost_under_a_command_is_told_and_nothing_is_begun_again(home: Home, tmp_path: Path) -> None:
    log = tmp_path / "log"
    begun, gone = asyncio.Event(), asyncio.Event()

    async def watched(process: Process) -> None:
        begun.set()
        try:
            await login_shell(process)
        finally:
            gone.set()

    async with ssh_host(home.key, watched) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell() as shell:
            commands = order(("sh", "-c", 'echo x >> "$0"', str(log)), ("sleep", "1"))
            task = asyncio.create_task(shell.write(node, commands))
            await begun.wait()
            while not log.exists():
                await asyncio.sleep(0)
            host.connections[0].abort()
            carried = await task
            await gone.wait()
    assert carried.lost
    assert carried.failed is None
    assert (log.read_text(), host.logins, len(host.commands)) == ("x\n", 1, 1)


async def test_an_account_without_a_shell_did_nothing(home: Home) -> None:
    async def nologin(process: Process) -> None:
        process.stdout.write(b"This account is currently not available.\n")
        process.exit(1)

    async with ssh_host(home.key, nologin) as host:
        node = home.add("worker-01", host.port, known=host)
        async with home.shell() as shell:
            with pytest.raises(NodeLoginFailed, match="not available"):
                await shell.write(node, order(("true",)))


async def test_a_script_that_arrives_in_part_does_nothing(home: Home, tmp_path: Path) -> None:
    """The braces make sh read all of it first; so says a sh that gets no more than its first half."""
    made = tmp_path / "made"
    commands = order(("touch", str(made)), ("true",)).commands
    script = script_of(commands, "word", 5, until_failure=True)
    for size in range(0, len(script) - 2, 61):
        process = await asyncio.create_subprocess_exec(
            "sh", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        await process.communicate(script[:size].encode())
        assert not made.exists(), size
