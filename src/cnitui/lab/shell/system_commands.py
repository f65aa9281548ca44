"""sudo, other shells, and the shell's own commands."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from cnitui.lab.shell.evaluate import Exit, Shell
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
    if policy.mode == "limited" and not session.root and not _listed(policy.allowed, words[0]):
        return _no_sudo(run, flags)
    inner = Shell(session.copy("root"), run.shell.commands, run.out, run.err, run.stdin)
    inner.session.variables["PATH"] = ROOT_PATH
    if inner.find(words[0]) is None:
        run.err(f"sudo: {words[0]}: command not found\n")
        return 1
    return await inner.call(words)


def _listed(allowed: tuple[str, ...], command: str) -> bool:
    return any(path.rpartition("/")[2] == command.rpartition("/")[2] for path in allowed)


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
            inner.session.name, inner.session.arguments = next(iter(words[1:]), run.arguments[0]), words[2:]
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
            own = "/" in name or name in ("echo", "printf", "test")
            run.line(name if own else f"/usr/{'s' if sbin else ''}bin/{name}")
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
        if operator == "-w" and run.node.files.mount_of(entry.path).read_only:
            return False
        if operator in ("-r", "-w", "-x"):
            return run.session.root or bool(entry.mode & {"-r": 4, "-w": 2, "-x": 1}[operator])
        return kinds.get(operator, True)
    return bool(words and words[0])


COMMANDS: dict[str, Builtin] = {
    "sudo": sudo, "sh": shell, "bash": shell, "env": env, "timeout": timeout, "nice": nice, "ionice": nice,
    "nohup": nice, "exec": nice, "command": nice, "sleep": sleep, "which": which, "type": which, "exit": exit_,
    "export": export, "set": nothing, "unset": nothing, "umask": nothing, "ulimit": nothing, "shopt": nothing,
    "cd": cd, "test": test, "[": test,
}  # fmt: skip
