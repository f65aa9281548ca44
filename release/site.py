"""What the documentation's site is made of, gathered into one folder: `python release/site.py build/docs`.

Beside `docs/` these are the pages that are made from the program, the pictures, and texts of the project's root. Links
to them are written as they work in the repository (`../screenshots/x.png`), and are made right for the site here.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from release import pages  # noqa: E402 - run as a program, it is found from above

TEXTS = {"CONTRIBUTING.md": "contributing.md", "ARCHITECTURE.md": "architecture.md", "CHANGELOG.md": "changelog.md"}
GENERATED = {
    "commands.md": pages.commands_page,
    "keys.md": pages.keys_page,
    "remedies.md": pages.remedies_page,
}
_LINK = re.compile(r"(?P<text>!?\[[^\]]*\])\((?P<target>[^)\s]+)\)")


def gather(folder: Path) -> None:
    """Write the folder anew."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(PROJECT / "docs", folder)
    shutil.copytree(
        PROJECT / "screenshots", folder / "screenshots", ignore=shutil.ignore_patterns("*.svg", "*.py", "__*")
    )
    for name, place in TEXTS.items():
        shutil.copy(PROJECT / name, folder / place)
    for name, made in GENERATED.items():
        (folder / name).write_text(made(), "utf-8")
    for page in folder.rglob("*.md"):
        whence = PROJECT if page.name in TEXTS.values() else PROJECT / "docs"
        page.write_text(relinked(page.read_text("utf-8"), whence / page.relative_to(folder), folder), "utf-8")


def relinked(text: str, origin: Path, site: Path) -> str:
    """The text with links to files as they lie in the site; what is not shown there (sources) loses its link."""

    def link(found: re.Match[str]) -> str:
        target, hash_, anchor = found["target"].partition("#")
        if not target or ":" in target:
            return found[0]
        place = _place((origin.parent / target).resolve(), site)
        if place is None:
            return found["text"].strip("![]")
        here = origin.relative_to(PROJECT / "docs").parent if origin.is_relative_to(PROJECT / "docs") else Path()
        return f"{found['text']}({'../' * len(here.parts)}{place}{hash_}{anchor})"

    return _LINK.sub(link, text)


def _place(file: Path, site: Path) -> str | None:
    """Where a file of the project is in the site, None where it is not; a docs page that is missing keeps its name."""
    name = file.relative_to(PROJECT).as_posix() if file.is_relative_to(PROJECT) else ""
    if name in TEXTS:
        return TEXTS[name]
    if name.startswith("docs/"):
        return name.removeprefix("docs/")
    return name if name.startswith("screenshots/") and (site / name).exists() else None


if __name__ == "__main__":
    gather(Path(sys.argv[1]))
