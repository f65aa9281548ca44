"""One SSH server per node, keys made at the start, and the ssh_config that leads to them.

Each server has its own host key, all of them accept one user key.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnitui.lab.api.pki import Key
from cnitui.lab.shell.ssh_process import USER, SshFault, answer

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    import asyncssh

    from cnitui.lab.machine.node import Node
    from cnitui.lab.world import World


@dataclass
class _Server:
    node: Node
    key: Key
    first_key: Key
    fault: SshFault = field(default_factory=SshFault)
    listener: socket.socket | None = None
    port: int = 0
    commands: list[str] = field(default_factory=list)
    connections: set[asyncssh.SSHServerConnection] = field(default_factory=set)
    dead: set[asyncssh.SSHServerConnection] = field(default_factory=set)
    """Connections over which nothing comes any more."""
    silent: list[socket.socket] = field(default_factory=list)
    options: asyncssh.SSHServerConnectionOptions | None = None


class SshNodes:
    """The servers of one lab.

    The ports are open at once; asyncssh is imported in a thread meanwhile, and a connection waits for it.
    """

    def __init__(self, world: World, directory: Path) -> None:
        self._world = world
        self._directory = directory
        self._servers: dict[str, _Server] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._user = Key.generate()
        self._loaded: asyncio.Future[ModuleType] | None = None

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

    def start(self) -> None:
        """Makes keys, listens on free loopback ports, writes the files; needs a running loop."""
        self.identity.touch(mode=0o600)
        self.identity.write_text(self._user.private)
        self.identity.with_suffix(".pub").write_text(self._user.public + "\n")
        for node in self._world.nodes.values():
            key = Key.generate()
            server = self._servers[node.name] = _Server(node, key, key)
            self._listen(server)
        self._write()
        loop = asyncio.get_running_loop()
        self._loaded = loop.run_in_executor(None, importlib.import_module, "asyncssh")

    def _listen(self, server: _Server) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setblocking(False)
        listener.bind(("127.0.0.1", server.port))
        listener.listen(128)
        server.listener, server.port = listener, listener.getsockname()[1]
        asyncio.get_running_loop().add_reader(listener.fileno(), self._accept, server, listener)

    def _accept(self, server: _Server, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        if server.fault.refuse:
            connection.close()
        elif server.fault.hang:
            server.silent.append(connection)
        else:
            task = asyncio.create_task(self._serve(server, connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, server: _Server, connection: socket.socket) -> None:
        assert self._loaded is not None
        await asyncio.shield(self._loaded)
        import asyncssh

        from cnitui.lab.shell.sftp import NodeFiles

        def files(channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
            user = channel.get_extra_info("username") or USER
            return NodeFiles(channel, self._world, server.node, user)

        server.options = server.options or asyncssh.SSHServerConnectionOptions(
            server_factory=lambda: _connection(server),
            server_host_keys=[asyncssh.import_private_key(server.key.private)],
            authorized_client_keys=asyncssh.import_authorized_keys(self._user.public),
            sftp_factory=files,
            allow_scp=True,
            process_factory=lambda process: self._process(server, process),
            kex_algs=["curve25519-sha256", "curve25519-sha256@libssh.org"],
            encryption_algs=["aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-ctr"],
            server_version="OpenSSH_8.7",
            encoding=None,
            gss_host=None,
            line_editor=False,
        )
        with contextlib.suppress(asyncssh.Error, OSError):
            await asyncssh.run_server(connection, options=server.options)

    def _write(self) -> None:
        hosts, config = [], []
        for server in self._servers.values():
            hosts.append(f"[127.0.0.1]:{server.port} {server.key.public}\n")
            config.append(
                f"Host {server.node.name}\n  HostName 127.0.0.1\n  Port {server.port}\n  User {USER}\n"
                f"  IdentityFile {self.identity}\n  IdentitiesOnly yes\n  UserKnownHostsFile {self.known_hosts}\n"
                "  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n  LogLevel ERROR\n\n"
            )
        self.known_hosts.write_text("".join(hosts))
        self.config.write_text("".join(config))

    def change_host_key(self, node: str) -> None:
        """The node has another host key from now on: clients that check must refuse it."""
        server = self._servers[node]
        server.key, server.options = Key.generate(), None

    def restore_host_key(self, node: str) -> None:
        """It has its first one again."""
        server = self._servers[node]
        server.key, server.options = server.first_key, None

    def forget_host_key(self, node: str) -> None:
        """Takes the node out of known_hosts: an unknown host."""
        mark = f"[127.0.0.1]:{self._servers[node].port} "
        lines = self.known_hosts.read_text().split("\n")
        self.known_hosts.write_text("\n".join(line for line in lines if not line.startswith(mark)))

    def down(self, node: str) -> None:
        """Stops listening and drops what is connected: the kernel refuses connections."""
        self._close(self._servers[node])

    def up(self, node: str) -> None:
        """Listens again, on the same port with the same key."""
        if self._servers[node].listener is None:
            self._listen(self._servers[node])

    def drop(self, node: str) -> None:
        """Drops what is connected; the port goes on listening."""
        for connection in list(self._servers[node].connections):
            connection.abort()

    def go_dead(self, node: str) -> None:
        """What is connected stays open and nothing comes over it any more, as behind a firewall that forgot it."""
        server = self._servers[node]
        for connection in server.connections - server.dead:
            _stop_listening(connection)
        server.dead |= server.connections

    def reset_dead(self, node: str) -> None:
        """What became of those connections is told: they are dropped, and those that waited for a greeting."""
        server = self._servers[node]
        for connection in list(server.dead):
            connection.abort()
        self._hang_up(server)

    async def stop(self) -> None:
        """Closes everything."""
        for server in self._servers.values():
            self._close(server)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._loaded is not None:
            await self._loaded

    def _close(self, server: _Server) -> None:
        if server.listener is not None:
            asyncio.get_running_loop().remove_reader(server.listener.fileno())
            server.listener.close()
            server.listener = None
        for connection in list(server.connections):
            connection.abort()
        self._hang_up(server)

    def _hang_up(self, server: _Server) -> None:
        for silent in server.silent:
            silent.close()
        server.silent.clear()

    async def _process(self, server: _Server, process: asyncssh.SSHServerProcess[bytes]) -> None:
        server.commands.append(process.command or "")
        node = server.node
        if server.fault.lie == "other":
            others = list(self._world.nodes.values())
            node = others[(others.index(node) + 1) % len(others)]
        await answer(self._world, node, server.fault, process)


def _connection(server: _Server) -> asyncssh.SSHServer:
    import asyncssh

    class Connection(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            self._connection = conn
            server.connections.add(conn)

        def connection_lost(self, exc: Exception | None) -> None:
            server.connections.discard(self._connection)
            server.dead.discard(self._connection)

    return Connection()


def _stop_listening(connection: asyncssh.SSHServerConnection) -> None:
    transport = connection._transport  # noqa: SLF001 - asyncssh has no other way to it; None while it closes
    if transport is not None:
        transport.pause_reading()
