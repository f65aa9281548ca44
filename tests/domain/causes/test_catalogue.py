from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import cnitui.domain.causes as package
from cnitui.domain.causes import CATALOGUE
from cnitui.domain.causes.base import HEADINGS, Cause
from cnitui.domain.explain import as_document
from cnitui.domain.parsing.messages import messages
from cnitui.domain.remedies import REMEDIES, remedy
from cnitui.domain.remedies.cures import CURES, NO_CURE

PROJECT = Path(__file__).resolve().parents[3]


def test_every_module_that_holds_a_cause_is_listed_once_and_named_after_its_id() -> None:
    modules = [
        m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_") and m.name != "base"
    ]
    held = {name: importlib.import_module(f"cnitui.domain.causes.{name}").CAUSE for name in modules}
    assert sorted(held) == sorted(cause.id.replace("-", "_") for cause in CATALOGUE)
    assert {name: cause.id.replace("-", "_") for name, cause in held.items()} == {name: name for name in held}


@pytest.mark.parametrize("cause", CATALOGUE, ids=lambda cause: cause.id)
def test_a_cause_is_documented_under_every_heading(cause: Cause) -> None:
    assert set(cause.explanation) == set(HEADINGS)
    assert all(len(text) > 20 for text in cause.explanation.values())


@pytest.mark.parametrize("cause", CATALOGUE, ids=lambda cause: cause.id)
def test_a_cause_names_remedies_that_exist_and_says_its_fix(cause: Cause) -> None:
    assert set(cause.remedies) <= {remedy.id for remedy in REMEDIES}
    assert cause.fix
    assert set(re.findall(r"\{(\w+)\}", cause.fix)) <= {"node", "bin_dir", "net_dir", "daemonset"}


@pytest.mark.parametrize("cause", CATALOGUE, ids=lambda cause: cause.id)
def test_a_cause_has_a_plan_or_the_reason_why_it_has_none(cause: Cause) -> None:
    by_patch = any(remedy(name).applicable for name in cause.remedies)
    assert [by_patch, cause.id in CURES, cause.id in NO_CURE].count(True) == 1


def test_messages_speak_for_causes_of_the_catalogue_only() -> None:
    named = {cause for message in messages() for cause in message.causes}
    assert named <= {cause.id for cause in CATALOGUE}


def test_the_document_of_causes_is_what_the_catalogue_says() -> None:
    assert (PROJECT / "docs" / "causes.md").read_text() == as_document(), "run `python -m cnitui.domain.explain`"


@pytest.mark.shared
def test_the_catalogue_covers_the_taxonomy(shared: Path) -> None:
    taxonomy = (shared / "corpus" / "TAXONOMY.md").read_text()
    ids = re.findall(r"^\| `([a-z-]+)` \| ", taxonomy, re.MULTILINE)
    assert [cause.id for cause in CATALOGUE if cause.id in ids] == [i for i in dict.fromkeys(ids) if "/" not in i]
    assert {cause.id for cause in CATALOGUE} <= set(ids)
