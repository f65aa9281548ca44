"""A running lab: one world, its API server, its nodes' SSH servers, and the files clients need to reach them."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import shutil
import ssl
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cnitui.lab import cluster, scenarios
from cnitui.lab.api import pki
from cnitui.lab.api.access import accounts, write_kubeconfigs, write_tokens
from cnitui.lab.api.server import ApiServer
from cnitui.lab.clock import Clock
from cnitui.lab.controllers.daemonset import DaemonSetController
from cnitui.lab.controllers.ipam import IpamController
from cnitui.lab.controllers.jobs import JobController
from cnitui.lab.controllers.replicasets import ReplicaSetController
from cnitui.lab.controllers.scheduler import Scheduler
from cnitui.lab.shell.ssh_nodes import SshNodes
from cnitui.lab.world import KUBERNETES, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from cnitui.lab.api.faults import Faults
    from cnitui.lab.api.server import AuditEntry
    from cnitui.lab.faults.standing import StandingFaults
    from cnitui.lab.objects.store import Change


@dataclass(repr=False)  # asyncio writes the result of a finished task whenever a signal's handler is set
class Lab:
    """Everything a test or a demo needs; made by `Lab.start`."""

    scenario: str
    world: World
    directory: Path
    api: ApiServer
    ssh: SshNodes
    asked: str = ""
    """The name or number that it was started by."""
    controllers: list[DaemonSetController | ReplicaSetController | JobController | IpamController] = field(
        default_factory=list
    )

    @classmethod
    @contextlib.asynccontextmanager
    async def start(
        cls,
        scenario: str = scenarios.DEFAULT,
        *,
        speed: float = 1.0,
        nodes: int | None = None,
        seed: int | None = None,
        ssh: bool = True,
        kubernetes: str = KUBERNETES,
    ) -> AsyncIterator[Lab]:
        """Runs a scenario (or a mixture, `A+B:10`) until the block ends; ValueError for an unknown one.

        `speed` divides every wait (back-off, attempts, readiness); `seed` makes names and numbers repeat;
        without `ssh` the nodes' ports refuse. `kubernetes` is the release (`v1.31.0`) that is played where they differ.
        """
        chosen = scenarios.find(scenario)
        world = World(Clock(speed), random.Random(seed), kubernetes)  # noqa: S311 - names, not secrets
        cluster.build(world, chosen, 3 if nodes is None else nodes)
        directory = Path(tempfile.mkdtemp(prefix="cnitui-lab-"))
        lab = cls._assemble(chosen.name, world, directory)
        lab.asked = scenario
        try:
            await lab.open()
            if not ssh:
                for node in world.nodes:
                    lab.ssh.down(node)
            yield lab
        finally:
            await lab.close()

    @classmethod
    def _assemble(cls, name: str, world: World, directory: Path) -> Lab:
        ca = pki.authority()
        users = accounts(secrets.token_urlsafe)
        api = ApiServer(world, users, _tls(directory, ca))
        lab = cls(name, world, directory, api, SshNodes(world, directory))
        daemon_sets = DaemonSetController(world)
        addresses = IpamController(world)
        lab.controllers = [daemon_sets, ReplicaSetController(world), JobController(world), addresses]
        for part in (world, Scheduler(world), *lab.controllers):
            world.store.on_change(part.on_change)
        daemon_sets.sync_all()
        addresses.sync_all()
        lab._ca = ca
        return lab

    _ca: pki.Pair = field(init=False, repr=False)

    @cached_property
    def standing(self) -> StandingFaults:
        """The faults of the grammar (`lab/faults`): `await lab.standing.set("api stall")`; none ends all."""
        from cnitui.lab.faults.standing import StandingFaults

        return StandingFaults(self)

    async def open(self) -> None:
        """Listens and writes the files; `start` does it."""
        await self.api.start()
        write_kubeconfigs(self.directory, self.api_url, self._ca, self.api.users)
        self.ssh.start()

    async def close(self) -> None:
        """Stops everything and removes the files; `start` does it."""
        await self.standing.set()
        for controller in self.controllers:
            controller.stop()
        self.world.stop()
        cluster.release(self.world)
        await self.ssh.stop()
        await self.api.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def api_url(self) -> str:
        """https://127.0.0.1:PORT."""
        return f"https://127.0.0.1:{self.api.port}"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's; others lie beside it as NAME.kubeconfig."""
        return self.kubeconfig_of("admin")

    def kubeconfig_of(self, user: str) -> Path:
        """`admin`, `viewer`, `no-logs`, `nobody`, `token`, `token-expired`, `wrong-ca`, `plugin` or `token-file`."""
        return self.directory / f"{user}.kubeconfig"

    @property
    def ssh_config(self) -> Path:
        """For `ssh -F` and for the program's --ssh-config."""
        return self.directory / "ssh_config"

    @property
    def truth(self) -> dict[str, str]:
        """The scenario that each machine was prepared with."""
        return {name: node.scenario for name, node in self.world.nodes.items()}

    @property
    def faults(self) -> Faults:
        """What to break in the API."""
        return self.api.faults

    @property
    def audit(self) -> list[AuditEntry]:
        """Every write request so far, refused ones and dry runs included."""
        return self.api.audit

    async def stop_api(self) -> None:
        """The API server goes down; its port refuses."""
        await self.api.stop()

    async def start_api(self) -> None:
        """It comes back on the same port, with the same objects."""
        await self.api.start()

    def show_certificate(self, wrong: str = "") -> None:
        """The API server shows a new certificate, in order or `wrong` (see `pki.server`); connections are dropped."""
        _show(self.api.context, self.directory, pki.server(self._ca, wrong))
        self.api.connections.drop_all()

    def renew_tokens(self) -> None:
        """Tokens that clients hold are refused; those that fetch theirs anew (`plugin`, `token-file`) get on."""
        for user in self.api.users.values():
            user.token = secrets.token_urlsafe() if user.token else ""
        write_tokens(self.directory, self.api.users)

    async def until(self, fact: Callable[[], bool], within: float = 60.0) -> None:
        """Waits until `fact` holds, looking after every change in the store; TimeoutError after real seconds."""
        changed = asyncio.Event()

        def note(_change: Change) -> None:
            changed.set()

        self.world.store.on_change(note)
        try:
            async with asyncio.timeout(within):
                while not fact():
                    changed.clear()
                    await changed.wait()
        finally:
            self.world.store.ignore(note)

    def say(self, node: str, container: str, text: str) -> None:
        """Adds a line to the log of calico-node's container there: any text, however hostile."""
        for worker in self.world.workers.values():
            if worker.node.name == node and (found := worker.find(container)) is not None:
                attempt = found.current or found.last
                if attempt is not None:
                    attempt.log.append(self.world.clock.now(), text)

    def summary(self) -> str:
        """What a user wants to know at the start, and not what is wrong."""
        described = scenarios.find(self.asked)
        names = ", ".join(self.world.nodes) if len(self.world.nodes) <= 5 else f"{len(self.world.nodes)} nodes"
        return f"{self.asked}: {described.seen} ({names})"


def _tls(directory: Path, ca: pki.Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _show(context, directory, pki.server(ca))
    context.load_verify_locations(cadata=ca.certificate_pem.decode())
    context.verify_mode = ssl.CERT_OPTIONAL
    context.set_alpn_protocols(["http/1.1"])
    return context


def _show(context: ssl.SSLContext, directory: Path, pair: pki.Pair) -> None:
    """Handshakes from now on show this certificate."""
    chain = directory / "apiserver.pem"
    chain.touch(mode=0o600)
    chain.write_bytes(pair.certificate_pem + pair.key_pem)
    context.load_cert_chain(chain)
