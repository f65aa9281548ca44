"""machine-id and boot id, as `cat` shows the two files after each other.

machine-id(5): 32 hexadecimal digits, or `uninitialized`, or nothing, in an image that has not started yet. The boot id
is a UUID that the kernel makes at each start (random(4), /proc/sys/kernel/random/boot_id). The kubelet reports both as
it read them when it started; cAdvisor, from which it has them, takes the file's text without the spaces around it
(google/cadvisor machine/machine.go, getInfoFromFiles).
"""

from __future__ import annotations

import re

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_MACHINE = re.compile(rf"(?:[0-9a-f]{{32}}|{_UUID})", re.ASCII)
_BOOT = re.compile(_UUID, re.ASCII)
_LONGEST = 4096
_NOBODY = frozenset({"", "0" * 32})


def machine_id(text: str) -> str:
    """The 32 digits, in lower case and without dashes; "" for what is no machine-id."""
    said = text.strip().lower() if len(text) < _LONGEST else ""
    digits = said.replace("-", "") if _MACHINE.fullmatch(said) else ""
    return "" if digits in _NOBODY else digits


def boot_id(text: str) -> str:
    """The UUID in lower case; "" for what is none."""
    said = text.strip().lower() if len(text) < _LONGEST else ""
    return said if _BOOT.fullmatch(said) and said.replace("-", "") not in _NOBODY else ""


def parse_machine_ids(text: str) -> tuple[str, str]:
    """machine-id and boot id in the answer of `cat /etc/machine-id …/boot_id`; "" for the one that is not in it.

    Of a file that could not be read the other one's line is left, which its form tells apart: a machine-id has no
    dashes where systemd made it. Anything else in the answer makes it no answer.
    """
    lines = text[:_LONGEST].split()
    machines = [line for line in lines if machine_id(line) and not boot_id(line)]
    boots = [line for line in lines if boot_id(line)]
    if len(machines) > 1 or len(boots) > 1 or len(lines) != len(machines) + len(boots):
        return "", ""
    return machine_id("".join(machines)), boot_id("".join(boots))
