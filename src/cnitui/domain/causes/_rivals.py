"""Which other refusals of a host directory are still open: a read-only mount, attributes, space, ownership.

Not a cause. A verdict that rests on exclusion is only as good as the list of what was excluded.
"""

from __future__ import annotations

from cnitui.domain.causes._host import MINIMUM_KIB, Refusal
from cnitui.domain.facts import (
    CniDirectories,
    DirectoryEntry,
    FileAttributes,
    Filesystem,
    FreeSpace,
    InstallCni,
    Mount,
    Mounts,
)
from cnitui.domain.view import View

RIVAL_FACTS: tuple[type[object], ...] = (Mounts, FreeSpace, FileAttributes, CniDirectories, InstallCni)
_FIXED_LETTERS = frozenset("ia")


def open_rivals(view: View, refused: Refusal) -> tuple[str, ...]:
    """What could refuse the directory as well and has not been excluded."""
    directory = refused.directory
    mount = mount_of(view, directory)
    room = filesystem_of(view, directory)
    letters = attributes_of(view, directory)
    entry = entry_of(view, directory)
    open_ones = {
        "a read-only mount": mount is None or mount.read_only,
        "a full disk": room is None or is_full(room),
        "an immutable directory": letters is None or bool(_FIXED_LETTERS & set(letters)),
        "its owner": entry is None or owner_refuses(view, entry),
    }
    return tuple(name for name, still_open in open_ones.items() if still_open)


def mount_of(view: View, directory: str) -> Mount | None:
    """The mount behind the directory, when it was read."""
    mounts = view.use(Mounts)
    return mounts.of(directory) if mounts and directory else None


def filesystem_of(view: View, directory: str) -> Filesystem | None:
    """The filesystem behind the directory, when its room was read; numbers of blocks and of inodes put together."""
    free = view.use(FreeSpace)
    if free is None or not directory:
        return None
    rows = [row for row in free.filesystems if row.path == directory] or _holding(free, directory)
    if not rows:
        return None
    blocks = next((row for row in rows if row.available_kib is not None), rows[0])
    inodes = next((row for row in rows if row.inodes_free is not None), rows[0])
    return Filesystem(
        blocks.path, blocks.device, blocks.mounted_on, blocks.size_kib, blocks.available_kib, inodes.inodes,
        inodes.inodes_free, blocks.raw,
    )  # fmt: skip


def _holding(free: FreeSpace, directory: str) -> list[Filesystem]:
    """The rows of a whole `df` that are about the filesystem holding the directory: the longest mount point."""
    holding = [row for row in free.filesystems if f"{directory}/".startswith(f"{row.mounted_on.rstrip('/')}/")]
    longest = max((len(row.mounted_on) for row in holding), default=0)
    return [row for row in holding if len(row.mounted_on) == longest]


def is_full(room: Filesystem) -> bool:
    """Whether there is no room for even one plugin, or no inode."""
    no_space = room.available_kib is not None and room.available_kib < MINIMUM_KIB
    return no_space or (room.inodes_free == 0 and bool(room.inodes))


def attributes_of(view: View, directory: str) -> str | None:
    """The attribute letters of the directory, when they were read."""
    found = view.use(FileAttributes)
    return found.attributes.get(directory) if found else None


def is_fixed(letters: str) -> bool:
    """Whether the attributes are immutable or append-only."""
    return bool(_FIXED_LETTERS & set(letters))


def entry_of(view: View, directory: str) -> DirectoryEntry | None:
    """The directory's own entry of `ls -ldZ`, when it was listed."""
    directories = view.use(CniDirectories)
    return directories.directories.get(directory) if directories else None


def owner_refuses(view: View, entry: DirectoryEntry) -> bool:
    """Whether mode and owner keep install-cni out: root without DAC_OVERRIDE, or another user."""
    if entry.mode[7:8] == "w":
        return False
    install = view.use(InstallCni)
    security = install.security if install else None
    if security is not None and security.privileged and not security.run_as_user:
        return False
    owned_by_root = entry.owner in ("root", "0")
    if security is not None and security.run_as_user:
        return owned_by_root or entry.owner != str(security.run_as_user)
    dropped = {"ALL", "DAC_OVERRIDE", "CAP_DAC_OVERRIDE"} & set(security.dropped_capabilities if security else ())
    return not owned_by_root and (security is None or bool(dropped))
