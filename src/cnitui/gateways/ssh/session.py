"""Commands over a connection: one script per exec request, deadlines and bounds kept on our side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import asyncssh

from cnitui.domain.exchange import Carried, CommandOutput, NodeCommand
from cnitui.domain.node_script import TIMED_OUT
from cnitui.gateways.ssh.batch import SHELL, Batch, new_word, script_of
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one call: seconds per command and in all, bytes kept per command and stream, bytes taken at all."""

    command_seconds: int = 10
    total_seconds: float = 60.0
    kept_bytes: int = 1_000_000
    flood_bytes: int = 16_000_000
    grace_seconds: float = 3.0
    """What a command may take beyond its own limit before we stop waiting: timeout(1) cannot end what sudo started."""


class NoShell(Exception):
    """The login works, but nothing runs our script; `said` is what came instead."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class _Session(asyncssh.SSHClientSession[bytes]):
    """Feeds a batch and wakes its watcher at every step."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.moved = asyncio.Event()
        self.ended = False
        self.error: Exception | None = None

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        self.batch.feed(data, error=datatype is not None)
        self.moved.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self.error = exc
        self.moved.set()


async def run_all(
    connection: asyncssh.SSHClientConnection, commands: Sequence[NodeCommand], limits: Limits
) -> tuple[CommandOutput, ...]:
    """Every command's output, in order.

    A command that hangs or floods is given up and the rest goes on in a new request, as long as the total time lasts.
    Raises NoShell, TimeoutError when no session opens, asyncssh.Error or OSError when the connection goes away.
    """
    deadline = asyncio.get_running_loop().time() + limits.total_seconds
    done: list[CommandOutput] = []
    while len(done) < len(commands):
        rest = commands[len(done) :]
        if asyncio.get_running_loop().time() >= deadline:
            return (*done, *(_not_run(command, limits) for command in rest))
        done.extend(await _run_some(connection, rest, limits, deadline))
    return tuple(done)


def _not_run(command: NodeCommand, limits: Limits) -> CommandOutput:
    why = f"not run: the commands before took {limits.total_seconds:g} s\n"
    sudo = "sudo -n " if command.root else ""
    return CommandOutput(command.name, sudo + " ".join(command.argv), "", why, TIMED_OUT)


async def _run_some(
    connection: asyncssh.SSHClientConnection, commands: Sequence[NodeCommand], limits: Limits, deadline: float
) -> tuple[CommandOutput, ...]:
    """The outputs up to the first command that had to be given up, that one included."""
    word = new_word()
    batch = Batch(commands, word, limits.kept_bytes)
    session, channel = await _opened(connection, batch, limits)
    try:
        with suppress(BrokenPipeError):  # ended before it was told anything: the watch says why
            channel.write(script_of(commands, word, limits.command_seconds).encode())
            channel.write_eof()
        trouble = await _watch(session, limits, deadline)
    finally:
        channel.abort()
    if trouble is None:
        return batch.outputs()
    return (*batch.outputs(), batch.given_up(trouble, truncated=trouble == _FLOOD))


async def _opened(
    connection: asyncssh.SSHClientConnection, batch: Batch, limits: Limits
) -> tuple[_Session, asyncssh.SSHClientChannel[bytes]]:
    """A shell that waits for its script."""
    session = _Session(batch)
    async with asyncio.timeout(limits.command_seconds + limits.grace_seconds):
        channel, _ = await connection.create_session(
            lambda: session, SHELL, encoding=None, request_pty=False, env=(), send_env=(), x11_forwarding=False
        )
    return session, channel


async def run_until_failure(
    connection: asyncssh.SSHClientConnection, commands: Sequence[NodeCommand], limits: Limits
) -> Carried:
    """The commands in one request, once, until one fails: what may have been begun is never begun again.

    Raises NoShell, TimeoutError, asyncssh.Error or OSError as long as nothing can have been begun.
    """
    word = new_word()
    batch = Batch(commands, word, limits.kept_bytes)
    session, channel = await _opened(connection, batch, limits)
    lost: str | None = None
    try:
        channel.write(script_of(commands, word, limits.command_seconds, until_failure=True).encode())
        channel.write_eof()
        lost = await _watch(session, limits, asyncio.get_running_loop().time() + limits.total_seconds)
    except NoShell as error:
        if session.ended:
            raise
        lost = error.said  # it may begin later
    except (OSError, asyncssh.Error) as error:
        lost = str(error) or "the connection was lost"
    finally:
        channel.abort()
    outputs = batch.outputs()
    if lost is None or (outputs and outputs[-1].status != 0):
        return Carried(outputs)
    return Carried(outputs, lost)


_FLOOD = "its output was too long"


async def _watch(session: _Session, limits: Limits, deadline: float) -> str | None:
    """None when all have answered, else why the command that is running has to be given up."""
    loop = asyncio.get_running_loop()
    batch, answered = session.batch, -1
    patience = 0.0
    while batch.answered < len(batch.commands):
        if session.ended:
            _explain_end(session)
        if batch.answered != answered:
            answered = batch.answered
            patience = min(deadline, loop.time() + limits.command_seconds + limits.grace_seconds)
        if batch.received > limits.flood_bytes:
            return _FLOOD
        session.moved.clear()
        try:
            async with asyncio.timeout_at(patience):
                await session.moved.wait()
        except TimeoutError:
            return _gave_up(batch, limits)
    return None


def _gave_up(batch: Batch, limits: Limits) -> str:
    if not batch.started:
        batch.end()
        raise NoShell(batch.noise or "nothing answered")
    return f"gave up after {limits.command_seconds + limits.grace_seconds:g} s"


def _explain_end(session: _Session) -> None:
    """The channel has ended before all answers came: no shell, a shell that was ended, or a lost connection."""
    if session.error is not None:
        raise session.error
    if not session.batch.started:
        session.batch.end()
        raise NoShell(session.batch.noise)
    raise asyncssh.ConnectionLost("the shell ended in the middle")
