"""The documentation: links that lead somewhere, pages that are reached, and what is made from the program."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from click import MissingParameter

from cnitui.cli import run
from cnitui.domain.causes import CATALOGUE
from cnitui.domain.remedies import REMEDIES
from cnitui.options import common
from cnitui.settings import _TOP
from release import pages, site
from tests.conftest import PROJECT

TEXTS = sorted({*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("release/*.md")})
MADE_FOR_THE_SITE = {PROJECT / "docs" / name for name in site.GENERATED}
LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the site is made of."""
    folder = tmp_path_factory.mktemp("site") / "docs"
    site.gather(folder)
    return folder


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_links_and_pictures_lead_to_files_that_are_there(text: Path) -> None:
    for target in LINK.findall(text.read_text("utf-8")):
        if re.match(r"https?:|#", target):
            continue
        file = (text.parent / target.partition("#")[0]).resolve()
        assert file.exists() or file in MADE_FOR_THE_SITE, target


def test_links_lead_somewhere_in_the_site_as_well(gathered: Path) -> None:
    for page in gathered.rglob("*.md"):
        for target in LINK.findall(page.read_text("utf-8")):
            if not re.match(r"https?:|#", target):
                assert (page.parent / target.partition("#")[0]).exists(), f"{page.name}: {target}"


def test_every_page_is_reached_from_the_menu(gathered: Path) -> None:
    def named(entries: list[object]) -> set[str]:
        found: set[str] = set()
        for entry in entries:
            found |= {entry} if isinstance(entry, str) else {one for part in entry.values() for one in named(part)}  # type: ignore[attr-defined]
        return found

    menu = named(tomllib.loads((PROJECT / "zensical.toml").read_text("utf-8"))["project"]["nav"])
    assert menu == {page.relative_to(gathered).as_posix() for page in gathered.rglob("*.md")}


def test_the_generated_pages_tell_of_every_command_key_and_remedy() -> None:
    commands, remedies = pages.commands_page(), pages.remedies_page()
    for name in run.commands:
        assert f"\n## cnitui {name}\n" in commands
    assert "--kubernetes VERSION" in commands, "the lab's own options"
    for remedy in REMEDIES:
        assert f"\n## {remedy.id}: {remedy.title}" in remedies
    assert "| `:` `ctrl+p` | All commands | `app.commands` |" in pages.keys_page()


def test_every_key_and_option_of_the_configuration_is_documented() -> None:
    told = (PROJECT / "docs/configuration.md").read_text("utf-8")
    for key in _TOP:
        assert re.search(rf"^{key}:", told, re.MULTILINE), key
    for option in common(lambda: None).__click_params__:  # type: ignore[attr-defined]
        assert f"--{option.name.replace('_', '-')}" in told or f"{option.opts[-1]}" in told


def test_what_a_claim_is_held_to_by_is_there() -> None:
    named = re.findall(r"`((?:tests|bench)/[^`]+)`", (PROJECT / "docs/claims.md").read_text("utf-8"))
    assert len(named) > 25
    assert [name for name in named if not (PROJECT / name).exists()] == []


def test_the_first_pages_count_the_causes_right() -> None:
    for name in ("docs/index.md", "README.md"):
        assert f"which of {len(CATALOGUE)} known causes" in " ".join((PROJECT / name).read_text("utf-8").split())


# --- what is written as a command is one ------------------------------------------------------------------------------

CALL = re.compile(r"(?:^|\| |/|`|\$\()(?:cnitui|kubectl cnitui)(?= |$|`)([^`|#>()&]*)")
LITERAL = re.compile(r"^    (?! )(.+)$|`((?:cnitui|kubectl cnitui)[^`]*)`", re.MULTILINE)


def told() -> Iterator[tuple[str, str]]:
    """Every call of cnitui in a literal block or in back quotes, with the text it is in."""
    for text in (one for one in TEXTS if one.name != "CHANGELOG.md"):
        for block, quoted in LITERAL.findall(text.read_text("utf-8")):
            for arguments in CALL.findall(block or quoted):
                if "…" not in arguments and "[" not in arguments:
                    yield text.relative_to(PROJECT).as_posix(), arguments.strip()


@pytest.mark.parametrize(("text", "arguments"), sorted(set(told())))
def test_a_command_that_is_told_exists_with_its_options(text: str, arguments: str) -> None:
    words = shlex.split(arguments)
    with run.make_context("cnitui", words, allow_extra_args=True) as ctx:
        rest = [*ctx._protected_args, *ctx.args]
        if rest and not rest[0].isupper():
            with suppress(MissingParameter):  # a command may be named without what it is to work on
                run.commands[rest[0]].make_context(rest[0], rest[1:], parent=ctx)


def test_commands_are_found_in_the_documentation() -> None:
    assert len(set(told())) > 50
