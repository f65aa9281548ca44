"""df, findmnt, mount and du: the mounts of a node."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cnitui.lab.machine.files import Mount
from cnitui.lab.shell.reading import FileProblem, lookup

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnitui.lab.shell.invocation import Builtin, Invocation


def _mounts_of(run: Invocation, paths: list[str]) -> tuple[list[Mount], int]:
    if not paths:
        return [m for m in run.node.files.mounts if m.size], 0
    found: list[Mount] = []
    status = 0
    for path in paths:
        try:
            found.append(run.node.files.mount_of(lookup(run.session, path).path))
        except FileProblem as problem:
            run.complain(f"{path}: {problem}")
            status = 1
    return found, status


def df(run: Invocation) -> int:
    """df [-P] [-i] [-k] [-h] [-T] PATH…."""
    flags, operands = run.options("B")
    mounts, status = _mounts_of(run, operands)
    if not mounts:
        return status
    header, cells = (_inode_header(flags), _inodes) if "i" in flags else (_block_header(flags), _blocks_of(flags))
    rows = [header, *(cells(mount) for mount in mounts)]
    if "T" in flags:
        kinds = ["Type", *(mount.fstype for mount in mounts)]
        rows = [[row[0], kind, *row[1:]] for row, kind in zip(rows, kinds, strict=True)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header) + ("T" in flags))]
    left = (0, 1) if "T" in flags else (0,)
    for row in rows:
        padded = [c.ljust(w) if n in left else c.rjust(w) for n, (c, w) in enumerate(zip(row, widths, strict=True))]
        run.line(" ".join([*padded[:-1], row[-1]]))
    return status


def _block_header(flags: dict[str, str]) -> list[str]:
    size = "Size" if "h" in flags else ("1024-blocks" if "P" in flags else "1K-blocks")
    available = "Avail" if "h" in flags else "Available"
    return ["Filesystem", size, "Used", available, "Capacity" if "P" in flags else "Use%", "Mounted on"]


def _blocks_of(flags: dict[str, str]) -> Callable[[Mount], list[str]]:
    def cells(mount: Mount) -> list[str]:
        sizes = [mount.size, mount.used, mount.available]
        shown = [_human(kib) for kib in sizes] if "h" in flags else [str(kib) for kib in sizes]
        return [_source(mount), *shown, _percent(mount.used, mount.used + mount.available), mount.target]

    return cells


def _human(kib: int) -> str:
    size = float(kib)
    for unit in "KMGT":
        if size < 1024 or unit == "T":
            return f"{size:.1f}{unit}" if size < 10 and unit != "K" else f"{size:.0f}{unit}"
        size /= 1024
    return ""


def _inode_header(_flags: dict[str, str]) -> list[str]:
    return ["Filesystem", "Inodes", "IUsed", "IFree", "IUse%", "Mounted on"]


def _inodes(mount: Mount) -> list[str]:
    free = max(0, mount.inodes - mount.inodes_used)
    used = _percent(mount.inodes_used, mount.inodes)
    return [_source(mount), str(mount.inodes), str(mount.inodes_used), str(free), used, mount.target]


def _source(mount: Mount) -> str:
    return mount.source.partition("[")[0]


def _percent(part: int, whole: int) -> str:
    return f"{-(-part * 100 // whole)}%" if whole else "-"


def findmnt(run: Invocation) -> int:
    """findmnt [-T PATH | TARGET] [-n] [-J] [-o COLUMNS]."""
    flags, operands = run.options("To", long_with_value=("target", "output"))
    asked = flags.get("T") or flags.get("target")
    if asked is not None:
        mounts, status = _mounts_of(run, [asked, *operands])
    else:
        mounts = [m for m in run.node.files.mounts if not operands or m.target in operands]
        status = int(not mounts)
    if not mounts:
        return status or 1
    columns = (flags.get("o") or flags.get("output") or "TARGET,SOURCE,FSTYPE,OPTIONS").upper().split(",")
    rows = [[_column(mount, column) for column in columns] for mount in mounts]
    if "J" in flags or "json" in flags:
        run.line(_json(columns, rows))
        return status
    if "n" not in flags and "noheadings" not in flags:
        rows.insert(0, columns)
    widths = [max(len(row[place]) for row in rows) for place in range(len(columns))]
    for row in rows:
        run.line(" ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return status


def _column(mount: Mount, name: str) -> str:
    values = {
        "TARGET": mount.target, "SOURCE": mount.source, "FSTYPE": mount.fstype, "OPTIONS": mount.options,
        "FS-OPTIONS": ",".join(f for f in mount.flags if f not in ("nosuid", "nodev", "noexec", "relatime")),
        "VFS-OPTIONS": ",".join(f for f in mount.flags if f in ("ro", "rw", "nosuid", "nodev", "noexec", "relatime")),
        "AVAIL": _human(mount.available), "SIZE": _human(mount.size), "USED": _human(mount.used),
        "USE%": _percent(mount.used, mount.size), "PROPAGATION": "shared", "FSROOT": mount.root,
    }  # fmt: skip
    return values.get(name, "")


def _json(columns: list[str], rows: list[list[str]]) -> str:
    listed = [dict(zip([column.lower() for column in columns], row, strict=True)) for row in rows]
    return json.dumps({"filesystems": listed}, indent=3)


def mount(run: Invocation) -> int:
    """mount without operands, or -o remount,OPTION PATH as root."""
    flags, operands = run.options("ot")
    if not operands:
        for held in run.node.files.mounts:
            run.line(f"{held.source} on {held.target} type {held.fstype} ({held.options})")
        return 0
    if not run.session.root:
        run.err('mount: only root can use "--options" option\n')
        return 1
    held = run.node.files.mount_of(operands[-1])
    for option in flags.get("o", "").split(","):
        if option in ("ro", "rw"):
            held.options = ",".join([option, *(flag for flag in held.flags if flag not in ("ro", "rw"))])
    return 0


def du(run: Invocation) -> int:
    """du [-x] [-k] [-h] [--inodes] [--max-depth=N] PATH…: files in blocks of 4 KiB, of one filesystem alone."""
    flags, operands = run.options("d", long_with_value=("max-depth",))
    depth = int(flags.get("max-depth") or flags.get("d") or 999)
    files, status = run.node.files, 0
    for path in operands or ["."]:
        try:
            top = lookup(run.session, path).path
        except FileProblem as problem:
            run.complain(f"cannot access '{path}': {problem}")
            status = 1
            continue
        held = [entry for entry in files.below(top) if files.mount_of(entry.path) is files.mount_of(top)]
        for directory in reversed([entry for entry in held if entry.kind == "directory"]):
            inside = [one for one in held if f"{one.path}/".startswith(f"{directory.path.rstrip('/')}/")]
            if directory.path.removeprefix(top).count("/") > depth:
                continue
            kib = sum(-(-files.size(one) // 4096) * 4 for one in inside if one.kind != "directory")
            shown = str(len(inside)) if "inodes" in flags else _human(kib) if "h" in flags else str(kib)
            run.line(f"{shown}\t{directory.path}")
    return status


COMMANDS: dict[str, Builtin] = {"df": df, "findmnt": findmnt, "mount": mount, "du": du}
