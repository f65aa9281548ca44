"""The man pages and the shell completions, made from the command line itself: `python release/share.py FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from click.shell_completion import get_completion_class
from click_man.core import write_man_pages

from cnitui import __version__
from cnitui.cli import run

COMPLETIONS = {
    "bash": "bash-completion/completions/{}",
    "zsh": "zsh/site-functions/_{}",
    "fish": "fish/vendor_completions.d/{}.fish",
}
"""Where each shell looks below `share`."""


def write(folder: Path, name: str = "cnitui") -> None:
    """A `share` folder as it is copied below a prefix: man1 and the completions of bash, zsh and fish."""
    manual = folder / "man" / "man1"
    manual.mkdir(parents=True, exist_ok=True)
    for command in (run, *run.commands.values()):
        command.short_help = command.get_short_help_str(limit=200)  # else the page's NAME ends in an ellipsis
    write_man_pages(name, run, version=__version__, target_dir=str(manual))
    for shell, place in COMPLETIONS.items():
        made = get_completion_class(shell)
        assert made is not None
        file = folder / place.format(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(made(run, {}, name, f"_{name.upper()}_COMPLETE").source(), "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
