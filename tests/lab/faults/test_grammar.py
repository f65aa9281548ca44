"""Lines of a control file, understood or refused in words that help."""

from __future__ import annotations

import pytest

from cnitui.lab.faults.grammar import KINDS, Kind, fault, manual, understood
from tests.conftest import PROJECT


def _example(kind: Kind) -> str:
    value = f"={(*kind.words, '503')[0]}" if kind.words or kind.takes else ""
    return f"{kind.side} {kind.name}{value}"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.side}-{kind.name}")
def test_each_kind_is_understood_everywhere_and_where_it_may_be_said_in_one_place(kind: Kind) -> None:
    assert fault(_example(kind)).kind is kind
    narrowed = f"{_example(kind)} worker-01"
    if kind.somewhere:
        assert fault(narrowed).where == "worker-01"
    else:
        with pytest.raises(ValueError, match="it is written"):
            fault(narrowed)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "is no fault; known: api latency=SECONDS"),
        ("api", "is no fault"),
        ("ssh status=500", "is no fault"),
        ("api status", "it is written `api status=CODE"),
        ("api status=9000", "it is written `api status=CODE"),
        ("api latency=-1", "it is written `api latency=SECONDS"),
        ("api latency=nan", "it is written `api latency=SECONDS"),
        ("api drip=0", "it is written `api drip=BYTES"),
        ("api stall=3", "it is written `api stall"),
        ("api certificate=odd", "expired|not-yet-valid"),
        ("api stall (", "PATH is no regular expression"),
    ],
)
def test_what_is_no_fault_is_refused_with_what_would_be(line: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("|", r"\|")):
        fault(line)


def test_lines_that_make_sense_hold_beside_those_that_do_not() -> None:
    faults, complaints = understood("# all\n\napi stall /log  # the logs\nnonsense\nssh down w*\nssh down w*\n")
    assert [(one.kind.name, one.where) for one in faults] == [("stall", "/log"), ("down", "w*")]
    assert [complaint[:7] for complaint in complaints] == ["line 4:"]


def test_the_documentation_has_a_line_for_each() -> None:
    page = (PROJECT / "docs" / "faults.md").read_text(encoding="utf-8")
    for kind in KINDS:
        form = kind.form.replace("|", r"\|")
        assert f"| `{form}` | {kind.says} |" in page


def test_the_manual_is_a_file_without_faults_that_names_them_all() -> None:
    assert understood(manual()) == ((), ())
    assert all(kind.form in manual() for kind in KINDS)
