"""chattr, rm, mkdir, chmod: the few commands that change files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnitui.lab.machine.files import parent, tidy
from cnitui.lab.machine.selinux import context
from cnitui.lab.shell.homes import may_write
from cnitui.lab.shell.reading import lookup

if TYPE_CHECKING:
    from cnitui.lab.machine.files import Entry
    from cnitui.lab.shell.invocation import Builtin, Invocation


def chattr(run: Invocation) -> int:
    """chattr +i or -i PATH…."""
    if len(run.arguments) < 3 or not run.session.root:
        run.complain("Operation not permitted while setting flags")
        return 1
    for path in run.arguments[2:]:
        lookup(run.session, path).immutable = run.arguments[1] == "+i"
    return 0


def rm(run: Invocation) -> int:
    """rm [-r] [-f] PATH…."""
    flags, operands = run.options()
    for path in operands:
        entry = run.node.files.get(path)
        if entry is None:
            if "f" not in flags:
                run.err(f"rm: cannot remove '{path}': No such file or directory\n")
                return 1
            continue
        if not may_write(run.node, run.session.user, tidy(path)):
            run.err(f"rm: cannot remove '{path}': Permission denied\n")
            return 1
        if entry.immutable:
            run.err(f"rm: cannot remove '{path}': Operation not permitted\n")
            return 1
        run.node.files.remove(path)
    run.world.node_changed(run.node)
    return 0


def mkdir(run: Invocation) -> int:
    """mkdir [-p] PATH…: a new directory takes its parent's type, as the kernel does it."""
    flags, operands = run.options("mZ")
    for path in operands:
        if run.node.files.get(path) is not None:
            if "p" in flags:
                continue
            run.err(f"mkdir: cannot create directory '{path}': File exists\n")
            return 1
        for place in _missing(run, tidy(path)) if "p" in flags else (tidy(path),):
            if not may_write(run.node, run.session.user, place):
                run.err(f"mkdir: cannot create directory '{path}': Permission denied\n")
                return 1
            _make(run, place)
    return 0


def _missing(run: Invocation, path: str) -> list[str]:
    """A path that is not there, and those above it that are not either, outermost first."""
    return [] if run.node.files.get(path) else [*_missing(run, parent(path)), path]


def _make(run: Invocation, path: str) -> None:
    above, made = run.node.files.get(parent(path)), run.node.files.directory(path)
    made.modified, made.owner, made.group = run.world.clock.now(), run.session.user, run.session.user
    if above is not None:
        made.label = context(above.label.split(":")[2])


_CHANGE = re.compile(r"([ugoa]*)([+-])([rwx]+)")
_WHO = {"u": 0o700, "g": 0o070, "o": 0o007}
_WHAT = {"r": 0o444, "w": 0o222, "x": 0o111}


def chmod(run: Invocation) -> int:
    """chmod OCTAL or CHANGE (u+rwx, -w) PATH…."""
    status = 0
    for path in run.arguments[2:]:
        entry = lookup(run.session, path)
        if not run.session.root and entry.owner != run.session.user:
            run.err(f"chmod: changing permissions of '{path}': Operation not permitted\n")
            status = 1
            continue
        _set_mode(entry, run.arguments[1])
    return status


def _set_mode(entry: Entry, words: str) -> None:
    change = _CHANGE.fullmatch(words)
    if change is None:
        entry.mode = int(words, 8)
        return
    who = sum(_WHO[one] for one in set(change[1].replace("a", "ugo") or "ugo"))
    bits = who & sum(_WHAT[one] for one in set(change[3]))
    entry.mode = entry.mode | bits if change[2] == "+" else entry.mode & ~bits


COMMANDS: dict[str, Builtin] = {"chattr": chattr, "rm": rm, "mkdir": mkdir, "chmod": chmod}
