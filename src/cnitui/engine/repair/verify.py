"""The guide's four checks after a remedy, each live: pods, nodes, files on the nodes, and a test pod.

Verification asks the world again and asks nothing of the plan but what it expected. Of everything here only the test
pod is written to the cluster: it was named in the preview, and it is removed by its UID however this ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Literal

from cnitui.domain.evidence import Reading
from cnitui.domain.facts import CniFiles, NodeStatus
from cnitui.domain.listing import listed
from cnitui.domain.plan import Plan
from cnitui.domain.remedies.confinement import looks_new
from cnitui.domain.remedies.files import compare_files
from cnitui.engine.repair.preview import generation_of
from cnitui.engine.repair.rollout import (
    Patience,
    Rollout,
    Target,
    follow,
    mirrored,
    quiet_for,
    refusals_of,
    selector_of,
)
from cnitui.engine.repair.verification_pod import run_test_pod
from cnitui.engine.repair.workbench import VERIFICATION, Workbench, renewed_nodes, target_of
from cnitui.engine.watching.picture import Mirror
from cnitui.errors import ClusterError, StateError
from cnitui.late_dataclass import dataclass

CheckId = Literal["pods", "nodes", "files", "test-pod"]
CheckState = Literal["waiting", "running", "pass", "fail", "unknown"]
ReadFiles = Callable[[str], Awaitable[Reading[CniFiles]]]


@dataclass(frozen=True, slots=True)
class Check:
    """One check at one moment; `unknown` means that it could not be made, and `words` say why."""

    id: CheckId
    title: str
    state: CheckState = "waiting"
    words: str = ""
    details: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether it will change no more."""
        return self.state in ("pass", "fail", "unknown")

    @property
    def stopped(self) -> Check:
        """The same, if nobody waits for its end."""
        so_far = f": {self.words}" if self.words and self.state == "running" else ""
        return replace(self, state="unknown", words=f"you stopped it before its end{so_far}")


CHECKS: tuple[Check, ...] = (
    Check("pods", "calico-node runs on every node"),
    Check("nodes", "every node is Ready"),
    Check("files", "CNI binaries and configuration are in place"),
    Check("test-pod", "a test pod gets an address"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What to verify: the plan, the nodes it repaired, the node to compare with, and how files are read."""

    plan: Plan
    plan_id: str
    repaired: tuple[str, ...]
    reference: str = ""
    read_files: ReadFiles | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    """How long each check may take, in seconds."""

    pods: float = 300.0
    nodes: float = 60.0
    test_pod: float = 90.0
    hopeless: float = 5.0
    """For what follows a check that failed: it may still say something, but is not worth a long wait."""


WAITS = Waits()


async def verify(bench: Workbench, subject: Subject, waits: Waits = WAITS) -> AsyncGenerator[Check, None]:
    """The four checks in the guide's order, each state as it comes; every check ends in pass, fail or unknown.

    Raises nothing but cancellation; the test pod is removed then as well.
    """
    ended: list[Check] = []
    for check in CHECKS:
        yield replace(check, state="running")
        failed = any(done.state == "fail" for done in ended)
        last = check
        async with aclosing(_runner(check, bench, subject, _shorter(waits) if failed else waits)) as states:
            async for last in states:
                yield last
        ended.append(last)
    _keep(bench, subject, ended)


def _runner(check: Check, bench: Workbench, subject: Subject, waits: Waits) -> AsyncGenerator[Check, None]:
    if check.id == "pods":
        return _pods(check, bench, subject, waits)
    if check.id == "nodes":
        return _nodes(check, bench, waits)
    if check.id == "files":
        return _files(check, subject)
    return _test_pod(check, bench, subject, waits)


def _shorter(waits: Waits) -> Waits:
    return Waits(waits.hopeless, waits.hopeless, max(waits.hopeless, waits.test_pod / 3), waits.hopeless)


async def _pods(check: Check, bench: Workbench, subject: Subject, waits: Waits) -> AsyncGenerator[Check, None]:
    try:
        target = await _target(bench, subject.plan)
    except ClusterError as error:
        yield replace(check, state="unknown", words=str(error))
        return
    async with aclosing(follow(bench.api, bench.clock, target, Patience(stall=waits.pods))) as states:
        async for state in states:
            yield _pods_now(check, state)


def _pods_now(check: Check, state: Rollout) -> Check:
    details = tuple(f"{node.node}: {node.words}" for node in state.unfinished())
    words = f"{state.ready} of {len(state.nodes)} pods Running"
    if not state.outcome:
        return replace(check, state="running", words=words, details=details)
    if state.trouble and not state.nodes:
        return replace(check, state="unknown", words=str(state.trouble))
    return replace(check, state="pass" if state.outcome == "done" else "fail", words=words, details=details)


async def _target(bench: Workbench, plan: Plan) -> Target:
    ref = target_of(plan)
    daemonset = await bench.api.get(ref)
    return Target(
        ref.namespace,
        ref.name,
        selector_of(daemonset),
        generation_of(daemonset),
        looks_new(plan, daemonset),
        nodes=tuple(sorted({pod.node for pod in plan.restarts})),
        renewed=renewed_nodes(plan),
        known_refusals=await refusals_of(bench.api, ref.namespace, ref.name),
    )


async def _nodes(check: Check, bench: Workbench, waits: Waits) -> AsyncGenerator[Check, None]:
    nodes: Mirror[NodeStatus] = Mirror(lambda node: node.name)
    changed = asyncio.Event()
    deadline = bench.clock.now().timestamp() + waits.nodes
    async with mirrored(bench.api.watch_nodes(), nodes, bench.clock, changed):
        last = check
        while not last.ended:
            left = deadline - bench.clock.now().timestamp()
            await quiet_for(changed, bench.clock, max(0.0, min(left, 1.0)))
            changed.clear()
            state = _nodes_now(check, nodes, late=left <= 0)
            if state != last:
                yield state
            last = state


def _nodes_now(check: Check, nodes: Mirror[NodeStatus], *, late: bool) -> Check:
    trouble = nodes.link.error
    if not nodes.listed:
        refused = nodes.link.phase == "refused" or late
        why = str(trouble) if trouble else "the nodes could not be listed in time"
        return replace(check, state="unknown" if refused else "running", words=why if refused else "asking")
    bad = [node for node in nodes.items if node.ready != "True"]
    words = f"{len(nodes.items) - len(bad)} of {len(nodes.items)} nodes Ready"
    details = tuple(f"{node.name}: {node.ready_reason} {node.ready_message}".strip() for node in bad)
    if not bad:
        return replace(check, state="pass", words=words)
    return replace(check, state="fail" if late else "running", words=words, details=details)


async def _files(check: Check, subject: Subject) -> AsyncGenerator[Check, None]:
    if subject.read_files is None:
        yield replace(check, state="unknown", words="nodes are not read (--node-access none)")
        return
    names = tuple(dict.fromkeys((*subject.repaired, subject.reference)))
    names = tuple(name for name in names if name)
    yield replace(check, state="running", words=f"reading {listed(names)}")
    read = await asyncio.gather(*(subject.read_files(name) for name in names))
    readings = dict(zip(names, read, strict=True))
    reference = readings.pop(subject.reference, None) if subject.reference not in subject.repaired else None
    verdict = compare_files(readings, reference)
    state: CheckState = "fail" if verdict.missing else "unknown" if verdict.unread else "pass"
    yield replace(check, state=state, words=verdict.words, details=(*verdict.missing, *verdict.unread, *verdict.notes))


async def _test_pod(check: Check, bench: Workbench, subject: Subject, waits: Waits) -> AsyncGenerator[Check, None]:
    pod = subject.plan.test_pod
    if pod is None:
        yield replace(check, state="unknown", words="the plan names no test pod: no repaired node is known")
        return
    async with aclosing(run_test_pod(bench, pod, subject.plan_id, waits.test_pod)) as words:
        async for word in words:
            yield replace(check, state=word.state, words=word.words, details=word.details)


def _keep(bench: Workbench, subject: Subject, checks: list[Check]) -> None:
    document = [{"id": c.id, "state": c.state, "words": c.words, "details": list(c.details)} for c in checks]
    try:
        bench.journal.keep(subject.plan_id, VERIFICATION, {"at": bench.clock.now().isoformat(), "checks": document})
    except StateError:
        return
