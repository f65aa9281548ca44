"""One SSH server per node, keys made at the start, and the ssh_config that leads to them.

asyncssh is loaded only when a lab starts; each server has its own host key, all of them one user key.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnitui.lab.shell.commands import login_shell

if TYPE_CHECKING:
    from pathlib import Path

    import asyncssh

    from cnitui.lab.node import Node
    from cnitui.lab.world import World

USER = "vagrant"
ALGORITHM = "ssh-ed25519"


@dataclass
class SshFault:
    """What is wrong with one node's SSH right now; set fields, or `clear()`."""

    refuse: bool = False
    """Accept and close at once, before any greeting."""
    hang: bool = False
    """Accept and never say a word."""
    slow: float = 0.0
    """Real seconds before each command."""
    close: bool = False
    """Drop the connection when a command arrives."""
    banner: str = ""
    """Noise printed before each command's output, as profile scripts do."""
    truncate: int | None = None
    """Bytes of output after which the connection is dropped."""

    def clear(self) -> None:
        """All well."""
        self.refuse = self.hang = self.close = False
        self.slow, self.banner, self.truncate = 0.0, "", None


@dataclass
class _Server:
    node: Node
    key: asyncssh.SSHKey
    fault: SshFault = field(default_factory=SshFault)
    listener: asyncssh.SSHAcceptor | None = None
    port: int = 0
    commands: list[str] = field(default_factory=list)
    connections: set[asyncssh.SSHServerConnection] = field(default_factory=set)


class SshNodes:
    """The servers of one lab."""

    def __init__(self, world: World, directory: Path) -> None:
        self._world = world
        self._directory = directory
        self._servers: dict[str, _Server] = {}

    @property
    def identity(self) -> Path:
        """The user's private key."""
        return self._directory / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """All host keys."""
        return self._directory / "known_hosts"

    @property
    def config(self) -> Path:
        """The ssh_config."""
        return self._directory / "ssh_config"

    def port(self, node: str) -> int:
        """Where a node listens."""
        return self._servers[node].port

    def fault(self, node: str) -> SshFault:
        """What to break on one node."""
        return self._servers[node].fault

    def commands(self, node: str) -> list[str]:
        """Every command line the node was given."""
        return self._servers[node].commands

    async def start(self) -> None:
        """Makes keys, listens on free loopback ports, writes the files."""
        import asyncssh

        user = asyncssh.generate_private_key(ALGORITHM)
        self.identity.touch(mode=0o600)
        self.identity.write_bytes(user.export_private_key())
        self.identity.with_suffix(".pub").write_bytes(user.export_public_key())
        for node in self._world.nodes.values():
            server = _Server(node, asyncssh.generate_private_key(ALGORITHM))
            self._servers[node.name] = server
            await self._listen(server)
        self._write()

    async def _listen(self, server: _Server) -> None:
        import asyncssh

        public = self.identity.with_suffix(".pub")
        server.listener = await asyncssh.listen(
            "127.0.0.1",
            server.port,
            server_factory=lambda: _connection(server),
            server_host_keys=[server.key],
            authorized_client_keys=str(public),
            process_factory=lambda process: self._process(server, process),
            kex_algs=["curve25519-sha256", "curve25519-sha256@libssh.org"],
            encryption_algs=["aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-ctr"],
            server_version="OpenSSH_8.7",
            encoding=None,
            reuse_address=True,
            gss_host=None,
            line_editor=False,
        )
        server.port = server.listener.get_port()

    def _write(self) -> None:
        hosts, config = [], []
        for server in self._servers.values():
            public = server.key.export_public_key().decode().split()
            hosts.append(f"[127.0.0.1]:{server.port} {public[0]} {public[1]}\n")
            config.append(
                f"Host {server.node.name}\n  HostName 127.0.0.1\n  Port {server.port}\n  User {USER}\n"
                f"  IdentityFile {self.identity}\n  IdentitiesOnly yes\n  UserKnownHostsFile {self.known_hosts}\n"
                "  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n  LogLevel ERROR\n\n"
            )
        self.known_hosts.write_text("".join(hosts))
        self.config.write_text("".join(config))

    async def change_host_key(self, node: str) -> None:
        """The node comes back with another host key: clients that check must refuse it."""
        import asyncssh

        server = self._servers[node]
        await self._close(server)
        server.key = asyncssh.generate_private_key(ALGORITHM)
        await self._listen(server)

    def forget_host_key(self, node: str) -> None:
        """Takes the node out of known_hosts: an unknown host."""
        mark = f"[127.0.0.1]:{self._servers[node].port} "
        kept = [line for line in self.known_hosts.read_text().splitlines(keepends=True) if not line.startswith(mark)]
        self.known_hosts.write_text("".join(kept))

    async def down(self, node: str) -> None:
        """Stops listening: connections are refused by the kernel."""
        await self._close(self._servers[node])

    async def up(self, node: str) -> None:
        """Listens again, on the same port with the same key."""
        await self._listen(self._servers[node])

    async def stop(self) -> None:
        """Closes everything."""
        for server in self._servers.values():
            await self._close(server)

    async def _close(self, server: _Server) -> None:
        if server.listener is None:
            return
        server.listener.close()
        for connection in list(server.connections):
            connection.abort()
        await server.listener.wait_closed()
        server.listener = None

    async def _process(self, server: _Server, process: asyncssh.SSHServerProcess[bytes]) -> None:
        command = process.command or ""
        server.commands.append(command)
        fault = server.fault
        if fault.slow:
            await asyncio.sleep(fault.slow)
        if fault.close:
            process.channel.get_connection().abort()
            return
        sent = 0

        def write(stream: asyncssh.SSHWriter[bytes], text: str) -> None:
            nonlocal sent
            data = text.encode("utf-8", "surrogateescape")
            if fault.truncate is not None and sent + len(data) > fault.truncate:
                stream.write(data[: fault.truncate - sent])
                process.channel.get_connection().abort()
                return
            sent += len(data)
            stream.write(data)

        user = process.get_extra_info("username") or USER
        if fault.banner:
            write(process.stdout, fault.banner)
        with contextlib.suppress(BrokenPipeError, ConnectionError, asyncssh_error()):
            stdin = (await process.stdin.read()).decode("utf-8", "replace") if _reads_script(process.command) else ""
            if process.command is None:
                command, stdin = stdin, ""
            shell = login_shell(
                self._world,
                server.node,
                user,
                lambda t: write(process.stdout, t),
                lambda t: write(process.stderr, t),
                stdin,
            )
            process.exit(await shell.run(command))


def _reads_script(command: str | None) -> bool:
    """Whether standard input is a script; other commands must not wait for an input that may never end."""
    words = ["sh"] if command is None else command.split()
    return len(words) == 1 and words[0].rpartition("/")[2] in ("sh", "bash")


def asyncssh_error() -> type[Exception]:
    """asyncssh's base error, once it is loaded."""
    import asyncssh

    return asyncssh.Error


def _connection(server: _Server) -> asyncssh.SSHServer:
    import asyncssh

    class Connection(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            self._connection = conn
            server.connections.add(conn)
            if server.fault.refuse:
                conn.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            server.connections.discard(self._connection)

    return Connection()
