"""The house as it is built: who may import whom, and what an import really loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.api import read_configuration

from cnitui.domain.causes import CATALOGUE
from cnitui.engine.guide import guide
from cnitui.engine.guide.steps import STEPS
from cnitui.engine.state import State
from tests.conftest import PROJECT

SOURCE = PROJECT / "src" / "cnitui"
HEAVY = ("textual", "rich", "kubernetes", "asyncssh", "yaml", "aiohttp", "msgspec", "click")


def loaded_by(statement: str) -> set[str]:
    """Top-level modules in a fresh interpreter after the statement."""
    program = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(answer.stdout.split())


def test_every_import_contract_is_kept() -> None:
    answer = subprocess.run([_script("lint-imports"), "--no-cache"], capture_output=True, text=True, cwd=PROJECT)
    assert answer.returncode == 0, answer.stdout
    contracts = read_configuration(str(PROJECT / "pyproject.toml"))["contracts_options"]
    assert f"Contracts: {len(contracts)} kept, 0 broken" in answer.stdout


def _script(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def test_the_domain_loads_no_toolkit_and_no_client() -> None:
    assert not loaded_by("import cnitui.domain.diagnosis, cnitui.domain.remedies") & set(HEAVY)


def test_the_engine_loads_no_toolkit_and_no_client() -> None:
    loaded = loaded_by("import cnitui.engine.session, cnitui.engine.guide, cnitui.engine.reports.forms")
    assert not loaded & {"textual", "rich", "kubernetes", "asyncssh", "yaml", "aiohttp", "click", "jinja2"}


def test_the_first_frame_loads_no_client() -> None:
    assert not loaded_by("import cnitui.launch") & {"kubernetes", "asyncssh", "aiohttp", "yaml", "msgspec"}


def test_the_first_frame_loads_nothing_of_what_comes_after_it() -> None:
    program = "import sys, cnitui.launch; print(*(name for name in sys.modules if name.startswith('cnitui.')))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    inner = {name for name in answer.stdout.split() if name.startswith(("cnitui.domain", "cnitui.engine"))}
    assert inner <= {"cnitui.engine", "cnitui.engine.contexts"}


def test_help_loads_the_command_line_only() -> None:
    assert not loaded_by("import cnitui.cli") & {"textual", "kubernetes", "asyncssh", "aiohttp", "yaml"}


@pytest.mark.parametrize(
    ("package", "owner"),
    [
        ("asyncssh", "gateways/ssh"),
        ("kubernetes", "gateways/kubernetes"),
        ("aiohttp_socks", "gateways/kubernetes/socks.py"),
        ("yaml", "gateways/documents.py"),
        ("jinja2", "engine/reports/html/render.py"),
        ("mcp", "mcp/server.py"),
    ],
)
def test_each_client_library_has_one_importer(package: str, owner: str) -> None:
    importers = [
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if not {"lab", "roles"} & set(path.relative_to(SOURCE).parts)  # the role is run by Ansible, not by us
        and any(
            line.strip().startswith((f"import {package}", f"from {package}"))
            for line in path.read_text("utf-8").splitlines()
        )
    ]
    assert importers
    assert all(importer.startswith(owner) for importer in importers), importers


def test_frozen_dataclasses_compile_nothing_when_they_are_imported() -> None:
    """In the lab they may: it knows nothing of ours, and no screen waits for it."""
    early = [
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if not {"lab", "roles"} & set(path.relative_to(SOURCE).parts)
        and "@dataclass(frozen=True" in (text := path.read_text("utf-8"))
        and "from cnitui.late_dataclass import dataclass" not in text
    ]
    assert early == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path) for path in SOURCE.rglob("*.py") if not path.read_text("utf-8").startswith('"""')]
    assert silent == []


def test_every_cause_is_reached_from_some_step_of_the_guide() -> None:
    named = {cause for step in STEPS for cause in step.causes}
    assert {cause.id for cause in CATALOGUE} <= named


def test_the_guide_has_its_eleven_steps_before_anything_is_known() -> None:
    views = guide(State())
    assert [view.number for view in views] == list(range(1, 12))
    assert all(view.headline and view.why for view in views)
