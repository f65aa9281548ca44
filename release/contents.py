"""What the built files hold, and what they must not: `python release/contents.py dist`; exit code 1 with each fault."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

NEEDED = (
    "cnitui/cli.py",
    "cnitui/py.typed",
    "cnitui/tui/cnitui.tcss",
    "cnitui/engine/reports/html/report.html",
    "cnitui/roles/calico_install_cni/tasks/main.yml",
)
"""One of each kind of file that is no module but is read when cnitui runs."""
LARGEST = 4 << 20
"""Bytes of a wheel or sdist: it is code; a picture or a capture that slipped in shows here."""


def faults(folder: Path) -> Iterator[str]:
    """What is wrong with the one wheel and the one sdist of a folder."""
    for pattern, names_of, below in (("*.whl", _wheel, ""), ("*.tar.gz", _sdist, "src/")):
        found = sorted(folder.glob(pattern))
        if len(found) != 1:
            yield f"{folder}: {len(found)} files match {pattern}, expected one"
        for file in found:
            yield from (f"{file.name}: {fault}" for fault in _of(file, names_of(file), below))


def _of(file: Path, names: list[str], below: str) -> Iterator[str]:
    yield from (f"{name} is missing" for name in NEEDED if f"{below}{name}" not in names)
    for name in names:
        if name.split("/", 1)[0] in ("tests", "screenshots", "bench", "docs", ".ci", ".git"):
            yield f"{name} does not belong in it"
        if name.endswith((".pyc", ".png", ".svg")):
            yield f"{name} is no source"
    if file.stat().st_size > LARGEST:
        yield f"larger than {LARGEST >> 20} MiB"


def _wheel(file: Path) -> list[str]:
    with zipfile.ZipFile(file) as archive:
        return archive.namelist()


def _sdist(file: Path) -> list[str]:
    """Names below the folder that an sdist unpacks to."""
    with tarfile.open(file) as archive:
        return [name.split("/", 1)[1] for name in archive.getnames() if "/" in name]


if __name__ == "__main__":
    told = list(faults(Path(sys.argv[1])))
    print(*told, sep="\n", file=sys.stderr)
    sys.exit(bool(told))
