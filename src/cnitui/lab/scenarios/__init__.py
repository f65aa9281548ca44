"""The faults the lab can show: one file each, all of them in one tuple.

A scenario says how the machines and the DaemonSet are, never how the pods end: that follows.
"""

from __future__ import annotations

from cnitui.lab.scenarios.apiserver_unreachable import SCENARIO as APISERVER_UNREACHABLE
from cnitui.lab.scenarios.healthy import SCENARIO as HEALTHY
from cnitui.lab.scenarios.scenario import Scenario
from cnitui.lab.scenarios.selinux_denial import SCENARIO as SELINUX_DENIAL

SCENARIOS: tuple[Scenario, ...] = (SELINUX_DENIAL, APISERVER_UNREACHABLE, HEALTHY)
DEFAULT = SELINUX_DENIAL.name


def find(name: str) -> Scenario:
    """The scenario of that name; ValueError with the known names otherwise."""
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    known = ", ".join(scenario.name for scenario in SCENARIOS)
    raise ValueError(f"there is no scenario {name!r}; known: {known}")
