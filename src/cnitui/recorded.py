"""Judging what somebody recorded or pasted: no cluster, no session, nothing slow to import."""

from __future__ import annotations

from pathlib import Path

import click

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import CaseFile
from cnitui.domain.finding import Diagnosis
from cnitui.domain.report import as_json, as_markdown, as_text
from cnitui.errors import UsageError
from cnitui.gateways.casefile import read_case, read_paste

HEALTHY, FOUND, UNDECIDED = 0, 3, 4


def run_diagnose_recorded(case: str, text: str, output: str) -> int:
    """Judge a case file or a paste and print it; exit code as for a cluster."""
    diagnosis = diagnose(_read(case, text))
    click.echo(told(diagnosis, output))
    return exit_code(diagnosis)


def _read(case: str, text: str) -> CaseFile:
    if case and text:
        raise UsageError("--case and --text exclude each other", "Give one of them.")
    if case:
        return read_case(Path(case))
    return read_paste(None if text == "-" else Path(text))


def told(diagnosis: Diagnosis, output: str) -> str:
    """The diagnosis in one of the three forms."""
    if output == "json":
        return as_json(diagnosis)
    return as_markdown(diagnosis) if output == "markdown" else as_text(diagnosis)


def exit_code(diagnosis: Diagnosis) -> int:
    """0 nothing fails, 3 a cause is confirmed or likely, 4 undetermined."""
    if diagnosis.status == "healthy":
        return HEALTHY
    return FOUND if diagnosis.confident else UNDECIDED
