"""Pages of the documentation that are made from the program itself, so that they cannot be wrong about it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import click
from markdown.extensions.toc import slugify

from cnitui.cli import run
from cnitui.domain.causes import CATALOGUE
from cnitui.domain.remedies import REMEDIES, Remedy
from cnitui.domain.remedies.cures import CURES, cures
from cnitui.tui.binding_table import key_rows


def commands_page() -> str:
    """Every command with its help."""
    return "\n".join(_commands()) + "\n"


def _commands() -> Iterator[str]:
    yield "# Commands\n"
    yield "What `cnitui COMMAND --help` prints. Exit codes are [told together](exit-codes.md).\n"
    yield from _help(click.Context(run, info_name="cnitui"), "cnitui")
    for name, command in run.commands.items():
        title = f"cnitui {name}"
        yield from _lab_help() if name == "lab" else _help(click.Context(command, info_name=title), title)


def _help(ctx: click.Context, title: str) -> Iterator[str]:
    ctx.max_content_width = ctx.terminal_width = 100
    yield _section(title, ctx.command.get_help(ctx))


def _lab_help() -> Iterator[str]:
    """The lab imports nothing of ours, and so has a command line of its own."""
    plain = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    asked = [sys.executable, "-m", "cnitui.lab", "--help"]
    yield _section("cnitui lab", subprocess.run(asked, check=True, capture_output=True, text=True, env=plain).stdout)


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n```text\n{text.rstrip()}\n```\n"


def keys_page() -> str:
    """Every key by the place where it works, with the id that the configuration may name."""
    return "\n".join(_keys()) + "\n"


def _keys() -> Iterator[str]:
    yield "# Keys\n"
    yield "`?` shows those of the screen you are on, as you may have changed them; the bottom line has the useful ones."
    yield "Another key is given by id in the [configuration](configuration.md): `keys: {screen.guide: f9}`."
    yield "`cnitui info --keys` lists the ids, too."
    place = ""
    for where, name, key, meaning in key_rows():
        if where != place:
            place = where
            yield f"\n## {place}\n\n| key | | id |\n|---|---|---|"
        shown = " ".join(f"`{_shown(one)}`" for one in key.split(","))
        yield f"| {shown} | {meaning.replace('|', chr(92) + '|')} | `{name}` |"


_SIGNS = {
    "slash": "/", "question_mark": "?", "colon": ":", "ampersand": "&", "left_square_bracket": "[", "comma": ",",
    "right_square_bracket": "]", "plus": "+", "minus": "-", "less_than_sign": "<", "greater_than_sign": ">",
    "equals_sign": "=", "full_stop": ".", "asterisk": "*", "number_sign": "#", "vertical_line": "pipe",
}  # fmt: skip


def _shown(key: str) -> str:
    return _SIGNS.get(key, key)


def remedies_page() -> str:
    """Every remedy: what it does, costs and risks, and against which causes."""
    return "\n".join(_remedies()) + "\n"


def _remedies() -> Iterator[str]:
    yield "# Remedies\n"
    yield "What can be done about what was found. Step 7 of the guide shows which of them fit the cluster at hand,"
    yield "which do not, and why; `cnitui explain REMEDY` prints one. Those that cnitui carries out are plans:"
    yield "previewed by the API server's own dry run, guarded against what changed meanwhile, confirmed by typing the"
    yield "context's name, followed node by node, verified, and taken back with `cnitui undo`."
    for remedy in REMEDIES:
        yield from _remedy(remedy, "##", [cause.id for cause in CATALOGUE if remedy.id in cause.remedies])
    yield "\n## Against a single cause"
    for remedy in cures():
        yield from _remedy(remedy, "###", [cause for cause, cure in CURES.items() if cure is remedy])
    yield "\nWhich cause has a plan, and why the others have none, is told"
    yield "[with the causes](causes.md#what-cnitui-carries-out)."


def _remedy(remedy: Remedy, level: str, causes: list[str]) -> Iterator[str]:
    guide = f" ({remedy.guide})" if remedy.guide else ""
    yield f"\n{level} {remedy.id}: {remedy.title}{guide}\n\n{remedy.summary}\n"
    yield from (f"- {line}" for line in remedy.trade_offs)
    by = "cnitui, once previewed and confirmed" if remedy.applicable else "you, by the commands that step 7 fills in"
    yield f"\n**Applied by** {by}.\n"
    yield f"**Risk:** {remedy.risk}.\n"
    yield f"**Touches** {remedy.blast_radius}.\n"
    yield f"**Undo:** {remedy.undo or 'it cannot be taken back'}.\n"
    yield f"**Causes:** {', '.join(f'[{cause}](causes.md#{_anchor(cause)})' for cause in causes)}"
    if remedy.correction:
        yield f'\n!!! note "What the founding guide gets wrong"\n    {remedy.correction}'


def _anchor(cause: str) -> str:
    """That of its heading, as markdown's toc makes it."""
    title = next(one.title for one in CATALOGUE if one.id == cause)
    return str(slugify(f"{cause}: {title}", "-"))
