"""States of a sitting, made by hand: the founding incident and what may go wrong around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import CaseFile, Observed, Source, Unavailable
from cnitui.domain.facts import (
    Attempt,
    AttemptLogs,
    AvcDenials,
    ContainerLabel,
    ContainerSecurity,
    ContainerSpec,
    ContainerStatus,
    DaemonSetStatus,
    Event,
    InstallCni,
    LogLine,
    NodeStatus,
    PodEvents,
    PodStatus,
    Run,
    SelinuxMode,
)
from cnitui.domain.finding import Diagnosis, Evidence, Finding, Judgement, NextEvidence, Verdict
from cnitui.domain.remedies import Advice
from cnitui.domain.selinux import Avc, Label
from cnitui.engine.guide import guide
from cnitui.engine.guide.blocks import Block, Grid, Item, StepView
from cnitui.engine.ports import Connection
from cnitui.engine.repair.outlook import Option, Outlook
from cnitui.engine.repair.state import RepairState
from cnitui.engine.state import Look, State
from cnitui.engine.watching.link import Link
from cnitui.engine.watching.roster import Roster
from cnitui.errors import NodeUnreachable

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WORKERS = ("worker-01", "worker-02")
FATAL = "[FATAL][1] cni-installer/<nil> <nil>: found no writeable directory, exiting"
"""As Calico v3.27.0 prints it (projectcalico/calico cni-plugin/pkg/install/install.go@v3.27.0)."""
FAILED = Run("c1", NOON - timedelta(seconds=61), NOON - timedelta(seconds=60), exit_code=1, reason="Error")
DENIAL = Avc(
    ("write",),
    "install",
    Label("system_u", "system_r", "container_t", "s0:c1,c2"),
    Label("system_u", "object_r", "bin_t", "s0"),
    "dir",
    permissive=False,
    raw="type=AVC msg=audit(…): avc:  denied  { write } …",
    time=NOON - timedelta(seconds=60, milliseconds=500),
)


def pod(node: str, *, failing: bool = True, ready: bool = True) -> PodStatus:
    """The calico-node pod of a node: its install-cni fails, or it runs."""
    install = ContainerStatus("install-cni", init=True, state="terminated", current=Run("c0", NOON, NOON, exit_code=0))
    if failing:
        install = replace(install, state="waiting", waiting_reason="CrashLoopBackOff", current=None, last=FAILED)
        install = replace(install, restart_count=3)
    spec = ContainerSpec("install-cni", 1, init=True, image="calico/cni:v3.27.0", security=ContainerSecurity())
    return PodStatus(
        "kube-system", f"calico-node-{node}", f"uid-{node}", node,
        "Init:CrashLoopBackOff" if failing else "Running",
        ready=int(ready and not failing), total=1, restarts=3 if failing else 0,
        created_at=NOON - timedelta(hours=17), app_label="calico-node", owner="DaemonSet/calico-node",
        containers=(install,), specs=(spec,),
    )  # fmt: skip


def machine(name: str) -> NodeStatus:
    """The node; masters carry the control plane."""
    master = name.startswith("master")
    return NodeStatus(
        name,
        roles=("control-plane",) if master else (),
        ready="True" if master else "False",
        ready_reason="KubeletReady" if master else "KubeletNotReady",
        ready_since=NOON - timedelta(hours=17),
    )


def facts_of(node: str, *facts: object) -> Iterator[tuple[type[object], str, Observed[object]]]:
    """Readings of these facts about the node."""
    for fact in facts:
        yield type(fact), node, Observed(fact, Source(f"look at {node}", node, NOON))


def observed(case: CaseFile, node: str, *facts: object) -> CaseFile:
    """The case with these facts about the node."""
    return case.with_readings(facts_of(node, *facts))


def cluster(failing: Sequence[str] = WORKERS, healthy: Sequence[str] = ("master-01",)) -> State:
    """What the watches alone tell: pods and nodes; nothing was read or judged yet."""
    pods = (*(pod(node, failing=False) for node in healthy), *(pod(node) for node in failing))
    nodes = tuple(machine(node) for node in (*healthy, *failing))
    install = InstallCni("install-cni", "calico/cni:v3.27.0", ContainerSecurity())
    case = CaseFile().with_readings(
        reading for found in pods for reading in facts_of(found.node, found, machine(found.node), install)
    )
    daemonset = DaemonSetStatus("kube-system", "calico-node", generation=3)
    case = case.with_observed(daemonset, Source("kubectl get ds"))
    return State(
        connection=Connection("prod-eu", "https://10.0.0.1:6443"),
        pods_link=Link("live"), nodes_link=Link("live"), roster=Roster.of(pods, nodes), daemonsets=(daemonset,),
        case=case, reference=healthy[0] if healthy else "",
    )  # fmt: skip


def with_pods(state: State, *pods: PodStatus) -> State:
    """The state with these pods instead of its own."""
    return replace(state, roster=Roster.of(pods, state.nodes))


def with_nodes(state: State, *nodes: NodeStatus) -> State:
    """The state with these nodes instead of its own."""
    return replace(state, roster=Roster.of(state.pods, nodes))


def judged(state: State) -> State:
    """The state once everything was read and judged."""
    return replace(state, diagnosis=diagnose(state.case), settled=True)


def _told(found: PodStatus) -> Iterator[tuple[type[object], str, Observed[object]]]:
    fails = found.failing is not None
    label = Label("system_u", "system_r", "container_t", "s0:c1,c2") if fails else None
    yield from facts_of(found.node, SelinuxMode("Enforcing", "Enforcing"), ContainerLabel(label, known=True))
    yield from facts_of(found.node, AvcDenials((DENIAL,) if fails else ()))
    if fails:
        line = LogLine(FATAL, 1, FAILED.finished_at)
        event = Event("Warning", "BackOff", "Back-off restarting failed container", count=9, last_at=NOON)
        logs = AttemptLogs("install-cni", (Attempt(FAILED, (line,)),), found.name)
        yield from facts_of(found.node, logs, PodEvents((event,)))


def read(state: State) -> State:
    """The state with what the nodes and logs of the founding incident tell."""
    case = state.case.with_readings(reading for found in state.pods for reading in _told(found))
    looks = tuple((found.node, Look("done", NOON)) for found in state.pods)
    return replace(state, case=case, looks=looks)


def incident() -> State:
    """The founding incident, read and judged."""
    return judged(read(cluster()))


def unreachable(state: State, *nodes: str) -> State:
    """These nodes do not answer on SSH."""
    facts: tuple[type[object], ...] = (SelinuxMode, AvcDenials, ContainerLabel)
    case = state.case.with_readings(
        (fact, node, Unavailable(f"{node} does not answer on port 22", Source(f"ssh {node}", node)))
        for node in nodes
        for fact in facts
    )
    error = {node: Look("failed", NOON, NodeUnreachable(f"{node} does not answer", "Check port 22.")) for node in nodes}
    looks = tuple(sorted({**dict(state.looks), **error}.items()))
    return replace(state, case=case, looks=looks)


def finding(cause: str, verdict: Verdict, *nodes: str, because: str = "the evidence says so") -> Finding:
    """A finding with one piece of evidence for it and one against."""
    judgement = Judgement(
        verdict, because, (Evidence("kubectl logs", "a line for"),), (Evidence("df", "a line against"),)
    )
    return Finding(cause, f"title of {cause}", judgement, nodes)


def found(state: State, *findings: Finding, ask: Sequence[NextEvidence] = ()) -> State:
    """The state with this diagnosis."""
    diagnosis = Diagnosis("failing", findings, tuple(ask), failing_nodes=tuple(pod.node for pod in state.failing))
    return replace(state, diagnosis=diagnosis, settled=True)


def offering(*options: Option, advice: tuple[Advice, ...] = (), **more: object) -> RepairState:
    """A repair in which these remedies were judged as they are given."""
    outlook = Outlook()
    outlook.__dict__.update(options=options, advice=advice)  # where a cached property keeps what it worked out
    return replace(RepairState(outlook=outlook), **more)  # type: ignore[arg-type]


def step(state: State, number: int) -> StepView:
    """One step of the guide in this state."""
    return guide(state)[number - 1]


def grid(view: StepView) -> Grid:
    """The step's table."""
    return next(block for block in view.blocks if isinstance(block, Grid))


def items(blocks: tuple[Block, ...]) -> list[str]:
    """The step's items, in order."""
    return [block.text for block in blocks if isinstance(block, Item)]
