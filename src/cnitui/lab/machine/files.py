"""A node's files as far as anyone looks: paths with owner, mode, label, inode, size and time, and their mounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnitui.lab.machine.selinux import SELinux, context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@dataclass(slots=True)
class Entry:
    """One file or directory; `content` only where something reads it, `size` in bytes otherwise."""

    path: str
    kind: str
    mode: int
    label: str
    inode: int
    modified: datetime
    size: int = 0
    owner: str = "root"
    group: str = "root"
    content: str | None = None
    immutable: bool = False
    busy: int = 0
    """The process that executes it: opening it for writing is ETXTBSY."""

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1] or "/"


@dataclass
class Mount:
    """A mount point; sizes in KiB and inodes as `df` prints them."""

    target: str
    source: str
    fstype: str
    options: str
    size: int
    used: int
    inodes: int = 10_485_760
    inodes_used: int = 98_211
    root: str = "/"

    @property
    def flags(self) -> list[str]:
        return self.options.split(",")

    @property
    def read_only(self) -> bool:
        return "ro" in self.flags

    @property
    def available(self) -> int:
        return max(0, self.size - self.used)


class FileError(OSError):
    """An errno by its name, with the words Go prints for it."""

    WORDS = {  # noqa: RUF012 - a table of constants
        "EACCES": "permission denied",
        "EPERM": "operation not permitted",
        "EROFS": "read-only file system",
        "ENOSPC": "no space left on device",
        "ENOENT": "no such file or directory",
        "ETXTBSY": "text file busy",
        "ENOTDIR": "not a directory",
    }

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def words(self) -> str:
        return self.WORDS[self.code]


@dataclass
class Files:
    """The tree and the mounts of one node."""

    selinux: SELinux
    born: datetime
    entries: dict[str, Entry] = field(default_factory=dict)
    mounts: list[Mount] = field(default_factory=list)
    next_inode: int = 33_685_504
    changes: int = 0
    """Grows with every entry that comes, goes or moves."""
    _held: dict[str, dict[str, Entry]] = field(default_factory=dict, repr=False)
    """What each directory holds, by name: a kubelet looks into one of them after every step of a container."""

    def directory(self, path: str, type_: str = "", *, level: str = "s0", mode: int = 0o755) -> Entry:
        """Makes a directory with the given type, or the policy's own."""
        return self._add(path, "directory", mode, type_, level)

    def file(
        self,
        path: str,
        *,
        type_: str = "",
        level: str = "s0",
        mode: int = 0o644,
        size: int = 0,
        content: str | None = None,
        modified: datetime | None = None,
    ) -> Entry:
        """Makes a file with the given type, or the policy's own."""
        entry = self._add(path, "regular file", mode, type_, level)
        entry.content = content
        entry.size = len(content.encode()) if content is not None else size
        entry.modified = modified or self.born
        return entry

    def link(self, path: str, type_: str) -> Entry:
        """A symbolic link with the given type; the one that is there already keeps what it has."""
        return self.get(path) or self._add(path, "symbolic link", 0o777, type_, "s0")

    def _add(self, path: str, kind: str, mode: int, type_: str, level: str) -> Entry:
        label = context(type_ or self.selinux.default_type(path), level)
        self.next_inode += 17
        entry = Entry(path, kind, mode, label, self.next_inode, self.born)
        self._put(entry)
        return entry

    def _put(self, entry: Entry) -> None:
        self.changes += 1
        self.entries[entry.path] = entry
        if entry.path != "/":
            above, _, name = entry.path.rpartition("/")
            self._held.setdefault(above or "/", {})[name] = entry

    def _take(self, entry: Entry) -> None:
        self.changes += 1
        del self.entries[entry.path]
        del self._held[parent(entry.path)][entry.name]

    def move(self, entry: Entry, path: str) -> None:
        """Gives an entry another path; one that is there already has to be removed before."""
        self._take(entry)
        entry.path = tidy(path)
        self._put(entry)

    def get(self, path: str) -> Entry | None:
        """The entry at a path, whatever slashes it carries."""
        return self.entries.get(tidy(path))

    def children(self, path: str) -> list[Entry]:
        """What a directory holds, by name in the C locale."""
        held = self._held.get(tidy(path), {})
        return [held[name] for name in sorted(held)]

    def below(self, path: str) -> Iterator[Entry]:
        """The entry and everything under it, parents first."""
        top = self.get(path)
        if top is None:
            return
        yield top
        if top.kind == "directory":
            for child in self.children(path):
                yield from self.below(child.path)

    def size(self, entry: Entry) -> int:
        """Bytes as `ls` shows them; a small XFS directory keeps names in its inode, 8 bytes each over a head of 6."""
        if entry.kind != "directory":
            return entry.size
        return 6 + sum(len(child.name.encode()) + 8 for child in self.children(entry.path))

    def device(self, path: str) -> str:
        """The kernel's name of the block device below a path, as an AVC record prints it."""
        mapped = [mount for mount in self.mounts if mount.source.startswith("/dev/mapper/")]
        mount = self.mount_of(path)
        return f"dm-{mapped.index(mount)}" if mount in mapped else mount.source.rpartition("/")[2]

    def remove(self, path: str) -> None:
        """Takes an entry and what is below it away."""
        for entry in list(self.below(path)):
            self.resize(entry, 0)
            self._take(entry)

    def need_room(self, path: str, size: int) -> None:
        """ENOSPC when `size` more bytes, or one more inode, do not fit."""
        mount = self.mount_of(path)
        if mount.inodes_used >= mount.inodes or mount.available * 1024 < size:
            raise FileError("ENOSPC")

    def resize(self, entry: Entry, size: int) -> None:
        """A file grows or shrinks, and its volume's free space with it."""
        if entry.kind == "directory":
            return
        self.mount_of(entry.path).used += -(-size // 4096) * 4 - -(-entry.size // 4096) * 4
        entry.size = size

    def mount_of(self, path: str) -> Mount:
        """The mount that holds a path."""
        path = tidy(path)
        holding = [m for m in self.mounts if path == m.target or path.startswith(m.target.rstrip("/") + "/")]
        return max(holding, key=lambda mount: len(mount.target))


def tidy(path: str) -> str:
    """A path without doubled or trailing slashes."""
    if path.startswith("/") and "//" not in path and "/." not in path and not path.endswith("/"):
        return path
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return "/" + "/".join(parts)


def parent(path: str) -> str:
    """The directory that holds a path."""
    return tidy(path).rsplit("/", 1)[0] or "/"
