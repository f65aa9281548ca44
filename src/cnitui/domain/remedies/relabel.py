"""relabel: give the host's CNI directories the type a confined container may write.

container_file_t is a customizable type, so restorecon needs -F, which also resets categories left by an earlier
container. This is what rke2-selinux ships and k0s documents for /opt/cni and /etc/cni.
"""

from __future__ import annotations

from cnitui.domain.listing import listed
from cnitui.domain.plan import DoesNotFit
from cnitui.domain.relabelling import why_not
from cnitui.domain.remedies.base import Fit, Fits, Remedy
from cnitui.domain.remedies.relabel_plan import ID, candidates, directories_of, plan, steps, systems
from cnitui.domain.remedies.situation import SELINUX_CAUSES, Situation


def _fit(situation: Situation) -> Fit:
    if not situation.failing_nodes:
        return DoesNotFit(ID, "nothing fails")
    sealed = {node: system for system, nodes in systems(situation).items() if system.sealed for node in nodes}
    if len(sealed) == len(situation.failing_nodes):
        return DoesNotFit(ID, f"{listed(tuple(sealed))} has no shell to relabel from")
    refused = next(filter(None, map(why_not, directories_of(situation))), "")
    if refused:
        return DoesNotFit(ID, f"{refused}: everything below it would get the type")
    best = [finding for findings, _ in situation.findings_by_nodes(SELINUX_CAUSES) for finding in findings]
    open_ones = [finding for finding in best if finding.verdict.value != "ruled_out"]
    if best and not open_ones:
        return DoesNotFit(ID, f"SELinux is ruled out: {best[0].judgement.because}")
    left = (f"{listed(tuple(sealed))} has no shell to relabel from",) if sealed else ()
    label = next((f for f in open_ones if f.cause == "selinux-wrong-context" and f.verdict.confident), None)
    if label:
        return Fits(ID, f"the labels are the problem: {label.judgement.because}", left)
    why = "the labels are not known to be the problem"
    return Fits(ID, "a confined installer could then write there", (why, *left))


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
    risk="medium: changes the nodes' SELinux policy store; only failing pods restart by it",
    blast_radius="the failing pods of the nodes it is run on, one node first",
    undo="semanage fcontext -d for each rule that was added, then restorecon -RF; running pods stay as they are",
    fit=_fit,
    steps=steps,
    plan=plan,
    correction="The guide lists only the files and finds them correct; directories, parents and categories decide.",
    reads=candidates,
)
