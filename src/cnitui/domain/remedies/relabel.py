"""relabel: give the host's CNI directories the type a confined container may write.

container_file_t is a customizable type, so restorecon needs -F, which also resets categories left by an earlier
container. This is what rke2-selinux ships and k0s documents for /opt/cni and /etc/cni.
"""

from __future__ import annotations

import re

from cnitui.domain.facts import CniDirectories, NodeStatus, Platform
from cnitui.domain.listing import listed
from cnitui.domain.plan import DoesNotFit
from cnitui.domain.remedies.base import Fit, Fits, Remedy, Step, command
from cnitui.domain.remedies.situation import SELINUX_CAUSES, Situation

ID = "relabel"
TYPE = "container_file_t"
MOST_PODS = 20
"""Pods named in one command."""


def _fit(situation: Situation) -> Fit:
    if not situation.failing_nodes:
        return DoesNotFit(ID, "nothing fails")
    sealed = _without_shell(situation)
    if sealed:
        return DoesNotFit(ID, f"{listed(tuple(sealed))} has no shell to relabel from")
    best = [finding for findings, _ in situation.findings_by_nodes(SELINUX_CAUSES) for finding in findings]
    open_ones = [finding for finding in best if finding.verdict.value != "ruled_out"]
    if best and not open_ones:
        return DoesNotFit(ID, f"SELinux is ruled out: {best[0].judgement.because}")
    label = next((f for f in open_ones if f.cause == "selinux-wrong-context" and f.verdict.confident), None)
    if label:
        return Fits(ID, f"the labels are the problem: {label.judgement.because}")
    return Fits(ID, "a confined installer could then write there", ("the labels are not known to be the problem",))


def _without_shell(situation: Situation) -> list[str]:
    """The failing nodes whose system has no shell; nodes that fail alike run the same one."""
    sealed = {
        node for cohort in situation.diagnosis.cohorts for node in cohort.members if _sealed(cohort.likeness.os_image)
    }
    told = set(situation.case.subjects(Platform))
    if not situation.diagnosis.cohorts:
        told |= set(situation.case.subjects(NodeStatus))
    return [
        node for node in situation.failing_nodes if node in sealed or (node in told and _told_sealed(situation, node))
    ]


def _told_sealed(situation: Situation, node: str) -> bool:
    status, platform = situation.case.value(NodeStatus, node), situation.case.value(Platform, node)
    return _sealed(f"{status.os_image if status else ''} {platform.distribution if platform else ''}")


def _sealed(system: str) -> bool:
    return "talos" in system.lower()


def _steps(situation: Situation) -> tuple[Step, ...]:
    directories = situation.directories
    nodes = listed(situation.failing_nodes) or "each failing node"
    record = tuple(
        Step(
            f"On {nodes}: record the type for {path}",
            command("sudo", "semanage", "fcontext", "-a", "-t", TYPE, spec(path)),
        )
        for path in directories
    )
    pods = tuple(pod.name for pod in situation.failing[:MOST_PODS])
    restart = command("kubectl", "-n", situation.namespace, "delete", "pod", *pods) if pods else ""
    more = len(situation.failing) - len(pods)
    others = f"; these are the first {len(pods)}, {more:,} more follow likewise" if more else ""
    return (
        *_seen(situation),
        *record,
        Step(
            "Apply it; -F because the type is customizable and categories must go too",
            command("sudo", "restorecon", "-RFv", *directories),
        ),
        Step("Look again", command("ls", "-lZd", *directories)),
        Step(f"Start the failing pods afresh, so that their back-off ends{others}", restart),
    )


def _seen(situation: Situation) -> tuple[Step, ...]:
    failing = set(situation.failing_nodes)
    read = [node for node in situation.case.subjects(CniDirectories) if node in failing]
    seen = [(node, situation.case.value(CniDirectories, node)) for node in read[:3]]
    return tuple(
        Step(f"Now on {node}: {path} is {entry.label}")
        for node, directories in seen
        if directories is not None
        for path in situation.directories
        if (entry := directories.directories.get(path)) is not None and entry.label is not None
    )


def spec(path: str) -> str:
    """The file context specification (a regular expression) of a directory and all below it."""
    return re.sub(r"([.^$*+?{}\[\]|()\\])", r"\\\1", path) + "(/.*)?"


REMEDY = Remedy(
    id=ID,
    guide="",
    title="Relabel the CNI directories on the nodes",
    summary="Records and applies container_file_t for the CNI directories, so that a confined installer may write.",
    trade_offs=(
        "Fixes the cause where the labels are the problem, and gives no container more privilege.",
        "Must be done on every node, new ones included: put it into the node image or its provisioning.",
        "Every pod with that hostPath may then write to the directories.",
        "Not a cure alone where new files take the pod's categories (Debian's policy): the next pod is denied on them.",
        "Impossible on Talos; on immutable systems only through their own configuration.",
    ),
    risk="medium: changes the nodes' SELinux policy store; nothing restarts by it",
    blast_radius="the nodes it is run on",
    undo="semanage fcontext -d for each path, then restorecon -RFv",
    fit=_fit,
    steps=_steps,
    correction="The guide lists only the files and finds them correct; directories, parents and categories decide.",
)
