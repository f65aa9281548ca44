"""Who, where, when, and what runs: id, hostname, date, uname, uptime, ps, systemctl."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from cnitui.lab.shell.label_commands import USER_CONTEXT
from cnitui.lab.shell.processes import processes

if TYPE_CHECKING:
    from cnitui.lab.shell.invocation import Builtin, Invocation


def identity(run: Invocation) -> int:
    """id, id -u, id -un, id -Z."""
    flags, _ = run.options()
    session = run.session
    if "Z" in flags:
        if not run.node.selinux.enabled:
            run.err("id: --context (-Z) works only on an SELinux-enabled kernel\n")
            return 1
        run.line(USER_CONTEXT)
    elif "u" in flags or "g" in flags:
        run.line(session.user if "n" in flags else str(session.uid))
    else:
        who = f"{session.uid}({session.user})"
        label = f" context={USER_CONTEXT}" if run.node.selinux.enabled else ""
        run.line(f"uid={who} gid={who} groups={who}{label}")
    return 0


def whoami(run: Invocation) -> int:
    """whoami."""
    run.line(run.session.user)
    return 0


def hostname(run: Invocation) -> int:
    """hostname [-s|-f|-I|-i]."""
    flags, _ = run.options()
    run.line(f"{run.node.ip} " if "I" in flags else run.node.ip if "i" in flags else run.node.name)
    return 0


def date(run: Invocation) -> int:
    """date [-u] [-Is|-Iseconds|--iso-8601=seconds|-R] [+FORMAT]."""
    now = run.node.local(run.world.clock.now())
    form = next((word[1:] for word in run.arguments[1:] if word.startswith("+")), "")
    if form:
        run.line(_strftime(form, now))
    elif any(word.startswith(("-I", "--iso")) for word in run.arguments[1:]):
        run.line(f"{now:%Y-%m-%dT%H:%M:%S}+00:00")
    elif "-R" in run.arguments:
        run.line(f"{now:%a, %d %b %Y %H:%M:%S} +0000")
    else:
        run.line(f"{now:%a %b %e %H:%M:%S} UTC {now:%Y}")
    return 0


def _strftime(form: str, now: datetime) -> str:
    nano = f"{now.microsecond:06}000"
    form = form.replace("%3N", nano[:3]).replace("%6N", nano[:6]).replace("%N", nano)
    form = form.replace("%s", str(int(now.timestamp()))).replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S")
    return now.astimezone(UTC).strftime(form)


def uname(run: Invocation) -> int:
    """uname -s -n -r -m -a."""
    flags, _ = run.options()
    values = {
        "s": "Linux", "n": run.node.name, "r": run.node.kernel,
        "v": "#1 SMP PREEMPT_DYNAMIC Wed Oct 30 10:58:37 UTC 2024", "m": "x86_64", "p": "x86_64", "i": "x86_64",
        "o": "GNU/Linux",
    }  # fmt: skip
    wanted = [key for key in values if key in flags or "a" in flags] or ["s"]
    run.line(" ".join(values[key] for key in wanted))
    return 0


def uptime(run: Invocation) -> int:
    """uptime."""
    now = run.node.local(run.world.clock.now())
    days = (now - run.node.booted).days
    run.line(f" {now:%H:%M:%S} up {days} days,  3:02,  1 user,  load average: 0.31, 0.27, 0.22")
    return 0


def ps(run: Invocation) -> int:
    """ps -eZ, -efZ, -eo COLUMNS."""
    flags, _ = run.options("o")
    columns = flags.get("o", "").split(",") if "o" in flags else []
    header = ["LABEL", "PID", "TTY", "TIME", "CMD"] if "Z" in flags else ["PID", "TTY", "TIME", "CMD"]
    if not columns:
        run.line(f"{'LABEL':<27} " * ("Z" in flags) + "    PID TTY          TIME CMD")
    elif "no-headers" not in flags:
        run.line(" ".join(column.upper() for column in columns))
    del header
    for process in processes(run.world, run.node):
        if columns:
            run.line(" ".join(process.column(column) for column in columns))
        else:
            label = f"{process.label:<27} " if "Z" in flags else ""
            run.line(f"{label}{process.pid:>7} ?        00:00:0{process.pid % 7} {process.comm}")
    return 0


def fuser(run: Invocation) -> int:
    """fuser [-v] PATH…, as root: which process executes a file."""
    flags, operands = run.options()
    status = 1
    for path in operands:
        entry = run.node.files.get(path)
        if entry is None or not entry.busy or not run.session.root:
            continue
        status = 0
        if "v" in flags:
            run.err(f"                     USER        PID ACCESS COMMAND\n{path}:\n")
            run.err(f"                     root      {entry.busy:>5} ...e. {entry.name}\n")
        else:
            run.err(f"{path}:")
            run.out(f"{entry.busy:>6}e")
    return status


def kill(run: Invocation) -> int:
    """kill [-N] PID… of what executes a file; others are not this shell's to end."""
    for word in (word for word in run.arguments[1:] if not word.startswith("-")):
        held = [entry for entry in run.node.files.entries.values() if str(entry.busy) == word]
        if not held:
            run.err(f"bash: line 1: kill: ({word}) - No such process\n")
            return 1
        if not run.session.root:
            run.err(f"bash: line 1: kill: ({word}) - Operation not permitted\n")
            return 1
        for entry in held:
            entry.busy = 0
    return 0


def systemctl(run: Invocation) -> int:
    """systemctl is-active UNIT…, status, show -p Id -p ActiveEnterTimestamp."""
    verb = run.arguments[1] if len(run.arguments) > 1 else ""
    if verb == "show":
        return _show_units(run)
    known = {"kubelet", "containerd", "auditd", "sshd", "chronyd", "crio"} - {"crio"}
    if not run.node.audit.daemon:
        known.discard("auditd")
    status = 0
    for unit in (word.removesuffix(".service") for word in run.arguments[2:] if not word.startswith("-")):
        active = unit in known
        status = status or (0 if active else 3)
        if verb == "status":
            run.line(f"● {unit}.service\n     Active: {'active (running)' if active else 'inactive (dead)'}")
        else:
            run.line("active" if active else "inactive")
    return status


def _show_units(run: Invocation) -> int:
    """As systemd prints it in UTC; a unit that is not there has entered nothing."""
    started = {"containerd": timedelta(seconds=14), "kubelet": timedelta(seconds=21)}
    units = [
        word for word in run.arguments[2:] if not word.startswith("-") and word not in ("Id", "ActiveEnterTimestamp")
    ]
    blocks = []
    for unit in units:
        after = started.get(unit)
        at = f"{run.node.local(run.node.booted + after):%a %Y-%m-%d %H:%M:%S} UTC" if after else ""
        blocks.append(f"Id={unit}.service\nActiveEnterTimestamp={at}\n")
    run.out("\n".join(blocks))
    return 0


def rpm(run: Invocation) -> int:
    """rpm -q [--qf FORMAT] NAME…, of what the machines were installed with."""
    versions = {
        "container-selinux": "2.232.1-1.el9",
        "selinux-policy-targeted": "38.1.35-2.el9_4",
        "kubelet": "1.31.0-150500.1.1",
    }
    form = next((after for word, after in pairwise(run.arguments) if word in ("--qf", "--queryformat")), "")
    status = 0
    for name in (word for word in run.arguments[2:] if not word.startswith("-") and word != form):
        if name not in versions:
            run.line(f"package {name} is not installed")
            status += 1
            continue
        version, _, release = versions[name].partition("-")
        filled = form or "%{NAME}-%{VERSION}-%{RELEASE}\\n"
        values = {
            "NAME": name,
            "VERSION": version,
            "RELEASE": release,
            "INSTALLTIME": str(int((run.node.born - timedelta(hours=1)).timestamp())),
        }
        for key, value in values.items():
            filled = filled.replace(f"%{{{key}}}", value)
        run.out(filled.replace("\\n", "\n"))
    return status


COMMANDS: dict[str, Builtin] = {
    "id": identity, "whoami": whoami, "hostname": hostname, "date": date, "uname": uname, "uptime": uptime, "ps": ps,
    "rpm": rpm, "systemctl": systemctl, "fuser": fuser, "kill": kill,
}  # fmt: skip
