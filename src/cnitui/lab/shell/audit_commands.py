"""ausearch, journalctl and dmesg: one node's audit records and journal in each tool's form."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cnitui.lab.shell.journal import Line, journal

if TYPE_CHECKING:
    from cnitui.lab.machine.audit import AuditEvent
    from cnitui.lab.shell.invocation import Builtin, Invocation

_TYPES = ("AVC", "USER_AVC", "SELINUX_ERR", "SYSCALL", "PROCTITLE", "ALL")


def ausearch(run: Invocation) -> int:
    """ausearch -m TYPES -ts START -te END -c COMM -p PID --raw -i --input-logs; 1 and `<no matches>` when empty."""
    if not run.session.root:
        run.err(
            "Error opening config file (Permission denied)\nNOTE - using built-in logs: /var/log/audit/audit.log\n"
            "Error opening /var/log/audit/audit.log (Permission denied)\n"
        )
        return 1
    if not run.node.audit.daemon:
        run.err(f"sudo: {run.arguments[0]}: command not found\n")
        return 1
    options = _ausearch_options(run.arguments[1:])
    piped = "input-logs" not in options and "if" not in options
    events = [] if piped else _chosen(run, options)
    kinds = _kinds(options.get("m", ""))
    if not events or not kinds & {"AVC", "SYSCALL", "PROCTITLE", "ALL"}:
        run.err("<no matches>\n")
        return 1
    for event in events:
        run.out(_shown(event, options, kinds))
    return 0


def _ausearch_options(arguments: list[str]) -> dict[str, str]:
    names = {
        "-m": "m", "--message": "m", "-ts": "ts", "--start": "ts", "-te": "te", "--end": "te", "-c": "c",
        "--comm": "c", "-p": "p", "--pid": "p", "-if": "if", "--input": "if", "-se": "se", "--context": "se",
        "-f": "f", "--file": "f",
    }  # fmt: skip
    options: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word in names:
            values = [rest.pop(0)] if rest else []
            if names[word] in ("ts", "te") and rest and re.fullmatch(r"\d\d:\d\d(:\d\d)?", rest[0]):
                values.append(rest.pop(0))
            options[names[word]] = " ".join(values)
        else:
            options[word.lstrip("-")] = ""
    return options


def _kinds(text: str) -> set[str]:
    return {part.strip().upper() for part in text.split(",")} if text else {"ALL"}


def _chosen(run: Invocation, options: dict[str, str]) -> list[AuditEvent]:
    now = run.node.local(run.world.clock.now())
    start, end = _moment(options.get("ts", ""), now), _moment(options.get("te", "now"), now)
    return [
        event
        for event in run.node.audit.events
        if start <= event.time <= end + timedelta(seconds=1)
        and options.get("c", event.comm) == event.comm
        and options.get("p", str(event.pid)) == str(event.pid)
        and options.get("se", "") in event.scontext + event.denial.target
    ]


def _moment(text: str, now: datetime) -> datetime:
    words = {
        "": datetime(1970, 1, 1, tzinfo=UTC),
        "boot": datetime(1970, 1, 1, tzinfo=UTC),
        "recent": now - timedelta(minutes=10),
        "now": now,
        "today": now.replace(hour=0, minute=0, second=0, microsecond=0),
        "yesterday": now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1),
        "this-week": now - timedelta(days=7),
        "week-ago": now - timedelta(days=7),
        "checkpoint": now,
    }
    if text in words:
        return words[text]
    for layout in ("%m/%d/%y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%y", "%m/%d/%Y", "%Y-%m-%d %H:%M:%S", "%H:%M:%S"):
        try:
            moment = datetime.strptime(text, layout).replace(tzinfo=UTC)
        except ValueError:
            continue
        return moment if moment.year > 1900 else moment.replace(year=now.year, month=now.month, day=now.day)
    return words[""]


def _shown(event: AuditEvent, options: dict[str, str], kinds: set[str]) -> str:
    if "raw" in options or "r" in options:
        records = [("AVC", event.avc()), ("SYSCALL", event.syscall_record()), ("PROCTITLE", event.proctitle())]
        wanted = kinds if not kinds & {"AVC", "ALL"} else {"AVC", "SYSCALL", "PROCTITLE"}
        return "".join(text + "\n" for kind, text in records if kind in wanted)
    if "i" in options or "interpret" in options:
        return "----\n" + "".join(f"{_interpreted(event, text)} \n" for text in _records(event))
    return f"----\ntime->{event.time:%a %b %e %H:%M:%S %Y}\n" + "".join(text + "\n" for text in _records(event))


def _records(event: AuditEvent) -> list[str]:
    return [event.proctitle(), event.syscall_record(enriched=False), event.avc()]


def _interpreted(event: AuditEvent, text: str) -> str:
    """ausearch -i: readable stamps and values, quotes gone."""
    stamp = f"audit({event.time:%m/%d/%y %H:%M:%S}.{event.time.microsecond // 1000:03}:{event.serial}) "
    text = text.replace(f"audit({event.stamp})", stamp)
    text = re.sub(r'(comm|name|exe)="([^"]*)"', r"\1=\2", text)
    text = re.sub(r"proctitle=[0-9A-F]+", f"proctitle={event.exe}", text)
    swaps = {
        "arch=c000003e": "arch=x86_64", "syscall=257": "syscall=openat", "syscall=264": "syscall=rename",
        "syscall=263": "syscall=unlinkat", "exit=-13": "exit=EACCES(Permission denied)", "4294967295": "unset",
    }  # fmt: skip
    for raw, shown in swaps.items():
        text = text.replace(raw, shown)
    return re.sub(r"\b((?:e|s|fs|a)?[ug]id)=0\b", r"\1=root", text)


def dmesg(run: Invocation) -> int:
    """dmesg [-T]: root only; denials are here when auditd is not."""
    if not run.session.root:
        run.err("dmesg: read kernel buffer failed: Operation not permitted\n")
        return 1
    flags, _ = run.options("l")
    for line in journal(run.world, run.node):
        if line.kernel:
            since = (line.time - run.node.booted).total_seconds()
            stamp = f"[{line.time:%a %b %e %H:%M:%S %Y}]" if "T" in flags else f"[{since:12.6f}]"
            run.line(f"{stamp} {line.message}")
    return 0


def journalctl(run: Invocation) -> int:
    """journalctl -k -u UNIT FIELD=VALUE --since --until -n -o short|short-iso|short-iso-precise|cat|json -r -q -b."""
    flags, operands = run.options("unopSU", long_with_value=("unit", "lines", "output", "since", "until", "grep"))
    if not run.session.root:
        if "q" not in flags and "quiet" not in flags:
            run.err(
                "Hint: You are currently not seeing messages from other users and the system.\n"
                "      Users in groups 'adm', 'systemd-journal', 'wheel' can see all messages.\n"
                "      Pass -q to turn off this notice.\n"
            )
        run.line("-- No entries --")
        return 1 if operands else 0
    lines = [line for line in journal(run.world, run.node) if _wanted(run, line, flags, operands)]
    count = flags.get("n") or flags.get("lines")
    if count and count.isdigit():
        lines = lines[-int(count) :]
    if not lines:
        run.line("-- No entries --")
    layout = flags.get("o") or flags.get("output") or "short"
    for line in reversed(lines) if "r" in flags or "reverse" in flags else lines:
        run.line(_journal_line(run, line, layout))
    return 0


def _wanted(run: Invocation, line: Line, flags: dict[str, str], operands: list[str]) -> bool:
    now = run.node.local(run.world.clock.now())
    since = flags.get("S") or flags.get("since")
    until = flags.get("U") or flags.get("until")
    if since and line.time < _journal_moment(since, now):
        return False
    if until and line.time > _journal_moment(until, now):
        return False
    if ("k" in flags or "dmesg" in flags) and not line.kernel:
        return False
    unit = flags.get("u") or flags.get("unit")
    if unit and line.unit != unit.removesuffix(".service"):
        return False
    pattern = flags.get("g") or flags.get("grep")
    if pattern and not re.search(pattern, line.message):
        return False
    return all(line.fields().get(name) == value for name, _, value in (item.partition("=") for item in operands))


def _journal_moment(text: str, now: datetime) -> datetime:
    units = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600, "hours": 3600, "d": 86400, "minutes": 60}
    units |= {"seconds": 1, "minute": 60, "day": 86400, "days": 86400}
    found = re.fullmatch(r"-?(\d+)\s*([a-z]+)(?: ago)?", text)
    if found and found.group(2) in units:
        return now - timedelta(seconds=int(found.group(1)) * units[found.group(2)])
    if text.startswith("@"):
        return datetime.fromtimestamp(float(text[1:]), UTC)
    try:
        moment = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return _moment(text, now)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _journal_line(run: Invocation, line: Line, layout: str) -> str:
    if layout == "cat":
        return line.message
    if layout == "json":
        fields = {"_HOSTNAME": run.node.name, "MESSAGE": line.message} | line.fields()
        fields["__REALTIME_TIMESTAMP"] = str(int(line.time.timestamp() * 1e6))
        return json.dumps(fields, separators=(",", ":"))
    stamp = f"{line.time:%b %d %H:%M:%S}"
    if layout == "short-iso":
        stamp = f"{line.time:%Y-%m-%dT%H:%M:%S}+0000"
    elif layout == "short-iso-precise":
        stamp = f"{line.time:%Y-%m-%dT%H:%M:%S.%f}+0000"
    elif layout == "short-precise":
        stamp = f"{line.time:%b %d %H:%M:%S.%f}"
    return f"{stamp} {run.node.name} {line.identifier}: {line.message}"


COMMANDS: dict[str, Builtin] = {"ausearch": ausearch, "journalctl": journalctl, "dmesg": dmesg}
