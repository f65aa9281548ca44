"""Why a command on a node gave no answer, in a sentence, and what would help."""

from __future__ import annotations

import re
import shlex

from cnitui.domain.node_script import TIMED_OUT
from cnitui.domain.parsing import complaints
from cnitui.engine.ports import CommandOutput

_PLAIN = re.compile(r"[\w@%+=:,./ -]+")
_IN_SCRIPT = re.compile(r"\b(?:crictl|iptables-save|nft)\b")
_QUOTE_LIMIT = 200


def by_hand_line(prefix: str, command: str) -> str:
    """What a person would paste: `ssh worker-01 sudo -n ausearch …`, quoted for the local shell where it has to be."""
    if not prefix:
        return command
    return f"{prefix} {command}" if _PLAIN.fullmatch(command) else f"{prefix} {shlex.quote(command)}"


def program_of(command: str) -> str:
    """The program of a command line, sudo, timeout and shells left out: the word a person knows it by."""
    wrapped = _IN_SCRIPT.search(command) if " -c " in command else None
    if wrapped:
        return wrapped[0]
    words = [word for word in command.split() if word not in ("sudo", "-n", "timeout") and not word.isdigit()]
    return words[0] if words else "the command"


def why_not(output: CommandOutput, prefix: str) -> tuple[str, str]:
    """Why there is no fact in this output, and the next step."""
    program = program_of(output.command)
    line = by_hand_line(prefix, output.command)
    if complaints.wants_password(output.stderr):
        return (
            "sudo on this node wants a password",
            f"Allow {program} without one (NOPASSWD in sudoers), log in as root, or run it yourself: {line}",
        )
    if complaints.sudo_refused(output.stderr):
        return "this user may not use sudo on this node", f"Log in as a user who may, or ask for the output of: {line}"
    if complaints.not_installed(output.stderr, output.status):
        return f"{program} is not installed on this node", f"Install it, or look by other means than: {line}"
    return _failure(output, program, line)


def _failure(output: CommandOutput, program: str, line: str) -> tuple[str, str]:
    missing = complaints.missing_paths(output.stderr)
    if output.truncated:
        return f"the output of {program} was cut, it was too long", f"Read it on the node: {line}"
    if output.status == TIMED_OUT:
        return f"{program} timed out on this node", f"See whether it hangs by hand as well: {line}"
    if missing:
        return f"{missing[0]} does not exist on this node", ""
    if complaints.permission_denied(output.stderr):
        return f"permission denied for {program}", f"Log in as root or allow sudo without a password; by hand: {line}"
    said = " ".join(output.stderr.split())[:_QUOTE_LIMIT]
    if output.status != 0:
        return f"{program} ended with status {output.status}" + (f": {said}" if said else ""), f"Try it by hand: {line}"
    return f"{program} gave no answer that could be read", f"See what it says: {line}"
