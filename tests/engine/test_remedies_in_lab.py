"""Every remedy on the lab: the fault it mends, one it does not and is not offered for, and what undo brings back."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from cnitui.clock import SystemClock
from cnitui.domain.plan import ObjectRef
from cnitui.domain.remedies import REMEDIES
from cnitui.domain.remedies.cures import cures
from cnitui.engine.repair.apply import Confirmation
from cnitui.engine.repair.outlook import key_of
from cnitui.engine.session import Session
from cnitui.gateways.documents import dump_yaml, load_yaml
from cnitui.gateways.manifests import plan_edit
from cnitui.lab import Lab
from cnitui.lab.objects import resources as r
from cnitui.roles.calico_install_cni.filter_plugins.calico_install_cni import patch
from tests.engine.fake_sitting import running, until
from tests.engine.lab_case import connected

YES = Confirmation("kubernetes-admin@lab", "the lab is there to be repaired")
WHERE = (r.DAEMON_SETS, "kube-system", "calico-node")


@dataclass(frozen=True)
class ByHand:
    """What a person does with what the tool made or said, and how it is taken back."""

    do: Callable[[Lab], None]
    back: Callable[[Lab], None]


@dataclass(frozen=True)
class Shown:
    """`mends` is a scenario, "" for a remedy that mends nothing; `why` is what is said where it does not help.

    `undo` is how the undo is refused, "" where it brings the fault back.
    """

    mends: str
    not_mended: str
    why: str
    undo: str = ""
    by_hand: ByHand | None = None


def applied(edit: Callable[[str], str]) -> ByHand:
    """The manifest of the DaemonSet with an edit, as `kubectl apply` brings it in; taken back by the one before."""
    before: dict[int, Any] = {}

    def store(lab: Lab, spec: Any) -> None:
        lab.world.store.modify(*WHERE, lambda found: found.update(spec=spec))

    def do(lab: Lab) -> None:
        live = lab.world.store.get(*WHERE)
        before[id(lab)] = copy.deepcopy(live["spec"])
        identity = {"metadata": {"name": WHERE[2], "namespace": WHERE[1]}}
        manifest = {"apiVersion": "apps/v1", "kind": "DaemonSet", **identity, "spec": live["spec"]}
        edited: Any = load_yaml(edit(dump_yaml(manifest)), "manifest")
        store(lab, edited["spec"])

    return ByHand(do, lambda lab: store(lab, before.pop(id(lab))))


def domains(change: Callable[[set[str]], None]) -> Callable[[Lab], None]:
    """`semanage permissive` on every node."""

    def changed(lab: Lab) -> None:
        for node in lab.world.nodes.values():
            change(node.selinux.permissive_domains)

    return changed


RULED_OUT = "SELinux is ruled out"
SHOWN = {
    "patch-daemonset": Shown("selinux-denial", "read-only-filesystem", RULED_OUT),
    "selinux-type": Shown("selinux-dontaudit", "disk-full", RULED_OUT),
    "relabel": Shown("selinux-wrong-context", "immutable-directory", RULED_OUT),
    "patch-manifest": Shown(
        "selinux-net-d", "noexec-volume", RULED_OUT, by_hand=applied(lambda text: plan_edit(text).text)
    ),
    "ansible-role": Shown(
        "selinux-token",
        "no-route",
        RULED_OUT,
        by_hand=applied(lambda text: patch(text, "kube-system", "calico-node", "install-cni", "privileged")["text"]),
    ),
    "migrate-operator": Shown("", "selinux-denial", "it cures nothing by itself"),
    "permissive": Shown(
        "selinux-usr-t",
        "text-file-busy",
        "not recommended",
        by_hand=ByHand(
            domains(lambda found: found.add("container_t")), domains(lambda found: found.discard("container_t"))
        ),
    ),
    "create-rbac": Shown("missing-binding", "trimmed-role", "the rules of the ClusterRole are of another release"),
    "restart-kube-proxy": Shown(
        "flushed-rules",
        "kube-proxy-service-vip",
        "says that it cannot write its rules",
        undo="the deleted pods are replaced by new ones",
    ),
}


LOOKS = 0.2
"""Seconds; a shorter pause spares the processor, and would not if it were shorter still."""


class Hurried(SystemClock):
    """The time of day; pauses between two looks at a rollout are as short as the lab's."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds if seconds < LOOKS else seconds / 20)


@asynccontextmanager
async def judged(scenario: str, folder: Path) -> AsyncIterator[tuple[Lab, Session]]:
    """A session that has read everything."""
    async with Lab.start(scenario, speed=60, seed=7) as lab, connected(lab, folder) as (opened, _):
        session = Session(replace(opened, clock=Hurried()))
        async with running(session):
            await until(session, lambda state: state.settled and state.diagnosis and state.diagnosis.confident)
            yield lab, session


async def made_anew(session: Session, nodes: tuple[str, ...]) -> None:
    """`kubectl delete pod` of calico-node on these nodes."""
    for pod in session.state.pods:
        if pod.node in nodes:
            await session.cluster.delete(ObjectRef("", "v1", "pods", "Pod", pod.name, pod.namespace), uid=pod.uid)


def failing(session: Session) -> tuple[str, ...]:
    return tuple(sorted(pod.node for pod in session.state.failing))


@pytest.mark.parametrize("name", [name for name, shown in SHOWN.items() if shown.mends])
async def test_it_mends_its_fault_and_what_is_taken_back_breaks_again(name: str, tmp_path: Path) -> None:
    shown = SHOWN[name]
    async with judged(shown.mends, tmp_path) as (lab, session):
        sick = failing(session)
        assert sick
        if shown.by_hand is not None:
            shown.by_hand.do(lab)
            await made_anew(session, sick)
            await until(session, lambda state: state.rows and all(row.healthy for row in state.rows))
            shown.by_hand.back(lab)
        else:
            assert name in session.state.repair.outlook.previewable
            await session.choose_remedy(name)
            assert session.repair.state.preview is not None, session.repair.state.no_plan
            await session.apply(YES)
            state = await until(session, lambda state: state.repair.phase == "verified" and not state.failing)
            assert "fail" not in {check.state for check in state.repair.checks}
            await session.repair.plan_undo()
            if shown.undo:
                assert shown.undo in str(session.repair.state.error)
                return
            await session.apply(YES)
            assert session.repair.state.undone
        await made_anew(session, sick)
        await until(session, lambda _: set(sick) <= set(failing(session)))


@pytest.mark.parametrize("name", SHOWN)
async def test_for_a_fault_that_it_does_not_mend_it_is_not_offered_and_says_why(name: str, tmp_path: Path) -> None:
    shown = SHOWN[name]
    async with judged(shown.not_mended, tmp_path) as (lab, session):
        lab.world.stop()  # an attempt that begins meanwhile leaves open for a moment what was decided
        await until(session, lambda state: state.settled and state.diagnosis and state.diagnosis.confident)
        outlook = session.state.repair.outlook
        reasons = [one.fit.why for one in outlook.options if one.remedy.id == name and not one.fits]
        reasons += [one.no_cure for one in outlook.advice]
        assert shown.why in "\n".join(reasons)
        assert name not in outlook.previewable
        assert key_of(outlook.entries[0]) != name
        await session.choose_remedy(name)
        preview = session.repair.state.preview
        assert preview is None or preview.needs_override, "who asks for it all the same has to give a reason"
        assert not [one for one in lab.audit if one.method in ("PATCH", "PUT", "DELETE") and not one.dry_run]


def test_every_remedy_is_shown() -> None:
    assert set(SHOWN) == {remedy.id for remedy in (*REMEDIES, *cures())}
