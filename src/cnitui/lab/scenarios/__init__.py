"""The faults the lab can show: one file each, all of them in one tuple.

A scenario says how the machines and the DaemonSet are, never how the pods end: that follows.
"""

from __future__ import annotations

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
)
DEFAULT = SELINUX_DENIAL.name
MOST = 10_000
"""Nodes of one part at most."""


def find(name: str) -> Scenario | Mixture:
    """The scenario of that name, or a mixture such as `A+B:10`; ValueError with the known names otherwise."""
    parts = tuple(_part(words) for words in name.split("+"))
    return parts[0].scenario if len(parts) == 1 and parts[0].count is None else Mixture(name, parts)


def _part(words: str) -> Part:
    name, colon, count = words.partition(":")
    found = next((scenario for scenario in SCENARIOS if scenario.name == name), None)
    if found is None:
        raise ValueError(f"there is no scenario {name[:80]!r}; known: {', '.join(one.name for one in SCENARIOS)}")
    if colon and not (count.isascii() and count.isdigit() and 0 < int(count) <= MOST):
        raise ValueError(f"{words[:80]!r}: after the colon stands the number of nodes, 1 to {MOST:,}")
    return Part(found, int(count) if colon else None)
