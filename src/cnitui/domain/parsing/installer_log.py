"""install-cni's log, in the four formats it has had, to records and to how far it got.

The shell installer (v3.0-v3.15) prints bare lines; v3.16-v3.22 logrus `time="…" level=info msg="…"`; v3.23-v3.27
`2024-03-22 20:01:51.023 [INFO][1] cni-installer/<nil> <nil>: …` (v3.23-v3.25 mix both in one log); from v3.28 the file
and line stand where `<nil>` was (projectcalico/calico cni-plugin/pkg/install/install.go at these tags).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from cnitui.domain.facts import Attempt, LogLine, Milestones, Stage
from cnitui.late_dataclass import dataclass

Level = Literal["", "debug", "info", "warning", "error", "fatal"]
Format = Literal["shell", "logrus", "calico", ""]

LONGEST_LINE = 4096
"""Characters of a line that are looked at; what matters in a longer one stands at its beginning."""

_LOGRUS = re.compile(
    r'time="(?P<time>[^"]{1,40})" level=(?P<level>\w{1,10}) msg="(?P<msg>(?:[^"\\]|\\.)*)"(?P<rest>.*)'
)
_LOGRUS_ERROR = re.compile(r' error="?(?P<error>(?:[^"\\]|\\.)*)"?')
_CALICO = re.compile(
    r"(?:\d{4}-\d\d-\d\d )?(?:\d\d:\d\d:\d\d\.\d{1,9} )?\[(?P<level>[A-Z]{4,7})\]\[\d{1,7}\] (?P<msg>.*)"
)
_JOURNAL = re.compile(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [\w.-]{1,253} [\w./@-]{1,60}(?:\[\d{1,9}\])?: ")
"""What stands before a line where the runtime writes its containers' logs to the journal."""
_WHERE = re.compile(r"(?:[\w.<>/-]{1,80} )?(?:\d{1,6}|<nil>): ")
_KLOG = re.compile(r"(?P<level>[IWEF])\d{4} \d\d:\d\d:\d\d\.\d{1,9} +\d{1,7} [\w.-]{1,80}:\d{1,6}\] (?P<msg>.*)")
_LEVELS: dict[str, Level] = {
    "trace": "debug",
    "debug": "debug",
    "info": "info",
    "warn": "warning",
    "warning": "warning",
    "error": "error",
    "fatal": "fatal",
    "panic": "fatal",
    "i": "info",
    "w": "warning",
    "e": "error",
    "f": "fatal",
}
_SHELL_ERROR = re.compile(
    r"(?:cp|mv|rm|mkdir|chmod|ln|touch|tar|install): .{1,400}: .|\S{0,200}\.sh: (?:line )?\d{1,5}: .|"
    r"KUBERNETES_SERVICE_(?:HOST|PORT) not set|This may be caused by selinux configuration|panic: "
)
_SHELL_KEEPS_GOING = re.compile(r"cp: (?:can't create|cannot create regular file) ")


@dataclass(frozen=True, slots=True)
class InstallerRecord:
    """One line of the log taken apart; `number` is the line's, `error` the text after `error=`."""

    message: str
    level: Level = ""
    error: str = ""
    number: int = 0
    format: Format = ""
    text: str = ""

    @property
    def failure(self) -> bool:
        """Whether the line reports an error: by its level, or for the shell installer by its words."""
        return self.level in ("error", "fatal") or (not self.level and bool(_SHELL_ERROR.match(self.message)))


def parse_record(line: LogLine) -> InstallerRecord:
    """Take one line apart; a line of no known format is the shell installer's (or foreign) text."""
    text = line.text[:LONGEST_LINE].rstrip("\r\n")
    logged = _JOURNAL.match(text)
    record = _record(text[logged.end() :] if logged else text, line.number)
    return replace(record, text=text) if logged else record


def _record(text: str, number: int) -> InstallerRecord:
    return (
        _logrus(text, number)
        or _calico(text, number)
        or _klog(text, number)
        or InstallerRecord(text.strip(), number=number, format="shell" if text else "", text=text)
    )


def _logrus(text: str, number: int) -> InstallerRecord | None:
    found = _LOGRUS.match(text)
    if found is None:
        return None
    level = _LEVELS.get(found["level"].lower(), "info")
    error = _LOGRUS_ERROR.search(found["rest"])
    return InstallerRecord(
        _unquote(found["msg"]), level, _unquote(error["error"]) if error else "", number, "logrus", text
    )


def _calico(text: str, number: int) -> InstallerRecord | None:
    found = _CALICO.match(text)
    if found is None:
        return None
    message = _WHERE.sub("", found["msg"], count=1) if _WHERE.match(found["msg"]) else found["msg"]
    words, mark, error = message.partition(" error=")
    level = _LEVELS.get(found["level"].lower(), "info")
    return InstallerRecord(words if mark else message, level, error, number, "calico", text)


def _klog(text: str, number: int) -> InstallerRecord | None:
    found = _KLOG.match(text)
    return InstallerRecord(found["msg"], _LEVELS[found["level"].lower()], "", number, "", text) if found else None


def _unquote(text: str) -> str:
    return text.replace("\\n", " ").replace('\\"', '"').replace("\\\\", "\\").strip()


# --- how far it got -------------------------------------------------------------------------------------------------

_WROTE = re.compile(r"Wrote (?:Calico )?CNI binaries to (?P<dir>/\S{1,300})")
_INSTALLED = re.compile(r"Installed (?P<file>/host/\S{1,300})")
_UP_TO_DATE = "File is already up to date, skipping"
_CREATED = re.compile(r"Created (?:CNI config |/host/etc/cni/net\.d/|/\S{1,200}/)(?P<file>\S{1,200}\.conf\S{0,10})")
_NOT_WRITEABLE = re.compile(r"(?P<dir>/\S{1,300}) is (?:not writeable|non-writeable), skipping")
_VERSION = re.compile(r"CNI plugin version:? ?v?(?P<version>\d\S{0,60})")
_SECONDARY = "/host/secondary-bin-dir"

_STAGES: tuple[tuple[re.Pattern[str], Stage], ...] = (
    (re.compile(r"Unable to create token for CNI kubeconfig|[Cc]lient for generating CNI token"), "token"),
    (
        re.compile(
            r"serviceaccount/(?:token|ca\.crt|namespace)|in-cluster config|KUBERNETES_SERVICE_|suid bit|"
            r"Failed to copy install to|Failed to load (?:CA|kube)"
        ),
        "prepare",
    ),
    (re.compile(r"calico-kubeconfig|kubeconfig"), "kubeconfig"),
    (
        re.compile(r"net\.d|valid json|valid JSON|CNI_NETWORK_CONFIG|calico\.conf|selinux configuration"),
        "configuration",
    ),
    (
        re.compile(r"no writeable directory|Failed to (?:install|verify)|cni/bin|plugin version|hostbin|CNI binar"),
        "binaries",
    ),
    (re.compile(r"Error installing CNI plugin"), "prepare"),
)


def milestones(attempt: Attempt) -> Milestones:
    """How far one attempt of install-cni got and what stopped it, from its lines alone."""
    return milestones_of(attempt.lines, whole=attempt.whole)


def milestones_of(lines: Sequence[LogLine], *, whole: bool = True) -> Milestones:
    """The same for bare lines; `whole` says whether beginning and end of the log are there."""
    records = [parse_record(line) for line in lines]
    failure = next((record for record in records if record.failure), None)
    text = "\n".join(record.message for record in records)
    skipped = tuple(dict.fromkeys(found["dir"] for found in _NOT_WRITEABLE.finditer(text)))
    created = bool(_CREATED.search(text))
    version = _VERSION.search(text)
    return Milestones(
        reached=tuple(_reached(text)),
        failed_at=_stage_of(failure) if failure else "",
        first_error=failure.text if failure else "",
        error=failure.error or failure.message if failure else "",
        error_line=failure.number if failure else 0,
        error_level=failure.level if failure else "",
        not_writeable=tuple(directory for directory in skipped if directory != _SECONDARY),
        binaries_dir=_binaries_dir(records, text),
        wrote_kubeconfig="Using CNI config template" in text or created,
        wrote_config=created,
        done="Done configuring CNI" in text,
        version=version["version"] if version else "",
        format=_format_of(records),
        whole=whole,
    )


def _reached(text: str) -> Iterable[str]:
    marks = (
        ("running", "Running as a Kubernetes pod"),
        ("installing", "Installed /"),
        ("up-to-date", _UP_TO_DATE),
        ("binaries", "CNI binaries to /"),
        ("version", "CNI plugin version"),
        ("kubeconfig", "Using CNI config template"),
        ("configuration", "Created "),
        ("done", "Done configuring CNI"),
    )
    return (name for name, words in marks if words in text)


def _stage_of(record: InstallerRecord) -> Stage:
    words = f"{record.message} {record.error}"
    return next((stage for pattern, stage in _STAGES if pattern.search(words)), "")


def _binaries_dir(records: Sequence[InstallerRecord], text: str) -> str:
    wrote = _WROTE.search(text)
    if wrote is None or any(_SHELL_KEEPS_GOING.match(record.message) for record in records):
        return ""
    return wrote["dir"].removesuffix("\\n")


def _format_of(records: Sequence[InstallerRecord]) -> str:
    """The newest format in the log: v3.23-v3.25 write a few lines in the older one."""
    formats = {record.format for record in records}
    return next((name for name in ("calico", "logrus", "shell") if name in formats), "")
