"""The faults the lab can show, all of them in one tuple: one file each, or one for the variants of a kind.

A scenario says how the machines and the DaemonSet are, never how the pods end: that follows.
"""

from __future__ import annotations

from cnitui.lab.scenarios import (
    agent_variants,
    host_variants,
    network_variants,
    selinux_variants,
    start_variants,
    trust_variants,
)
from cnitui.lab.scenarios.apiserver_unreachable import SCENARIO as APISERVER_UNREACHABLE
from cnitui.lab.scenarios.disk_full import SCENARIO as DISK_FULL
from cnitui.lab.scenarios.flushed_rules import SCENARIO as FLUSHED_RULES
from cnitui.lab.scenarios.healthy import SCENARIO as HEALTHY
from cnitui.lab.scenarios.kube_proxy_service_vip import SCENARIO as KUBE_PROXY_SERVICE_VIP
from cnitui.lab.scenarios.missing_account import SCENARIO as MISSING_ACCOUNT
from cnitui.lab.scenarios.missing_binding import SCENARIO as MISSING_BINDING
from cnitui.lab.scenarios.mixture import Mixture, Part
from cnitui.lab.scenarios.read_only_filesystem import SCENARIO as READ_ONLY_FILESYSTEM
from cnitui.lab.scenarios.runtime_failure import SCENARIO as RUNTIME_FAILURE
from cnitui.lab.scenarios.scenario import Scenario
from cnitui.lab.scenarios.selinux_denial import SCENARIO as SELINUX_DENIAL
from cnitui.lab.scenarios.selinux_wrong_context import SCENARIO as SELINUX_WRONG_CONTEXT
from cnitui.lab.scenarios.text_file_busy import SCENARIO as TEXT_FILE_BUSY
from cnitui.lab.scenarios.trimmed_role import SCENARIO as TRIMMED_ROLE

SCENARIOS: tuple[Scenario, ...] = (
    SELINUX_DENIAL,
    SELINUX_WRONG_CONTEXT,
    READ_ONLY_FILESYSTEM,
    TEXT_FILE_BUSY,
    DISK_FULL,
    APISERVER_UNREACHABLE,
    KUBE_PROXY_SERVICE_VIP,
    FLUSHED_RULES,
    MISSING_BINDING,
    MISSING_ACCOUNT,
    TRIMMED_ROLE,
    RUNTIME_FAILURE,
    HEALTHY,
    selinux_variants.USR_T,
    selinux_variants.CATEGORIES,
    selinux_variants.DONTAUDIT,
    selinux_variants.TOKEN,
    selinux_variants.CONFIGURATION,
    selinux_variants.PERMISSIVE_DOMAIN,
    selinux_variants.IMMUTABLE,
    selinux_variants.INNOCENT,
    host_variants.INODES,
    host_variants.NOEXEC,
    host_variants.DIRECTORIES,
    network_variants.NO_ROUTE,
    network_variants.POLICY,
    network_variants.DEAD_PROXY,
    trust_variants.EXPIRED,
    trust_variants.OTHER_CA,
    trust_variants.NAMES,
    trust_variants.CLOCK,
    trust_variants.KEYS,
    start_variants.RATE_LIMIT,
    start_variants.OFFLINE,
    start_variants.TAG,
    start_variants.ARCHITECTURE,
    start_variants.VOLUME,
    start_variants.CONFIG_MAP,
    start_variants.MEMORY,
    start_variants.ADMISSION,
    start_variants.OLD_MANIFEST,
    agent_variants.LINKS,
    agent_variants.SAME_ADDRESS,
    agent_variants.POOL,
    agent_variants.NO_CRDS,
    agent_variants.TEMPLATE,
    agent_variants.BGP,
    agent_variants.TYPHA,
    agent_variants.IP_SETS,
)
"""New ones come last: a number, by which the list names them without telling what they are, stays what it was."""
DEFAULT = SELINUX_DENIAL.name
MOST = 10_000
"""Nodes of one part at most."""


def find(name: str) -> Scenario | Mixture:
    """The scenario of that name or number, or a mixture such as `A+B:10`; ValueError with the known names otherwise."""
    parts = tuple(_part(words) for words in name.split("+"))
    return parts[0].scenario if len(parts) == 1 and parts[0].count is None else Mixture(name, parts)


def described(*, answers: bool = False) -> str:
    """A line for each: its number and what is seen, which gives nothing away; with `answers` also name and causes."""
    lines: list[str] = []
    for number, one in enumerate(SCENARIOS, 1):
        answer = f"{one.name:<24} {', '.join(one.causes) or '-':<38} " if answers else ""
        lines.append(f"{number:>2}  {answer}{one.seen}\n")
    return "".join(lines)


def _part(words: str) -> Part:
    name, colon, count = words.partition(":")
    numbered = enumerate(SCENARIOS, 1)
    found = next((scenario for number, scenario in numbered if name in (scenario.name, str(number))), None)
    if found is None:
        raise ValueError(f"there is no scenario {name[:80]!r}; known: {', '.join(one.name for one in SCENARIOS)}")
    if colon and not (count.isascii() and count.isdigit() and 0 < int(count) <= MOST):
        raise ValueError(f"{words[:80]!r}: after the colon stands the number of nodes, 1 to {MOST:,}")
    return Part(found, int(count) if colon else None)
