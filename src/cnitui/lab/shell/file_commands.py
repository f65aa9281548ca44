"""ls, stat, find, namei, lsattr: how files are, without changing them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cnitui.lab.machine.files import Entry, parent, tidy
from cnitui.lab.shell.reading import FileProblem, lookup, readable

if TYPE_CHECKING:
    from datetime import datetime

    from cnitui.lab.shell.invocation import Builtin, Invocation, Session

_KINDS = {"directory": "d", "regular file": "-"}
_HALF_YEAR = timedelta(days=182)


def permissions(entry: Entry, *, context_mark: bool = True) -> str:
    """`drwxr-xr-x.`: the dot says that there is a security context."""
    letters = ""
    for shift, special, char in ((6, 0o4000, "s"), (3, 0o2000, "s"), (0, 0o1000, "t")):
        bits = entry.mode >> shift & 7
        run = bits & 1
        last = (char if run else char.upper()) if entry.mode & special else ("x" if run else "-")
        letters += ("r" if bits & 4 else "-") + ("w" if bits & 2 else "-") + last
    return _KINDS[entry.kind] + letters + ("." if context_mark else "")


def _shown_label(session: Session, entry: Entry) -> str:
    return entry.label if session.node.selinux.enabled or entry.label else "?"


def _links(session: Session, entry: Entry) -> int:
    if entry.kind != "directory":
        return 1
    return 2 + sum(child.kind == "directory" for child in session.node.files.children(entry.path))


def _date(session: Session, moment: datetime) -> str:
    if abs(session.world.clock.now() - moment) < _HALF_YEAR:
        return f"{moment:%b} {moment.day:>2} {moment:%H:%M}"
    return f"{moment:%b} {moment.day:>2}  {moment.year}"


def _blocks(entry: Entry) -> int:
    return 0 if entry.kind == "directory" else -(-entry.size // 4096) * 4


def ls(run: Invocation) -> int:
    """ls with -a -d -h -i -l -n -t -Z -1 -R ignored; several operands as GNU ls prints them."""
    flags, operands = run.options()
    session, status = run.session, 0
    found: list[tuple[str, Entry]] = []
    for path in operands or ["."]:
        try:
            found.append((path, lookup(session, path)))
        except FileProblem as problem:
            run.err(f"ls: cannot access '{path}': {problem}\n")
            status = 2
    found.sort(key=lambda item: item[0])
    single = [item for item in found if "d" in flags or item[1].kind != "directory"]
    _listing(run, flags, single)
    rest = [item for item in found if item not in single]
    for place, (path, entry) in enumerate(rest):
        if not readable(session, entry):
            run.err(f"ls: cannot open directory '{path}': Permission denied\n")
            status = 2
            continue
        if len(operands) > 1:
            run.line(("\n" if place or single else "") + f"{path}:")
        _directory(run, flags, entry)
    return status


def _directory(run: Invocation, flags: dict[str, str], entry: Entry) -> None:
    files = run.session.node.files
    children = [(child.name, child) for child in files.children(entry.path)]
    if "a" not in flags and "A" not in flags:
        children = [item for item in children if not item[0].startswith(".")]
    if "a" in flags:
        above = files.get(parent(entry.path)) or entry
        children = [(".", entry), ("..", above), *children]
    if "t" in flags:
        children.sort(key=lambda item: item[1].modified, reverse=True)
    if "l" in flags or "n" in flags:
        run.line(f"total {sum(_blocks(child) for _, child in children)}")
    _listing(run, flags, children)


def _listing(run: Invocation, flags: dict[str, str], items: list[tuple[str, Entry]]) -> None:
    if not items:
        return
    session = run.session
    labels = [_shown_label(session, entry) for _, entry in items]
    width = max(len(label) for label in labels)
    if "l" not in flags and "n" not in flags:
        for (name, _), label in zip(items, labels, strict=True):
            run.line(f"{label:>{width}} {name}" if "Z" in flags else name)
        return
    rows = [_row(session, entry) for _, entry in items]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for (name, entry), row, label in zip(items, rows, labels, strict=True):
        shown = f"{label:<{width}} " if "Z" in flags else ""
        inode = f"{entry.inode} " if "i" in flags else ""
        run.line(
            f"{inode}{row[0]} {row[1]:>{widths[1]}} {row[2]:<{widths[2]}} {row[3]:<{widths[3]}} "
            f"{shown}{row[4]:>{widths[4]}} {_date(session, entry.modified)} {name}"
        )


def _row(session: Session, entry: Entry) -> tuple[str, str, str, str, str]:
    size = str(session.node.files.size(entry))
    return permissions(entry), str(_links(session, entry)), entry.owner, entry.group, size


def stat(run: Invocation) -> int:
    """stat -c FORMAT (and --printf), or the plain form."""
    flags, operands = run.options("c", long_with_value=("format", "printf"))
    template = flags.get("c") or flags.get("format") or flags.get("printf")
    status = 0
    for path in operands:
        try:
            entry = lookup(run.session, path)
        except FileProblem as problem:
            run.err(f"stat: cannot statx '{path}': {problem}\n")
            status = 1
            continue
        if template is None:
            template = "  File: %n\n  Size: %s\tInode: %i\nAccess: (%a/%A)  Uid: %U   Gid: %G\nContext: %C\nModify: %y"
        text = expand_format(run.session, template, entry, path)
        run.out(text + ("" if "printf" in flags else "\n"))
    return status


def expand_format(session: Session, template: str, entry: Entry, path: str) -> str:
    """stat's % directives."""
    node = session.node
    mount = node.files.mount_of(entry.path)
    values = {
        "n": path, "C": _shown_label(session, entry), "A": permissions(entry, context_mark=False),
        "a": f"{entry.mode:o}", "U": entry.owner, "G": entry.group, "u": "0", "g": "0", "d": "64768",
        "s": str(node.files.size(entry)), "F": entry.kind, "i": str(entry.inode), "m": mount.target,
        "h": str(_links(session, entry)), "Y": str(int(entry.modified.timestamp())), "N": f"'{path}'",
        "y": f"{entry.modified:%Y-%m-%d %H:%M:%S.%f}000 +0000", "b": str(_blocks(entry) * 2), "f": "41ed",
    }  # fmt: skip
    out, place = "", 0
    while place < len(template):
        if template[place] == "%" and place + 1 < len(template):
            out += values.get(template[place + 1], "?") if template[place + 1] != "%" else "%"
            place += 2
        else:
            out += template[place]
            place += 1
    return out.replace("\\n", "\n").replace("\\t", "\t")


def find(run: Invocation) -> int:
    """find PATH… [-maxdepth N] [-name GLOB] [-type X] [-printf FORMAT]."""
    import fnmatch

    paths, tests = [], list(run.arguments[1:])
    while tests and not tests[0].startswith("-"):
        paths.append(tests.pop(0))
    given = dict(zip(tests[::2], tests[1::2], strict=False))
    depth = int(given.get("-maxdepth", "99"))
    status = 0
    for path in paths or ["."]:
        try:
            top = lookup(run.session, path)
        except FileProblem as problem:
            run.err(f"find: '{path}': {problem}\n")
            status = 1
            continue
        base = tidy(path).count("/") if tidy(path) != "/" else 0
        for entry in run.node.files.below(top.path):
            if entry.path.count("/") - base > depth or not fnmatch.fnmatch(entry.name, given.get("-name", "*")):
                continue
            if given.get("-type") and given["-type"] != ("d" if entry.kind == "directory" else "f"):
                continue
            run.out(_printf(run.session, given["-printf"], entry) if "-printf" in given else entry.path + "\n")
    return status


def _printf(session: Session, template: str, entry: Entry) -> str:
    values = {
        "%Z": entry.label, "%m": f"{entry.mode:o}", "%u": entry.owner, "%g": entry.group, "%p": entry.path,
        "%s": str(session.node.files.size(entry)), "%y": "d" if entry.kind == "directory" else "f",
        "%f": entry.name, "%i": str(entry.inode), "\\t": "\t", "\\n": "\n",
    }  # fmt: skip
    for directive, value in values.items():
        template = template.replace(directive, value)
    return template


def namei(run: Invocation) -> int:
    """namei -l PATH."""
    _, operands = run.options()
    status = 0
    for path in operands:
        run.line(f"f: {path}")
        walked = "/"
        for name in ["/", *tidy(path).strip("/").split("/")]:
            walked = tidy(walked + "/" + name)
            entry = run.node.files.get(walked)
            if entry is None:
                run.line(f"{'':>21}{name} - No such file or directory")
                status = 1
                break
            run.line(f"{permissions(entry, context_mark=False)} {entry.owner} {entry.group} {name}")
    return status


def lsattr(run: Invocation) -> int:
    """lsattr -d PATH…, as e2fsprogs prints XFS and tmpfs flags."""
    flags, operands = run.options()
    status = 0
    for path in operands or ["."]:
        try:
            entry = lookup(run.session, path)
        except FileProblem as problem:
            run.err(f"lsattr: {problem} while trying to stat {path}\n")
            status = 1
            continue
        inside = "d" not in flags and entry.kind == "directory"
        for shown in run.node.files.children(entry.path) if inside else [entry]:
            name = path if shown is entry else shown.path
            run.line(("----i-----------------" if shown.immutable else "----------------------") + f" {name}")
    return status


COMMANDS: dict[str, Builtin] = {
    "ls": ls, "stat": stat, "find": find, "namei": namei, "lsattr": lsattr,
}  # fmt: skip
