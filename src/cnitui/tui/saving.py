"""What `ctrl+s` saves: the focused log, open nodes' transcripts, the report on the last step, else the case file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cnitui.engine.cases.saving import save_case
from cnitui.engine.judging.listings import Listings
from cnitui.engine.ports import CaseFiles
from cnitui.engine.reports.account import as_report
from cnitui.engine.reports.transcript import as_session
from cnitui.engine.services import Services
from cnitui.engine.session import Session
from cnitui.engine.state import State
from cnitui.errors import StateError
from cnitui.tui.widgets.log.pane import LogPane

REPORT_STEP = 11
_UNUSUAL = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Saving:
    """What is to be saved, what the dialog says, and the name it offers."""

    title: str
    suggestion: str
    log: LogPane | None = None
    report: bool = False
    text: str = ""


def saving_of(state: State, at: datetime, step: int, focused: object, opened: Listings = ()) -> Saving:
    """`step` is the guide's when that is shown full screen, else 0; `opened` are the nodes whose listings are."""
    moment = f"{at:%Y%m%dT%H%M}Z"
    if opened:
        names = [node.name for node in opened]
        title = f"Save what was run on {' and '.join(names)}, without secrets"
        return Saving(title, f"{'-'.join(map(_plain, names))}-{moment}.txt", text=as_session(opened))
    if isinstance(focused, LogPane):
        name = f"{_plain(focused.feed.node)}-{_plain(focused.feed.container)}-{moment}.log"
        return Saving("Save everything kept of this log", name, log=focused)
    context = _plain(state.connection.context or "cluster")
    if step == REPORT_STEP:
        return Saving("Save the report (.md, or .json)", f"cnitui-report-{context}-{moment}.md", report=True)
    return Saving("Save a case file: all evidence, without secrets", f"cnitui-{context}-{moment}.tar.gz")


def _plain(name: str) -> str:
    return _UNUSUAL.sub("_", name)[:60].strip("._") or "x"


def file_of(name: str) -> Path:
    """The file that a typed name means: `~` is understood."""
    return Path(name).expanduser()


async def save(saving: Saving, path: Path, services: Services, session: Session) -> str:
    """Save it and answer what was written, in words; raises CnituiErrors."""
    state = session.state
    files = services.files
    if files is None:
        raise StateError("nothing can be saved here")
    files.check(path, overwrite=False)
    if saving.log is not None:
        return f"saved {saving.log.save(path)} lines to {path}"
    if saving.text:
        files.write_text(path, saving.text, overwrite=False)
        return f"saved {saving.text.count(chr(10)):,} lines to {path}"
    if saving.report:
        return _save_report(files, path, state, services.clock.now())
    saved = await save_case(services, state, path, kept=session.logs.forgotten())
    hidden = f", {saved.hidden} secrets hidden" if saved.hidden else ""
    missing = f"; {len(saved.unavailable)} could not be read" if saved.unavailable else ""
    return f"saved {saved.pieces} pieces of evidence to {path}{hidden}{missing}"


def _save_report(files: CaseFiles, path: Path, state: State, at: datetime) -> str:
    files.write_text(path, as_report(state, at, markdown=path.suffix != ".json"), overwrite=False)
    return f"saved the report to {path}"
