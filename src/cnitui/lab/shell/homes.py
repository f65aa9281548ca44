"""Where users are at home on a node, and where they may write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.machine.files import parent

if TYPE_CHECKING:
    from cnitui.lab.machine.files import Entry
    from cnitui.lab.machine.node import Node


def home_of(node: Node, user: str) -> Entry:
    """A user's home directory, made at the first login as pam_mkhomedir does it."""
    if user == "root":
        return node.files.entries["/root"]
    if node.files.get("/home") is None:
        node.files.directory("/home")
    held = node.files.get(f"/home/{user}")
    if held is None:
        held = node.files.directory(f"/home/{user}", mode=0o700)
        held.owner = held.group = user
    return held


def may_write(node: Node, user: str, path: str) -> bool:
    """Whether a user may make, change or take away what is at a path: root always, others what is theirs."""
    entry, above = node.files.get(path), node.files.get(parent(path))
    if user == "root":
        return True
    if entry is not None:
        return entry.owner == user
    return above is not None and (above.owner == user or above.mode & 0o1002 == 0o1002)
