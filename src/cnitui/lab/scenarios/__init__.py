"""The faults the lab can show: one file each, all of them in one tuple.

A scenario says how the machines and the DaemonSet are, never how the pods end: that follows.
"""

from __future__ import annotations

from cnitui.lab.scenarios.apiserver_unreachable import SCENARIO as APISERVER_UNREACHABLE
from cnitui.lab.scenarios.disk_full import SCENARIO as DISK_FULL
from cnitui.lab.scenarios.healthy import SCENARIO as HEALTHY
from cnitui.lab.scenarios.kube_proxy_service_vip import SCENARIO as KUBE_PROXY_SERVICE_VIP
from cnitui.lab.scenarios.read_only_filesystem import SCENARIO as READ_ONLY_FILESYSTEM
from cnitui.lab.scenarios.scenario import Scenario
from cnitui.lab.scenarios.selinux_denial import SCENARIO as SELINUX_DENIAL
from cnitui.lab.scenarios.selinux_wrong_context import SCENARIO as SELINUX_WRONG_CONTEXT
from cnitui.lab.scenarios.text_file_busy import SCENARIO as TEXT_FILE_BUSY

SCENARIOS: tuple[Scenario, ...] = (
    SELINUX_DENIAL,
    SELINUX_WRONG_CONTEXT,
    READ_ONLY_FILESYSTEM,
    TEXT_FILE_BUSY,
    DISK_FULL,
    APISERVER_UNREACHABLE,
    KUBE_PROXY_SERVICE_VIP,
    HEALTHY,
)
DEFAULT = SELINUX_DENIAL.name


def find(name: str) -> Scenario:
    """The scenario of that name; ValueError with the known names otherwise."""
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    known = ", ".join(scenario.name for scenario in SCENARIOS)
    raise ValueError(f"there is no scenario {name!r}; known: {known}")
