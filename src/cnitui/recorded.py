"""Judging what somebody recorded or pasted, without a cluster and without anything slow to import."""

from __future__ import annotations

from pathlib import Path

import click

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import CaseFile
from cnitui.domain.finding import Diagnosis
from cnitui.domain.report import as_json, as_markdown, as_text, nodes_of
from cnitui.errors import UsageError
from cnitui.gateways.archive import is_bundle
from cnitui.gateways.casefile import read_case, read_paste

HEALTHY, FOUND, UNDECIDED = 0, 3, 4


def run_diagnose_recorded(case: str, text: str, output: str, cause: str = "") -> int:
    """Judge a case file or a paste and print it; exit code as for a cluster."""
    diagnosis = _judged(case, text)
    click.echo(told(diagnosis, output, cause), nl=not cause)
    return exit_code(diagnosis)


def _judged(case: str, text: str) -> Diagnosis:
    if case and not text and is_bundle(Path(case)):
        return _bundle_judged(Path(case))
    return diagnose(_read(case, text))


def _bundle_judged(path: Path) -> Diagnosis:
    """What a case file of ours comes to, by the session that judges a cluster."""
    import asyncio

    from cnitui.engine.cases.saving import diagnosed
    from cnitui.gateways.bundle import Bundles, read_bundle
    from cnitui.gateways.documents import dump_yaml

    with asyncio.Runner() as runner:
        return runner.run(diagnosed(read_bundle(path), Bundles(path.parent), dump_yaml))


def _read(case: str, text: str) -> CaseFile:
    if case and text:
        raise UsageError("--case and --text exclude each other", "Give one of them.")
    if case:
        return read_case(Path(case))
    return read_paste(None if text == "-" else Path(text), lambda words: click.echo(f"cnitui: {words}", err=True))


def told(diagnosis: Diagnosis, output: str, cause: str = "") -> str:
    """The diagnosis in one of the three forms, or only the nodes of a cause."""
    if cause:
        return nodes_of(diagnosis, cause)
    if output == "json":
        return as_json(diagnosis)
    return as_markdown(diagnosis) if output == "markdown" else as_text(diagnosis)


def exit_code(diagnosis: Diagnosis) -> int:
    """0 nothing fails, 3 a cause is confirmed or likely, 4 undetermined."""
    if diagnosis.status == "healthy":
        return HEALTHY
    return FOUND if diagnosis.confident else UNDECIDED
