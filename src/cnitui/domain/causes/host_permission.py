"""Plain permissions or mount options stop install-cni: owner and mode, noexec, the immutable attribute, AppArmor.

What it looks like
`permission denied` as with SELinux, `operation not permitted` for an immutable file or a missing capability, or
`fork/exec …/calico: permission denied` where the directory is mounted noexec. For the directory itself only `is not
writeable, skipping`.

Why it breaks
Root in a container is bound by ownership once DAC_OVERRIDE is dropped (some installers leave /opt/cni to another
uid); nobody may change an immutable file; and a binary on a noexec mount cannot run, which newer installers do not
notice.

How we know
EPERM with the attribute `i` or `a` (lsattr); the owner of the directory against the installer's user and
capabilities; `noexec` among the mount's options; an AppArmor record.

What rules it out
Directory owned by root and writable, no such attribute, an executable mount: then `permission denied` has another
reason, usually SELinux. Another errno; another step.

Fix and its risk
chown or chmod the directory, `chattr -i`, remount without noexec, or grant the capability. Ask who set the attribute
or option: it may be a hardening rule that will come back.

References
istio/istio#53849; projectcalico/cni-plugin#891; chattr(1); path_resolution(7); capabilities(7).
"""

from __future__ import annotations

from cnitui.domain.causes._host import ASK_ATTRIBUTES, Refusal, another_errno, refusal
from cnitui.domain.causes._rivals import (
    RIVAL_FACTS,
    attributes_of,
    entry_of,
    is_fixed,
    mount_of,
    owner_refuses,
)
from cnitui.domain.causes._words import HOST_STAGES, WORDS, judge_words, stopped_elsewhere
from cnitui.domain.causes.base import Cause, confirmed, likely, possible, ruled_out
from cnitui.domain.facts import AvcDenials, CniDirectories, FileAttributes, InstallCni, Mounts
from cnitui.domain.finding import Judgement
from cnitui.domain.signs import Signs
from cnitui.domain.view import View


def judge(view: View) -> Judgement:
    """Attributes, mount options and ownership of the refused directory; words where they were not read."""
    refused = refusal(view)
    excluded = stopped_elsewhere(view, HOST_STAGES) or another_errno(refused, "EACCES", "EPERM")
    if excluded:
        return excluded
    if refused is None:
        return judge_words(view, CAUSE.id, ask=(ASK_ATTRIBUTES,))
    return _fixed(view, refused) or _not_executable(view, refused) or _owner(view, refused) or _open(refused)


def _fixed(view: View, refused: Refusal) -> Judgement | None:
    letters = attributes_of(view, refused.directory)
    if letters is None or refused.errno == "EACCES":
        return None
    quote = view.quote(FileAttributes, f"{letters} {refused.directory}")
    if is_fixed(letters):
        return confirmed(f"{refused.directory} is immutable or append-only", quote, *refused.evidence)
    if refused.errno == "EPERM":
        return likely("the host answered EPERM, which SELinux does not", *refused.evidence, against=(quote,))
    return None


def _not_executable(view: View, refused: Refusal) -> Judgement | None:
    mount = mount_of(view, refused.directory)
    if not refused.executing or mount is None:
        return None
    quote = view.quote(Mounts, f"{mount.target} {mount.source} {mount.fstype} {','.join(mount.options)}")
    if "noexec" in mount.options:
        return confirmed(f"{refused.directory} lies on a mount that forbids executing", quote, *refused.evidence)
    return possible("the mount allows executing; the file may have lost its x bit", *refused.evidence, against=(quote,))


def _owner(view: View, refused: Refusal) -> Judgement | None:
    entry = entry_of(view, refused.directory)
    if entry is None:
        return None
    quote = view.quote(CniDirectories, f"{entry.kind}{entry.mode} {entry.owner} {entry.group} {refused.directory}")
    if owner_refuses(view, entry):
        return likely(f"{refused.directory} does not belong to the installer's user", quote, *refused.evidence)
    letters = attributes_of(view, refused.directory)
    user_known = view.use(InstallCni) is not None
    if user_known and refused.errno != "EPERM" and letters is not None and not refused.executing:
        return ruled_out(f"owner, mode and attributes of {refused.directory} let the installer write", quote)
    return None


def _open(refused: Refusal) -> Judgement:
    if refused.errno == "EPERM":
        return likely("the host answered EPERM, which SELinux does not", *refused.evidence, ask=(ASK_ATTRIBUTES,))
    weight = 2 if refused.errno == "EACCES" else 0
    why = "it fits; owner, mode and attributes of the directory are not all known"
    return possible(why, *refused.evidence, ask=(ASK_ATTRIBUTES,), weight=weight)


CAUSE = Cause(
    "host-permission",
    "Permissions or mount options stop install-cni",
    judge=judge,
    needs=(Signs,),
    uses=(*WORDS, *RIVAL_FACTS, AvcDenials),
    fix="give {bin_dir} on {node} back to root, take the immutable attribute or noexec away, or grant the capability",
    family="host",
)
