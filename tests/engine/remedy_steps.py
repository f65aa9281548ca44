"""Short ways to a plan, a preview and an applied plan, for the engine's tests."""

from __future__ import annotations

import json
from dataclasses import replace

from cnitui.domain.evidence import CaseFile
from cnitui.domain.facts import DaemonSetStatus
from cnitui.domain.finding import Verdict
from cnitui.domain.plan import Plan
from cnitui.domain.remedies import remedy
from cnitui.engine.repair.apply import Confirmation, Progress, apply
from cnitui.engine.repair.preview import Preview, preview
from cnitui.engine.repair.rollout import Patience
from cnitui.engine.repair.situate import situate
from cnitui.engine.repair.workbench import Workbench
from cnitui.gateways.journal import FileJournal
from tests.engine.fake_cluster import case_of, diagnosis_of, selinux

SOON = Patience(stall=30, look=5, pace=0.01)
YES = Confirmation("lab")


def case_now(bench: Workbench, strategy: str = "RollingUpdate") -> CaseFile:
    """The case as a look at the fake cluster would make it."""
    status = DaemonSetStatus("kube-system", "calico-node", generation=3, strategy=strategy)
    return case_of(bench.api.pod_list, status)  # type: ignore[attr-defined]  # the fake's own


async def make_plan(
    bench: Workbench,
    name: str = "patch-daemonset",
    verdict: Verdict = Verdict.CONFIRMED,
    strategy: str = "RollingUpdate",
) -> Plan:
    """The plan of a remedy for the fake cluster."""
    found = await situate(bench.api, case_now(bench, strategy), diagnosis_of(selinux(verdict)), suffix="ab12")
    planner = remedy(name).plan
    assert planner is not None
    planned = planner(found)
    assert isinstance(planned, Plan), planned
    return planned


async def make_preview(bench: Workbench, **kind: object) -> Preview:
    """Its preview."""
    return await preview(bench, await make_plan(bench, **kind))  # type: ignore[arg-type]  # as make_plan takes them


async def run_apply(bench: Workbench, shown: Preview, yes: Confirmation = YES) -> list[Progress]:
    """All that applying says."""
    return [step async for step in apply(bench, shown, yes, SOON)]


def audit_of(bench: Workbench) -> list[dict[str, object]]:
    """The lines of the audit log."""
    assert isinstance(bench.journal, FileJournal)
    path = bench.journal.folder / "audit.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def events_of(bench: Workbench) -> list[object]:
    """The events of the audit log, in order."""
    return [line["event"] for line in audit_of(bench)]


def readonly(bench: Workbench) -> Workbench:
    """The same workbench with writes switched off."""
    return replace(bench, readonly=True)
