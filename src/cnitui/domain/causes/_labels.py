"""Labels against the policy: whose fault a denial is, and what on disk does not carry the label it should.

Not a cause. Types and their meaning: containers/container-selinux container.te and container.fc; categories: policy/mcs
of the reference policy.
"""

from __future__ import annotations

from typing import Literal

from cnitui.domain.causes._host import Refusal
from cnitui.domain.facts import CniDirectories, ContainerLabel, DirectoryEntry
from cnitui.domain.selinux import Avc, Label
from cnitui.domain.view import View

CONTAINER_FILE_TYPES = frozenset({"container_file_t", "svirt_sandbox_file_t", "container_ro_file_t"})
"""Types of container content: container_t may use them, if the categories fit (container.te)."""

MISPLACED_TYPES = frozenset(
    {
        "usr_t", "container_var_lib_t", "default_t", "unlabeled_t", "file_t", "user_home_t", "admin_home_t",
        "home_root_t", "user_tmp_t", "tmp_t", "mnt_t", "container_log_t", "container_home_t", "data_home_t",
    }
)  # fmt: skip
"""Types that no policy means for a CNI directory: inherited from a parent, or brought along by a move."""

FILE_CLASSES = frozenset({"dir", "file", "lnk_file", "chr_file", "blk_file", "sock_file", "fifo_file", ""})

Fault = Literal["policy", "label", "either"]
"""Whose fault a denial is: the policy's (its own label is refused), the label's, or it cannot be told."""


def fault_of(view: View, avc: Avc) -> Fault:
    """Read the target's label: the policy's own default means the policy, another one the label."""
    target, source = avc.tcontext, avc.scontext
    if target is None:
        return "either"
    if avc.tclass not in FILE_CLASSES or (source is not None and source.type == target.type):
        return "policy"
    if target.type in CONTAINER_FILE_TYPES or foreign_categories(target, source):
        return "label"
    default = _default_of(view, avc)
    if default:
        return "policy" if default == target.type else "label"
    if target.type == "usr_t":
        return "either"
    return "label" if target.type in MISPLACED_TYPES else "policy"


def foreign_categories(target: Label, source: Label | None) -> bool:
    """Whether the object carries categories that the process lacks (policy/mcs of the reference policy)."""
    theirs = {part for part in target.categories.split(",") if part}
    ours = {part for part in (source.categories if source else "").split(",") if part}
    return bool(theirs) and not theirs <= ours


def _default_of(view: View, avc: Avc) -> str:
    directories = view.use(CniDirectories)
    if directories is None:
        return ""
    by_name = {path.rpartition("/")[2]: label.type for path, label in directories.defaults.items()}
    by_path = {path: label.type for path, label in directories.defaults.items()}
    return by_path.get(avc.path, "") or by_name.get(avc.name, "")


def directory_entry(view: View, refused: Refusal | None) -> DirectoryEntry | None:
    """The entry of the directory that was refused, when it was listed."""
    directories = view.use(CniDirectories)
    if directories is None or refused is None:
        return None
    return directories.directories.get(refused.directory)


def labelled_for_containers(entry: DirectoryEntry | None) -> bool:
    """Whether a confined container of any categories may write it."""
    return (
        entry is not None
        and entry.label is not None
        and (entry.label.type in CONTAINER_FILE_TYPES and not entry.label.categories)
    )


def odd_file(view: View, refused: Refusal | None) -> DirectoryEntry | None:
    """A file in a rightly labelled directory that carries a label of its own: moved in from elsewhere."""
    directories = view.use(CniDirectories)
    if directories is None or refused is None or not labelled_for_containers(directory_entry(view, refused)):
        return None
    files = directories.files.get(refused.directory, ())
    odd = [found for found in files if found.label and found.label.type not in CONTAINER_FILE_TYPES]
    words = " ".join(piece.quote for piece in refused.evidence)
    named = [found for found in odd if found.path.rpartition("/")[2] in words]
    return next(iter(named or odd), None)


def foreign_file(view: View, refused: Refusal | None) -> DirectoryEntry | None:
    """A file or the directory itself whose categories the container's process lacks."""
    directories = view.use(CniDirectories)
    label = view.use(ContainerLabel)
    if directories is None or refused is None or label is None or label.label is None:
        return None
    entry = directories.directories.get(refused.directory)
    candidates = [*([entry] if entry else []), *directories.files.get(refused.directory, ())]
    ours = label.label
    return next((found for found in candidates if found.label and foreign_categories(found.label, ours)), None)
