"""The label is wrong: SELinux refuses because a directory or file does not carry the label meant for it.

What it looks like
As selinux-denial. Typical are a directory made by hand (usr_t), a file moved in from elsewhere (user_home_t), a
directory of the runtime (container_var_lib_t), and files of an earlier pod: container_file_t everywhere and still
denied, because their categories are another pod's. That last one works once per node and fails after a restart.

Why it breaks
A confined container may write container_file_t, but only with categories it has itself; and nothing else. A missing
or old policy package leaves the rule out that would have given the directory its label.

How we know
The target's label in the AVC record, or in `ls -laZ`, against the policy's rule for that path (matchpathcon);
categories on the directory or on a file in it that the container's process lacks. A denial by categories is often not
recorded.

What rules it out
As selinux-denial: no confinement, another errno, another step. Labels that are the policy's own: then it is
selinux-denial.

Fix and its risk
`semanage fcontext` with container_file_t and `restorecon -RFv` on /opt/cni/bin and /etc/cni/net.d (-F, because
restorecon leaves container_file_t alone), install or update the policy package, or a fixed seLinuxOptions.level. Any
pod with that hostPath may then write there. Restoring the policy's default label may be no cure.

References
projectcalico/cni-plugin#874; containers/container-selinux container.fc; policy/mcs of the reference policy.
"""

from __future__ import annotations

from cnitui.domain.causes._host import Refusal, another_errno, refusal
from cnitui.domain.causes._labels import (
    CONTAINER_FILE_TYPES,
    MISPLACED_TYPES,
    directory_entry,
    fault_of,
    foreign_file,
    labelled_for_containers,
    odd_file,
)
from cnitui.domain.causes._node_denials import refused_to_the_node
from cnitui.domain.causes._rivals import open_rivals
from cnitui.domain.causes._selinux import (
    ASK,
    SELINUX,
    WITHOUT_SELINUX,
    Denial,
    confinement,
    denials,
    from_words,
    hinted,
    not_confined,
)
from cnitui.domain.causes._words import HOST_STAGES, WORDS, judge_words, stopped_elsewhere
from cnitui.domain.causes.base import Cause, confirmed, likely, possible, ruled_out
from cnitui.domain.facts import CniDirectories, FileAttributes, FreeSpace, Mounts
from cnitui.domain.finding import Judgement
from cnitui.domain.signs import Signs
from cnitui.domain.view import View


def judge(view: View) -> Judgement:
    """Labels of what was refused, in audit records first, then on disk."""
    unknown_type = judge_words(view, CAUSE.id)
    if unknown_type.verdict.confident:
        return unknown_type
    node = refused_to_the_node(view, misplaced=True)
    if node is not None:
        return node
    refused = refusal(view)
    excluded = stopped_elsewhere(view, HOST_STAGES) or not_confined(view) or another_errno(refused, "EACCES")
    if excluded:
        return excluded
    known = denials(view)
    mislabelled = [denial for denial in known if fault_of(view, denial.avc) != "policy"]
    if mislabelled:
        return _from_audit(view, mislabelled)
    if known:
        return _label_is_right(known[0])
    return _from_labels(view, refused) if refused is not None else from_words(view, CAUSE.id)


def _from_audit(view: View, mislabelled: list[Denial]) -> Judgement:
    first = mislabelled[0]
    record = first.avc
    sure = confinement(view)
    target = record.tcontext
    because = (
        f"{record.name or record.path or 'the target'} is {target or 'of an unknown label'}, not what it should be"
    )
    if target is None or (fault_of(view, record) == "either" and target.type not in MISPLACED_TYPES):
        return possible(f"SELinux refused {record.summary}", first.evidence, weight=1, ask=ASK[1:])
    if first.timing == "inside" and record.enforced and fault_of(view, record) == "label":
        return confirmed(because, first.evidence, *sure.evidence)
    if first.timing == "outside":
        return possible(f"{because}, but the denial is outside of the known attempts", first.evidence, weight=1)
    return likely(because, first.evidence, *sure.evidence)


def _label_is_right(denial: Denial) -> Judgement:
    target = denial.avc.tcontext
    kind = target.type if target else "?"
    words = f"the refused target is {kind}, the policy's own label: relabelling to it cures nothing"
    return ruled_out(words, denial.evidence)


def _from_labels(view: View, refused: Refusal) -> Judgement:
    sure = confinement(view)
    evidence = (*refused.evidence[:1], *sure.evidence)
    foreign = foreign_file(view, refused)
    if foreign is not None:
        quote = view.quote(CniDirectories, f"{foreign.path} is {foreign.label}")
        because = "the categories on it are not those of the container's process"
        if sure.state == "confined" and not open_rivals(view, refused):
            return confirmed(because, quote, *evidence)
        return likely(because, quote, *evidence, ask=ASK[:1])
    odd = odd_file(view, refused)
    if odd is not None:
        quote = view.quote(CniDirectories, f"{odd.path} is {odd.label}")
        because = "a file in the directory carries a label from elsewhere"
        if odd.path.rpartition("/")[2] in refused.evidence[0].quote:
            return likely(f"{because}, and it is the one that was refused", quote, *evidence, ask=ASK[:1])
        return possible(because, quote, *evidence, ask=ASK, weight=3)
    entry = directory_entry(view, refused)
    kind = entry.label.type if entry and entry.label else ""
    if kind in CONTAINER_FILE_TYPES and not labelled_for_containers(entry):
        quote = view.quote(CniDirectories, f"{refused.directory} is {entry.label if entry else kind}")
        return possible("the directory carries the categories of one container", quote, *evidence, ask=ASK, weight=3)
    if kind in CONTAINER_FILE_TYPES and not refused.errno:
        quote = view.quote(CniDirectories, f"{refused.directory} is {kind}")
        return ruled_out("the directory carries the label that a confined container may write", quote)
    if kind in MISPLACED_TYPES:
        quote = view.quote(CniDirectories, f"{refused.directory} is {kind}")
        return possible("the directory carries a label that no rule means for it", quote, *evidence, ask=ASK, weight=1)
    return possible(f"it fits; {sure.because}", *evidence, ask=ASK, weight=hinted(view, CAUSE.id))


CAUSE = Cause(
    "selinux-wrong-context",
    "A wrong SELinux label stops install-cni",
    judge=judge,
    needs=(Signs,),
    uses=(*WORDS, *SELINUX, Mounts, FreeSpace, FileAttributes),
    remedies=("relabel", "patch-daemonset", "patch-manifest", "selinux-type", "ansible-role"),
    fix="give {bin_dir} and {net_dir} the label container_file_t by rule and restorecon -RF, or fix the level",
    family="host",
    variant=WITHOUT_SELINUX,
)
