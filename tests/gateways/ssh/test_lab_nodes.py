"""The probe over the gateway against the lab's nodes: what the whole way yields."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from cnitui.domain.evidence import CaseFile
from cnitui.domain.exchange import NodeCommand
from cnitui.domain.facts import (
    ApiReach,
    AvcDenials,
    CniDirectories,
    ContainerLabel,
    NodeStatus,
    SelinuxMode,
    ServiceRules,
)
from cnitui.engine.probes.node import probe_node
from cnitui.engine.probes.node_commands import NodeProbeRequest
from cnitui.errors import HostKeyChanged, NodeUnreachable
from cnitui.gateways.ssh.login import SshLogin
from cnitui.gateways.ssh.shell import SshNodeShell
from cnitui.lab import Lab

REQUEST = NodeProbeRequest(service="10.96.0.1:443", endpoint="10.240.0.11:6443")
WORKER = NodeStatus("worker-01")
ECHO = NodeCommand("echo", ("echo", "hello"))


class Now:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start("selinux-denial") as lab:
        yield lab


@pytest.fixture
async def shell(lab: Lab) -> AsyncIterator[SshNodeShell]:
    shell = SshNodeShell(lab.directory / "own_known_hosts", SshLogin(config=str(lab.ssh_config)))
    yield shell
    await shell.close()


async def probed(shell: SshNodeShell, node: NodeStatus) -> CaseFile:
    return CaseFile().with_readings(await probe_node(shell, node, REQUEST, Now()))


async def test_every_fact_of_a_failing_worker_is_observed(shell: SshNodeShell) -> None:
    case = await probed(shell, WORKER)
    assert not list(case.unavailable())
    mode = case.value(SelinuxMode, "worker-01")
    assert mode is not None
    assert mode.current == mode.configured == "Enforcing"
    directories = case.value(CniDirectories, "worker-01")
    assert directories is not None
    label = directories.directories["/opt/cni/bin"].label
    assert label is not None
    assert label.type == "bin_t"
    denials = case.value(AvcDenials, "worker-01")
    assert denials is not None
    assert denials.records[-1].summary == "container_t → bin_t dir { write }"
    assert denials.records[-1].enforced
    container = case.value(ContainerLabel, "worker-01")
    assert container is not None
    assert container.labelling is True
    assert container.label is not None
    assert container.label.type == "container_t"
    reach = case.value(ApiReach, "worker-01")
    assert reach is not None
    assert reach.service is not None
    assert reach.service.outcome == "answered"
    rules = case.value(ServiceRules, "worker-01")
    assert rules is not None
    assert rules.programmed is True


async def test_the_control_plane_differs_where_the_lab_says_so(shell: SshNodeShell) -> None:
    case = await probed(shell, NodeStatus("master-01"))
    assert case.value(AvcDenials, "master-01") == AvcDenials((), "audit")
    container = case.value(ContainerLabel, "master-01")
    assert container is not None
    assert (container.labelling, container.label) == (False, None)


async def test_a_changed_host_key_is_refused_and_a_dead_node_is_only_unavailable(lab: Lab, shell: SshNodeShell) -> None:
    lab.ssh.change_host_key("worker-01")
    with pytest.raises(HostKeyChanged):
        await shell.run(WORKER, [ECHO])
    lab.ssh.down("worker-02")
    case = await probed(shell, NodeStatus("worker-02"))
    assert len(list(case.unavailable())) == len(case)
    with pytest.raises(NodeUnreachable):
        await shell.run(NodeStatus("worker-02"), [ECHO])
