"""SELinux stops install-cni: the policy refuses an access to something that is labelled as it should be.

What it looks like
install-cni ends after `/host/opt/cni/bin is not writeable, skipping` and `found no writeable directory`, or at a
`permission denied` on its token, its kubeconfig or its configuration. The pod stays in Init:CrashLoopBackOff. The log
is the same as for a read-only or immutable directory: it never decides.

Why it breaks
The container runs confined (container_t), because it is not privileged, the runtime labels containers and SELinux is
enforcing; and container_t may not write what the policy labels bin_t, usr_t or etc_t. Correct labels are no cure:
they are what is refused.

How we know
An AVC record of the failing container's process with permissive=0 inside one of its attempts. Without a record
(dontaudit rules and lost audit records hide them) the label of the process and of the directory, once a read-only
mount, attributes, space and ownership are excluded.

What rules it out
install-cni of this very pod is privileged or runs as spc_t; the runtime gives it no label; SELinux is permissive or
disabled; the directory was written; the error is another errno than EACCES; it stopped at the API server.

Fix and its risk
Run install-cni privileged, as every stock manifest from v3.11 does, or only with seLinuxOptions type spc_t; or extend
the policy. Privileged gives the container the whole node for the seconds it runs. SELinux itself stays on.

References
containers/container-selinux container.te; projectcalico/calico#2704; docs of the kernel's AVC messages.
"""

from __future__ import annotations

from cnitui.domain.causes._host import Refusal, another_errno, refusal
from cnitui.domain.causes._labels import CONTAINER_FILE_TYPES, directory_entry, fault_of, labelled_for_containers
from cnitui.domain.causes._node_denials import refused_to_the_node
from cnitui.domain.causes._rivals import open_rivals
from cnitui.domain.causes._selinux import (
    ASK,
    SELINUX,
    WITHOUT_SELINUX,
    Denial,
    confinement,
    denials,
    enforces,
    from_words,
    hinted,
    not_confined,
    unprivileged,
)
from cnitui.domain.causes._words import HOST_STAGES, WORDS, judge_words, stopped_elsewhere
from cnitui.domain.causes.base import Cause, confirmed, likely, possible
from cnitui.domain.facts import AvcDenials, CniDirectories, FileAttributes, FreeSpace, Mounts
from cnitui.domain.finding import Judgement
from cnitui.domain.signs import Signs
from cnitui.domain.view import View


def judge(view: View) -> Judgement:
    """Confinement first, then the audit records, then the labels."""
    node = refused_to_the_node(view, misplaced=False)
    if node is not None:
        return node
    refused = refusal(view)
    excluded = stopped_elsewhere(view, HOST_STAGES) or not_confined(view) or another_errno(refused, "EACCES")
    if excluded:
        return excluded
    known = denials(view)
    refusals = [denial for denial in known if fault_of(view, denial.avc) != "label"]
    if refusals:
        return _from_audit(view, refusals)
    if known:
        return possible("SELinux refused it, and for its label", known[0].evidence, ask=ASK[1:], weight=1)
    if refused is not None:
        return _from_labels(view, refused)
    return from_words(view, CAUSE.id)


def _from_audit(view: View, refusals: list[Denial]) -> Judgement:
    first = refusals[0]
    record = first.avc
    sure = confinement(view)
    because = f"SELinux refused {record.summary} to {record.comm}"
    if record.tcontext is None:
        spoken = judge_words(view, CAUSE.id, ask=ASK)
        cut = possible(f"{because}, but the record is cut off before the labels", first.evidence, weight=2, ask=ASK)
        return spoken if spoken.verdict.confident else cut
    if fault_of(view, record) == "either":
        return possible(f"{because}; the label may as well be the fault", first.evidence, weight=1, ask=ASK[1:])
    if first.timing == "inside" and record.enforced:
        return confirmed(f"{because} during an attempt", first.evidence, *sure.evidence)
    if first.timing == "outside":
        return possible(f"{because}, but outside of the attempts that are known", first.evidence, weight=1, ask=ASK[:1])
    return likely(f"{because}; the times of the attempts are not known", first.evidence, *sure.evidence)


def _from_labels(view: View, refused: Refusal) -> Judgement:
    """No record of a denial: not proof of innocence, so labels and the absence of rivals have to do."""
    sure = confinement(view)
    entry = directory_entry(view, refused)
    kind = entry.label.type if entry and entry.label else ""
    rivals = open_rivals(view, refused)
    if labelled_for_containers(entry):
        label = view.quote(CniDirectories, f"{refused.directory} is {kind}")
        because = "a confined container may write the directory itself"
        return possible(because, *refused.evidence[:1], against=(label,), weight=-1)
    if kind in CONTAINER_FILE_TYPES:
        label = view.quote(CniDirectories, f"{refused.directory} is {entry.label if entry else kind}")
        return possible("the type is right; only its categories could be refused", *refused.evidence[:1], label)
    evidence = (*refused.evidence[:1], *sure.evidence)
    if kind and kind not in CONTAINER_FILE_TYPES and sure.state == "confined":
        label = view.quote(CniDirectories, f"{refused.directory} is {kind}")
        if not rivals and enforces(view):
            return likely(
                "a confined container may not write this label and nothing else is in the way; no record of "
                "the denial was found, which dontaudit rules explain",
                *evidence,
                label,
                ask=ASK[:1],
            )
        return possible("a confined container may not write this label", *evidence, label, ask=ASK[:1], weight=1)
    open_words = f"; still open: {', '.join(rivals)}" if rivals else ""
    weight = hinted(view, CAUSE.id) + int(unprivileged(view))
    return possible(f"it fits; {sure.because}{open_words}", *evidence, ask=ASK, weight=weight)


CAUSE = Cause(
    "selinux-denial",
    "SELinux stops install-cni",
    judge=judge,
    needs=(Signs,),
    uses=(*WORDS, *SELINUX, Mounts, FreeSpace, FileAttributes, AvcDenials),
    remedies=("patch-daemonset", "patch-manifest", "selinux-type", "relabel", "ansible-role", "migrate-operator",
              "permissive"),
    fix="run install-cni of {daemonset} privileged, or with seLinuxOptions.type spc_t; do not turn SELinux off",
    family="host",
    variant=WITHOUT_SELINUX,
)  # fmt: skip
