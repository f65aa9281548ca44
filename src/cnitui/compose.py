"""The composition root: alone chooses real cluster, lab or replay, and opens what a session works with.

What is slow to import is imported in a daemon thread: the Kubernetes client when a session is opened, which is after
the first paint, the SSH client when the first node is read. A quit does not wait for either.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

from cnitui.clock import SystemClock
from cnitui.errors import UsageError
from cnitui.settings import Settings, checked

if TYPE_CHECKING:  # nothing of these is needed for the first frame
    from collections.abc import Callable
    from pathlib import Path

    from cnitui.domain.evidence import CaseFile
    from cnitui.domain.exchange import NamedContext
    from cnitui.domain.recording import Recording
    from cnitui.engine import ports
    from cnitui.engine.contexts import Where
    from cnitui.engine.ports import NodeShell, NodeWriter
    from cnitui.engine.services import Opening, Services
    from cnitui.gateways.kubernetes.cluster import KubernetesCluster
    from cnitui.lab_process import LabProcess

CLOSE_WITHIN = 0.3
"""Seconds that closing connections may take before we leave them to the kernel."""


def opening(settings: Settings) -> Opening:
    """What a session calls to get its services."""

    async def opened() -> Services:
        try:
            await _import_client()
            return open_services(settings)
        finally:
            collect_garbage()

    return opened


def sitting_opening(settings: Settings) -> Opening:
    """The same for the screens: how far the sitting came is kept, so that a later one may go on."""

    async def opened() -> Services:
        services = await opening(settings)()
        if settings.onlookers:
            return services
        from cnitui.gateways.investigations import InvestigationShelf

        return replace(services, investigations=InvestigationShelf(settings.state_dir))

    return opened


def lab_opening(settings: Settings, lab: LabProcess) -> Opening:
    """The same on a lab, which is waited for first; it ends with the sitting, so nothing is kept of it."""

    async def opened() -> Services:
        kubeconfig, ssh_config = await lab.answers()
        return await opening(replace(settings, kubeconfig=(kubeconfig,), ssh_config=ssh_config))()

    return opened


class KubeconfigContexts:
    """Implements `engine.contexts.Contexts` on the kubeconfig that the settings name, or on the lab's."""

    def __init__(self, settings: Settings, lab: LabProcess | None = None) -> None:
        self._settings, self._lab = settings, lab

    @property
    def start(self) -> Where:
        """As the settings say; a lab has a context of its own."""
        from cnitui.engine.contexts import Where

        return Where("" if self._lab else self._settings.context, self._settings.namespace)

    async def known(self) -> tuple[NamedContext, ...]:
        """All contexts of the files as they are now; raises KubeconfigError."""
        from cnitui.background import in_daemon_thread
        from cnitui.gateways.kubernetes.kubeconfig import named_contexts

        files = self._settings.kubeconfig if self._lab is None else (await self._lab.answers())[:1]
        protected = self._settings.readonly_contexts
        found = await in_daemon_thread(lambda: named_contexts(files))
        return tuple(replace(one, readonly=self._settings.readonly or one.name in protected) for one in found)

    def opening(self, where: Where) -> Opening:
        """What opens a sitting there; raises UsageError."""
        settings = checked(replace(self._settings, context=where.context, namespace=where.namespace))
        return sitting_opening(settings) if self._lab is None else lab_opening(settings, self._lab)


def command_history(settings: Settings) -> ports.History:
    """What was typed behind `:`, kept in the state folder."""
    from cnitui.gateways.history import CommandHistory

    return CommandHistory(settings.state_dir)


def collect_garbage() -> None:
    """From now on; the start goes without, because nothing of what it imports is ever garbage (`cli.main`)."""
    if not gc.isenabled():  # once: frozen later, garbage would stay for ever in a process that opens again and again
        gc.freeze()
        gc.enable()


async def _import_client() -> None:
    from cnitui.background import in_daemon_thread

    await in_daemon_thread(lambda: import_module("cnitui.gateways.kubernetes.cluster"))


def open_services(settings: Settings) -> Services:
    """The real gateways, not connected yet."""
    from cnitui.engine.jobs.shell import JobShell
    from cnitui.engine.repair.workbench import Workbench
    from cnitui.engine.services import Services
    from cnitui.gateways.bundle import Bundles
    from cnitui.gateways.documents import dump_yaml
    from cnitui.gateways.journal import FileJournal

    cluster = _cluster(settings)
    journal, clock = FileJournal(settings.state_dir), SystemClock()
    bench = Workbench(cluster, journal, clock, dump_yaml, settings.readonly)
    shell = JobShell(bench) if settings.node_access == "pod" else _node_shell(settings)

    async def close() -> None:
        closing = [cluster.close()] + ([shell.close()] if shell is not None else [])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN):
                await asyncio.gather(*closing, return_exceptions=True)

    return Services(
        cluster,
        shell,
        journal,
        clock,
        engine_settings(settings),
        dump_yaml,
        close,
        None if settings.onlookers else Bundles(settings.state_dir),
        writer=_node_writer(shell, settings),
    )


def _cluster(settings: Settings) -> KubernetesCluster:
    from cnitui.gateways.kubernetes.cluster import KubernetesCluster

    return KubernetesCluster(
        settings.kubeconfig,
        context=settings.context,
        namespace=settings.namespace,
        impersonate=settings.impersonate,
        timeout=settings.request_timeout,
        readonly=settings.readonly,
        readonly_contexts=settings.readonly_contexts,
    )


@contextlib.asynccontextmanager
async def objects_api(settings: Settings) -> AsyncIterator[ports.ObjectsApi]:
    """The API as objects of whatever kind, for a command that only reads; closed at the end."""
    await _import_client()
    cluster = _cluster(settings)
    try:
        yield cluster
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN):
                await cluster.close()


def case_opening(path: Path, settings: Settings, told: Callable[[str], None] | None = None) -> Opening:
    """What a session calls to get services that answer from a case file; raises UsageError and ConfigurationError.

    `told` hears how far opening the file is.
    """
    found = open_case(path, settings, told)

    async def opened() -> Services:
        collect_garbage()
        return replace(found, files=None) if settings.onlookers else found

    return opened


def open_case(path: Path, settings: Settings, told: Callable[[str], None] | None = None) -> Services:
    """Services that answer from a case file."""
    from cnitui.engine.cases.replay import replayed
    from cnitui.gateways.archive import is_bundle
    from cnitui.gateways.bundle import Bundles, read_bundle
    from cnitui.gateways.documents import dump_yaml

    files = Bundles(settings.state_dir)
    if path.is_file() and not is_bundle(path):
        return replace(replayed(_nothing_asked(path), files, dump_yaml, path.name), given=_given(path))
    return replayed(read_bundle(path, told), files, dump_yaml, path.name)


def _given(path: Path) -> CaseFile:
    """The facts in what somebody recorded as YAML; raises UsageError when there is nothing to show."""
    from cnitui.domain.diagnosis import diagnose
    from cnitui.gateways.casefile import read_case

    given = read_case(path)
    if diagnose(given).status == "undetermined":
        raise UsageError(
            f"{path}: no pod, log or event of Calico is in it", "`cnitui diagnose --case` says what to add."
        )
    return given


def _nothing_asked(path: Path) -> Recording:
    """A recording without answers, of the time at which the file was last written."""
    from cnitui.domain.recording import Recording

    return Recording(datetime.fromtimestamp(path.stat().st_mtime, UTC), "", node_access="none")


def engine_settings(settings: Settings) -> ports.Settings:
    """The part of the settings the engine obeys."""
    from cnitui.engine import ports

    return ports.Settings(
        namespace=settings.namespace,
        node_access=settings.node_access,
        readonly=settings.readonly,
        request_timeout=settings.request_timeout,
        test_pod_image=settings.test_pod_image,
    )


def _node_shell(settings: Settings) -> NodeShell | None:
    if settings.node_access == "none":
        return None
    from cnitui.gateways.ssh.later import LaterShell
    from cnitui.gateways.ssh.login import SshLogin

    login = SshLogin(str(settings.ssh_config or ""), settings.ssh_user, str(settings.ssh_key or ""))
    hosts = {**settings.node_hosts, **dict(settings.node_patterns)}
    return LaterShell(settings.state_dir / "known_hosts", login, hosts)


def _node_writer(shell: NodeShell | None, settings: Settings) -> NodeWriter | None:
    """The way that changes nodes is the one that reads them; read-only there is none."""
    from cnitui.engine.jobs.shell import JobShell
    from cnitui.engine.jobs.writer import JobWriter
    from cnitui.gateways.ssh.later import LaterShell, LaterWriter

    if settings.readonly:
        return None
    if isinstance(shell, JobShell):
        return JobWriter(shell)
    return LaterWriter(shell) if isinstance(shell, LaterShell) else None


@contextlib.asynccontextmanager
async def services(settings: Settings) -> AsyncIterator[Services]:
    """Opened services for a command without screens; closed at the end."""
    opened = await opening(settings)()
    try:
        yield opened
    finally:
        await opened.close()
