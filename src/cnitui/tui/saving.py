"""What `ctrl+s` saves: the focused log, open nodes' transcripts, the report on the last step, else the case file.

All of them leave without secrets; of a log a person may ask for the bytes as they came.
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from pathlib import Path

from cnitui.domain.redaction import Redactor, hidden_words, parts_of
from cnitui.engine.cases.progress import Told, untold
from cnitui.engine.cases.saving import save_case
from cnitui.engine.judging.listings import Listings
from cnitui.engine.ports import CaseFiles
from cnitui.engine.reports.forms import FORMS, as_report
from cnitui.engine.reports.transcript import as_session
from cnitui.engine.services import Services
from cnitui.engine.session import Session
from cnitui.engine.state import State
from cnitui.errors import StateError
from cnitui.late_dataclass import dataclass
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
        feed = focused.feed
        parts = filter(None, (feed.node or "logs-by-time", feed.container, feed.moment, moment))
        name = f"{'-'.join(map(_plain, parts))}.log"
        return Saving("Save everything kept of this log", name, log=focused)
    context = _plain(state.connection.context or "cluster")
    if step == REPORT_STEP:
        return Saving("Save the report: .html, .md or .json", f"cnitui-report-{context}-{moment}.html", report=True)
    return Saving("Save a case file: all evidence, without secrets", f"cnitui-{context}-{moment}.tar.gz")


def _plain(name: str) -> str:
    return _UNUSUAL.sub("_", name)[:60].strip("._") or "x"


def file_of(name: str) -> Path:
    """The file that a typed name means: `~` is understood."""
    return Path(name).expanduser()


async def save(
    saving: Saving, path: Path, services: Services, session: Session, *, raw: bool = False, told: Told = untold
) -> str:
    """Save it and answer what was written, in words; `raw` is for logs alone, `told` hears how far it is.

    Cancelled, it leaves nothing on disk. Raises CnituiErrors.
    """
    state = session.state
    files = services.files
    if files is None:
        raise StateError("nothing can be saved here")
    files.check(path, overwrite=False)
    if saving.log is not None:
        return await _save_log(files, path, saving.log, told, raw=raw)
    if saving.text:
        files.write_bytes(path, saving.text.encode("utf-8", "replace"), overwrite=False)
        return f"saved {saving.text.count(chr(10)):,} lines to {path}"
    if saving.report:
        return _save_report(files, path, state, services.clock.now())
    saved = await save_case(services, state, path, kept=session.logs.forgotten(), told=told)
    hidden = f", {saved.hidden} secrets hidden" if saved.hidden else ""
    missing = f"; {len(saved.unavailable)} could not be read" if saved.unavailable else ""
    return f"saved {saved.pieces} pieces of evidence to {path}{hidden}{missing}"


async def _save_log(files: CaseFiles, path: Path, log: LogPane, told: Told, *, raw: bool) -> str:
    data = log.kept()
    lines = f"saved {data.count(bytes([10])):,} lines to {path}"
    if raw:
        files.write_bytes(path, data, overwrite=False)
        return f"{lines} as they came: what is secret in them is in the file"
    redactor, clean, done = Redactor(), list[bytes](), 0
    for part in parts_of(data):
        done += len(part)
        told(f"taking the secrets out: {100 * done // len(data)} % of the log")
        clean.append(redactor.data(part, path.name))
        await asyncio.sleep(0)  # keys and screen get their turn: a log may be long
    files.write_bytes(path, b"".join(clean), overwrite=False)
    hidden = hidden_words(redactor.hidden)
    return f"{lines}; hidden: {hidden}" if hidden else f"{lines}; nothing in them looked like a secret"


def _save_report(files: CaseFiles, path: Path, state: State, at: datetime) -> str:
    report = as_report(state, at, FORMS.get(path.suffix.lower(), "markdown"))
    files.write_bytes(path, report.encode("utf-8", "replace"), overwrite=False)
    return f"saved the report to {path}"
