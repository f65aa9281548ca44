"""What tools say on standard error: which paths are missing, which were refused, and why nothing was read.

Wordings are those of GNU coreutils, busybox, sudo, bash, dash, ausearch and lsattr as recorded on Debian 12 and RHEL.
"""

from __future__ import annotations

import re

from cnitui.domain.parsing.lines import numbered

_QUOTES = "'\"‘’`"
_PATH_FIRST = re.compile(r"[\w.+-]{1,32}: (?:cannot (?:access|open directory|stat|open) )?(?P<path>.{1,4096}): ")
_PATH_LAST = re.compile(r" (?:while trying to stat|While reading flags on) (?P<path>/.{0,4095})$", re.IGNORECASE)
_NO_SUDO = ("not in the sudoers file", "may not run sudo", "is not allowed to", "sudo: command not found")
_PASSWORD = ("a password is required", "a terminal is required", "must have a tty", "no askpass program")
_ABSENT = re.compile(
    r"command not found|applet not found|^\w{0,8}sh: (?:(?:line )?\d{1,6}: )?[\w./-]{1,200}: not found", re.MULTILINE
)
_REFUSED = ("permission denied", "operation not permitted", "not seeing messages from other users")


def missing_paths(stderr: str) -> tuple[str, ...]:
    """Paths that a tool says do not exist, in its order."""
    return _paths(stderr, "no such file or directory")


def refused_paths(stderr: str) -> tuple[str, ...]:
    """Paths that a tool was not allowed to read."""
    return _paths(stderr, "permission denied")


def _paths(stderr: str, words: str) -> tuple[str, ...]:
    found = [_path(line) for _, line in numbered(stderr) if words in line.lower()]
    return tuple(dict.fromkeys(path for path in found if path.startswith("/")))


def _path(line: str) -> str:
    match = _PATH_FIRST.match(line) or _PATH_LAST.search(line)
    return match["path"].strip(_QUOTES) if match else ""


def wants_password(stderr: str) -> bool:
    """Whether sudo would have asked for a password."""
    return any(words in stderr for words in _PASSWORD)


def sudo_refused(stderr: str) -> bool:
    """Whether this user may not use sudo (or not for this), or there is no sudo."""
    return any(words in stderr for words in _NO_SUDO) or ("sudo:" in stderr and "sudo: not found" in stderr)


def no_sudo(stderr: str) -> bool:
    """Whether sudo stood in the way, for whichever reason."""
    return wants_password(stderr) or sudo_refused(stderr)


def not_installed(stderr: str, status: int) -> bool:
    """Whether the command itself does not exist: a shell ends with 127, sudo with 1, a pipe with its last part's."""
    return status == 127 or _ABSENT.search(stderr) is not None


def permission_denied(stderr: str) -> bool:
    """Whether root would have seen more."""
    lowered = stderr.lower()
    return any(words in lowered for words in _REFUSED)


def unknown_option(stderr: str) -> bool:
    """Whether the tool is of a kind that lacks an option, as busybox without SELinux lacks `ls -Z`."""
    lowered = stderr.lower()
    return any(words in lowered for words in ("invalid option", "unrecognized option", "unknown option"))
