"""Real SSH servers on loopback, well-behaved and hostile, each with state of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from cnitui.domain.facts import NodeStatus
from cnitui.gateways.ssh.login import SshLogin
from cnitui.gateways.ssh.session import Limits
from cnitui.gateways.ssh.shell import SshNodeShell

Process = asyncssh.SSHServerProcess[bytes]
Handler = Callable[[Process], Coroutine[None, None, None]]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def run_locally(process: Process, *argv: str, path: str = "", prelude: bytes = b"") -> None:
    """What sshd does: start a program and join its streams with the channel's; `prelude` comes before its input.

    The program and its children are killed when the session goes away.
    """
    child = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"]},
        start_new_session=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    try:
        child.stdin.write(prelude + await process.stdin.read())
        child.stdin.close()
        async with asyncio.TaskGroup() as pumps:
            pumps.create_task(_pump(child.stdout, process.stdout))
            pumps.create_task(_pump(child.stderr, process.stderr))
        process.exit(await child.wait())
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        pipes: asyncio.SubprocessTransport = vars(child)["_transport"]
        pipes.close()  # a child of timeout(1) is in a group of its own and may hold them open
        await child.wait()


async def _pump(source: asyncio.StreamReader, target: asyncssh.SSHWriter[bytes]) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()


async def login_shell(process: Process) -> None:
    """A login shell that hands the command to sh, as bash does."""
    await run_locally(process, "sh", "-c", process.command or "")


@dataclass
class Host:
    """A server's port, its key, and what it saw."""

    port: int
    key: asyncssh.SSHKey
    users: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)

    @property
    def logins(self) -> int:
        """How many logins were begun."""
        return len(self.users)

    @property
    def known_hosts_line(self) -> str:
        return f"[127.0.0.1]:{self.port} {self.key.export_public_key('openssh').decode().strip()}\n"


@asynccontextmanager
async def ssh_host(
    user_key: asyncssh.SSHKey,
    handler: Handler = login_shell,
    key: asyncssh.SSHKey | None = None,
    *,
    forwards: bool = False,
    deaf: bool = False,
) -> AsyncIterator[Host]:
    """An SSH server that lets `user_key` in as user `ops` and hands every exec request to `handler`.

    A `deaf` one hears nothing after the login.
    """
    host_key = key or asyncssh.generate_private_key("ssh-ed25519")
    host = Host(0, host_key)
    handlers: list[asyncio.Task[None]] = []

    class Server(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            host.connections.append(conn)

        def begin_auth(self, username: str) -> bool:
            host.users.append(username)
            return True

        def auth_completed(self) -> None:
            if deaf:
                vars(host.connections[-1])["_transport"].pause_reading()

        def connection_requested(self, *_: object) -> bool:
            return forwards

    async def handle(process: Process) -> None:
        host.commands.append(process.command or "")
        task = asyncio.create_task(handler(process))
        handlers.append(task)
        await asyncio.wait([task])

    acceptor = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=Server,
        server_host_keys=[host_key],
        authorized_client_keys=asyncssh.import_authorized_keys(user_key.export_public_key("openssh").decode()),
        process_factory=handle,
        encoding=None,
        config=None,
    )
    host.port = acceptor.get_port()
    try:
        yield host
    finally:
        acceptor.close()
        for connection in host.connections:
            connection.abort()
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        await acceptor.wait_closed()


def jump_host(user_key: asyncssh.SSHKey) -> AbstractAsyncContextManager[Host]:
    """A bastion: it opens connections onward."""
    return ssh_host(user_key, forwards=True)


@asynccontextmanager
async def raw_host(talk: Talk) -> AsyncIterator[int]:
    """A TCP server that is no SSH server, or none that ends what it begins; answers its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


class Home:
    """A user's ~/.ssh in a temporary folder: key, configuration, known_hosts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.key_file = folder / "id_test"
        self.config = folder / "config"
        self.known_hosts = folder / "known_hosts"
        self.own_known_hosts = folder / "state" / "known_hosts"
        self.key_file.write_bytes(self.key.export_private_key("openssh"))
        self.known_hosts.write_text("")
        self.config.write_text("")

    def add(self, name: str, port: int, *lines: str, known: Host | None = None) -> NodeStatus:
        """A Host block for a node, and its key in known_hosts."""
        block = [
            f"Host {name}",
            "HostName 127.0.0.1",
            f"Port {port}",
            "User ops",
            f"IdentityFile {self.key_file}",
            "IdentitiesOnly yes",
            f"UserKnownHostsFile {self.known_hosts}",
            *lines,
        ]
        self.config.write_text(self.config.read_text() + "\n  ".join(block) + "\n")
        if known is not None:
            self.known_hosts.write_text(self.known_hosts.read_text() + known.known_hosts_line)
        return NodeStatus(name)

    @asynccontextmanager
    async def shell(
        self, *, limits: Limits | None = None, connect_timeout: float = 10.0, login: SshLogin | None = None
    ) -> AsyncIterator[SshNodeShell]:
        """Our gateway with this home, closed at the end."""
        shell = SshNodeShell(
            self.own_known_hosts,
            login or SshLogin(config=str(self.config)),
            connect_timeout=connect_timeout,
            limits=limits,
        )
        try:
            yield shell
        finally:
            await shell.close()
