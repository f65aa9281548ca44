"""Identity, time, processes, sudo and the shell's own commands."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from cnitui.lab.shell.evaluate import Exit, Shell
from cnitui.lab.shell.label_commands import USER_CONTEXT
from cnitui.lab.shell.processes import processes
from cnitui.lab.shell.reading import FileProblem, home, lookup

if TYPE_CHECKING:
    from cnitui.lab.shell.invocation import Builtin, Invocation

SBIN_PATH = "/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin"
ROOT_PATH = "/sbin:/bin:/usr/sbin:/usr/bin"


async def sudo(run: Invocation) -> int:
    """sudo -n COMMAND, -l, -v; -u USER and VAR=VALUE are understood."""
    flags, words = _sudo_words(run.arguments[1:])
    session, policy = run.session, run.node.sudo
    if (not session.root and policy.mode in ("password", "none")) or (policy.mode == "limited" and not words):
        return _no_sudo(run, flags)
    if "l" in flags:
        return _sudo_list(run)
    if not words:
        return 0
    if policy.mode == "limited" and not session.root and f"/usr/sbin/{words[0]}" not in policy.allowed:
        if f"/usr/bin/{words[0]}" not in policy.allowed:
            return _no_sudo(run, flags)
    inner = Shell(session.copy("root"), run.shell.commands, run.out, run.err, run.stdin)
    inner.session.variables["PATH"] = ROOT_PATH
    if inner.find(words[0]) is None:
        run.err(f"sudo: {words[0]}: command not found\n")
        return 1
    return await inner.call(words)


def _sudo_words(arguments: list[str]) -> tuple[set[str], list[str]]:
    flags: set[str] = set()
    rest = list(arguments)
    while rest and (rest[0].startswith("-") or re.match(r"[A-Z_]+=", rest[0])):
        word = rest.pop(0)
        if word == "--":
            break
        if word.startswith("-"):
            flags |= set(word[1:])
            if word[-1] in "ugpD" and rest:
                rest.pop(0)
    return flags, rest


def _no_sudo(run: Invocation, flags: set[str]) -> int:
    if run.node.sudo.mode == "none" and "n" not in flags:
        run.err(f"{run.session.user} is not in the sudoers file.  This incident will be reported.\n")
        return 1
    if "n" not in flags:
        run.err(
            "sudo: a terminal is required to read the password; either use the -S option to read from standard input "
            "or configure an askpass helper\n"
        )
    run.err("sudo: a password is required\n")
    return 1


def _sudo_list(run: Invocation) -> int:
    user, host = run.session.user, run.node.name
    run.line(f"Matching Defaults entries for {user} on {host}:")
    run.line("    !visiblepw, always_set_home, env_reset, secure_path=/sbin\\:/bin\\:/usr/sbin\\:/usr/bin\n")
    run.line(f"User {user} may run the following commands on {host}:")
    allowed = ", ".join(run.node.sudo.allowed) if run.node.sudo.mode == "limited" else "ALL"
    run.line(f"    ({'root' if run.node.sudo.mode == 'limited' else 'ALL'}) NOPASSWD: {allowed}")
    return 0


async def shell(run: Invocation) -> int:
    """sh -c SCRIPT [NAME ARGUMENT…], or a script on standard input."""
    words = run.arguments[1:]
    inner = Shell(run.session.copy(), run.shell.commands, run.out, run.err, run.stdin)
    while words and words[0].startswith("-"):
        flag = words.pop(0)
        if "c" in flag and words:
            inner.session.arguments = words[2:]
            return await inner.run(words[0])
    return await inner.run(run.stdin)


async def env(run: Invocation) -> int:
    """env [NAME=VALUE…] [COMMAND…]."""
    words = run.arguments[1:]
    while words and (re.match(r"[A-Za-z_]\w*=", words[0]) or words[0] in ("-i", "-")):
        words = words[1:]
    if words:
        return await run.shell.call(words)
    for name, value in sorted(run.session.variables.items()):
        run.line(f"{name}={value}")
    return 0


async def timeout(run: Invocation) -> int:
    """timeout [-k N] [-s SIG] SECONDS COMMAND…; 124 when it took longer."""
    words = run.arguments[1:]
    while words and words[0].startswith("-"):
        words = words[1:] if "=" in words[0] or words[0].startswith("--") else words[2:]
    if len(words) < 2:
        run.err("Try 'timeout --help' for more information.\n")
        return 125
    units = {"s": 1.0, "m": 60.0}
    limit = float(words[0].rstrip("sm")) * units.get(words[0][-1], 1.0)
    try:
        async with asyncio.timeout(run.world.clock.scaled(limit)):
            return await run.shell.call(words[1:])
    except TimeoutError:
        return 124


async def nice(run: Invocation) -> int:
    """nice, ionice, nohup, exec, command COMMAND…: just the command."""
    words = run.arguments[1:]
    while words and words[0].startswith("-"):
        if words[0] in ("-v", "-V"):
            return which(run)
        words = words[2:] if words[0] in ("-n", "-c") else words[1:]
    return await run.shell.call(words) if words else 0


async def sleep(run: Invocation) -> int:
    """sleep SECONDS (simulated)."""
    await asyncio.sleep(run.world.clock.scaled(float(run.arguments[1].rstrip("s") if run.arguments[1:] else 0)))
    return 0


def which(run: Invocation) -> int:
    """which, and command -v."""
    status = 0
    for name in (word for word in run.arguments[1:] if not word.startswith("-")):
        if run.shell.find(name) is None:
            status = 1
            if run.arguments[0] == "which":
                run.err(f"which: no {name} in ({run.session.variables.get('PATH', SBIN_PATH)})\n")
        else:
            sbin = name in (
                "getenforce",
                "sestatus",
                "setenforce",
                "ausearch",
                "restorecon",
                "semanage",
                "matchpathcon",
            )
            run.line(name if name in ("echo", "printf", "test") else f"/usr/{'s' if sbin else ''}bin/{name}")
    return status


def exit_(run: Invocation) -> int:
    """exit [N]."""
    raise Exit(int(run.arguments[1]) if len(run.arguments) > 1 and run.arguments[1].isdigit() else run.session.status)


def export(run: Invocation) -> int:
    """export NAME[=VALUE]…, also `set`, `unset`, `umask` and `ulimit` as far as scripts need them."""
    for word in run.arguments[1:]:
        name, equals, value = word.partition("=")
        if equals:
            run.session.variables[name] = value
    return 0


def nothing(_run: Invocation) -> int:
    """Shell settings that change nothing here."""
    return 0


def cd(run: Invocation) -> int:
    """cd [DIR]."""
    path = run.arguments[1] if len(run.arguments) > 1 else home(run.session)
    run.session.directory = path
    return 0


def test(run: Invocation) -> int:
    """test and [: files, strings, numbers, one ! in front."""
    words = run.arguments[1:]
    if run.arguments[0] == "[":
        if not words or words[-1] != "]":
            run.err("bash: line 1: [: missing `]'\n")
            return 2
        words = words[:-1]
    negated = bool(words) and words[0] == "!"
    return int(_holds(run, words[1:] if negated else words) == negated)


def _holds(run: Invocation, words: list[str]) -> bool:
    if len(words) == 3:
        left, operator, right = words
        numbers = {"-eq": "==", "-ne": "!=", "-lt": "<", "-le": "<=", "-gt": ">", "-ge": ">="}
        if operator in numbers:
            a, b = int(left or 0), int(right or 0)
            return {"==": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[numbers[operator]]
        return (left == right) == (operator in ("=", "=="))
    if len(words) == 2:
        operator, value = words
        if operator in ("-z", "-n"):
            return bool(value) == (operator == "-n")
        try:
            entry = lookup(run.session, value)
        except FileProblem:
            return value.startswith(("/usr/", "/sbin/", "/bin/")) and run.shell.find(value) is not None
        kinds = {"-d": entry.kind == "directory", "-f": entry.kind == "regular file", "-s": entry.size > 0}
        if operator in ("-r", "-w", "-x"):
            return run.session.root or bool(entry.mode & {"-r": 4, "-w": 2, "-x": 1}[operator])
        return kinds.get(operator, True)
    return bool(words and words[0])


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
    now = run.world.clock.now()
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
    return now.astimezone(timezone.utc).strftime(form)  # noqa: UP017 - the class, not the constant


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
    now = run.world.clock.now()
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


def systemctl(run: Invocation) -> int:
    """systemctl is-active UNIT…, status."""
    verb = run.arguments[1] if len(run.arguments) > 1 else ""
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


COMMANDS: dict[str, Builtin] = {
    "sudo": sudo, "sh": shell, "bash": shell, "env": env, "timeout": timeout, "nice": nice, "ionice": nice,
    "nohup": nice, "exec": nice, "command": nice, "sleep": sleep, "which": which, "type": which, "exit": exit_,
    "export": export, "set": nothing, "unset": nothing, "umask": nothing, "ulimit": nothing, "shopt": nothing,
    "cd": cd, "test": test, "[": test, "id": identity, "whoami": whoami, "hostname": hostname, "date": date,
    "uname": uname, "uptime": uptime, "ps": ps, "systemctl": systemctl,
}  # fmt: skip
