"""Files of a node over SFTP, and over the scp that stands on it: what `sftp` and both protocols of `scp` ask for.

A file whose content the lab does not know (a binary of so many bytes) reads as zeros of that length.
"""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import asyncssh

from cnitui.lab.machine.files import Entry, FileError, parent, tidy
from cnitui.lab.shell.homes import home_of, may_write

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node
    from cnitui.lab.world import World

_REGULAR = (stat.S_IFREG, asyncssh.FILEXFER_TYPE_REGULAR)
_KINDS = {
    "directory": (stat.S_IFDIR, asyncssh.FILEXFER_TYPE_DIRECTORY),
    "symbolic link": (stat.S_IFLNK, asyncssh.FILEXFER_TYPE_SYMLINK),
}
"""Bits of the mode and the type that the protocols have for a kind of entry."""
_WRITING = asyncssh.FXF_WRITE | asyncssh.FXF_APPEND | asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC


class NodeFiles(asyncssh.SFTPServer):
    """One session of one user on one node; each method raises the SFTP error that sshd would answer."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], world: World, node: Node, user: str) -> None:
        super().__init__(channel)
        self._world, self._node, self._user = world, node, user
        self._home = home_of(node, user).path

    def exit(self) -> None:
        """The client has said all: OpenSSH's scp fails without an exit status, which asyncssh does not send."""
        if self.channel.get_subsystem() == "sftp":
            self.channel.exit(0)

    # --- looking -------------------------------------------------------------------------------------------------

    def _path(self, path: bytes) -> str:
        text = path.decode("utf-8", "surrogateescape")
        parts: list[str] = []
        for part in (text if text.startswith("/") else f"{self._home}/{text}").split("/"):
            if part == "..":
                parts = parts[:-1]
            elif part not in ("", "."):
                parts.append(part)
        return "/" + "/".join(parts)

    def _entry(self, path: bytes) -> Entry:
        entry = self._node.files.get(self._path(path))
        if entry is None:
            raise asyncssh.SFTPNoSuchFile("No such file or directory")
        return entry

    def realpath(self, path: bytes) -> bytes:
        """Absolute, without dots; relative ones begin at home."""
        return self._path(path).encode("utf-8", "surrogateescape")

    def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """What `ls -l` would tell."""
        return self._attributes(self._entry(path))

    def lstat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """The same: links are not followed here."""
        return self.stat(path)

    def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        """Of an open file."""
        assert isinstance(file_obj, Entry)
        return self._attributes(file_obj)

    def _attributes(self, entry: Entry) -> asyncssh.SFTPAttrs:
        owner, when = (0 if entry.owner == "root" else 1000), int(entry.modified.timestamp())
        bits, kind = _KINDS.get(entry.kind, _REGULAR)
        size = self._node.files.size(entry)
        return asyncssh.SFTPAttrs(
            type=kind, size=size, uid=owner, gid=owner, permissions=bits | entry.mode, atime=when, mtime=when
        )

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """What a directory holds."""
        entry = self._entry(path)
        self._require_readable(entry)
        for name, one in ((b".", entry), (b"..", entry)):
            yield asyncssh.SFTPName(name, attrs=self._attributes(one))
        for child in self._node.files.children(entry.path):
            yield asyncssh.SFTPName(child.name.encode(), attrs=self._attributes(child))

    # --- open files ----------------------------------------------------------------------------------------------

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Entry:
        """A file to read or write; a new one has the mode asked for."""
        place = self._path(path)
        entry = self._node.files.get(place)
        if entry is not None and entry.kind == "directory":
            raise asyncssh.SFTPFailure("Is a directory")
        if not pflags & _WRITING:
            self._require_readable(self._entry(path))
            return self._entry(path)
        self._require_writable(place)
        if entry is None:
            if not pflags & asyncssh.FXF_CREAT:
                raise asyncssh.SFTPNoSuchFile("No such file or directory")
            entry = self._node.files.file(place, content="", mode=(attrs.permissions or 0o644) & 0o7777)
            self._take(entry)
        elif pflags & asyncssh.FXF_TRUNC:
            entry.content = ""
            self._node.files.resize(entry, 0)
        entry.modified = self._world.clock.now()
        return entry

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Some of it; b"" at the end."""
        assert isinstance(file_obj, Entry)
        if file_obj.content is None:
            return bytes(max(0, min(size, file_obj.size - offset)))
        return _encoded(file_obj)[offset : offset + size]

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Put some of it."""
        assert isinstance(file_obj, Entry)
        held = _encoded(file_obj).ljust(offset, b"\0")
        whole = held[:offset] + data + held[offset + len(data) :]
        self._require_room(file_obj.path, len(whole) - file_obj.size)
        file_obj.content = whole.decode("utf-8", "surrogateescape")
        self._node.files.resize(file_obj, len(whole))
        return len(data)

    def close(self, file_obj: object) -> None:
        """A kubelet may see what came."""
        self._world.node_changed(self._node)

    # --- changes -------------------------------------------------------------------------------------------------

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """chmod; times are those of the lab."""
        entry = self._entry(path)
        self._require_writable(entry.path)
        self.fsetstat(entry, attrs)

    def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        """The same of an open file."""
        assert isinstance(file_obj, Entry)
        if attrs.permissions is not None:
            file_obj.mode = attrs.permissions & 0o7777

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """A new directory."""
        place = self._path(path)
        self._require_writable(place)
        if self._node.files.get(place) is not None:
            raise asyncssh.SFTPFailure("File exists")
        self._take(self._node.files.directory(place, mode=(attrs.permissions or 0o755) & 0o7777))

    def remove(self, path: bytes) -> None:
        """Takes a file away."""
        entry = self._entry(path)
        self._require_writable(entry.path)
        if entry.immutable or entry.kind == "directory":
            raise asyncssh.SFTPFailure("Operation not permitted")
        self._node.files.remove(entry.path)
        self._world.node_changed(self._node)

    def rmdir(self, path: bytes) -> None:
        """Takes an empty directory away."""
        entry = self._entry(path)
        self._require_writable(entry.path)
        if self._node.files.children(entry.path):
            raise asyncssh.SFTPFailure("Directory not empty")
        self._node.files.remove(entry.path)

    def _take(self, entry: Entry) -> None:
        entry.owner = entry.group = self._user
        entry.modified = self._world.clock.now()

    # --- leave ---------------------------------------------------------------------------------------------------

    def _require_readable(self, entry: Entry) -> None:
        if self._user not in ("root", entry.owner) and not entry.mode & 0o004:
            raise asyncssh.SFTPPermissionDenied("Permission denied")

    def _require_writable(self, place: str) -> None:
        if self._node.files.get(parent(place)) is None:
            raise asyncssh.SFTPNoSuchFile("No such file or directory")
        if self._node.files.mount_of(place).read_only:
            raise asyncssh.SFTPFailure("Read-only file system")
        if not may_write(self._node, self._user, tidy(place)):
            raise asyncssh.SFTPPermissionDenied("Permission denied")

    def _require_room(self, place: str, more: int) -> None:
        try:
            self._node.files.need_room(place, max(0, more))
        except FileError as error:
            raise asyncssh.SFTPFailure(error.words) from error


def _encoded(entry: Entry) -> bytes:
    return (entry.content or "").encode("utf-8", "surrogateescape")
