"""The two fields that lift install-cni's confinement, as set in a template and as a pod has them.

Shared by patch-daemonset and selinux-type. install-cni is privileged in every stock manifest since v3.11 (v3.8.4 for
that line); where the flag is missing and the runtime labels containers, SELinux confines the installer
(projectcalico/calico issue 2704, PR 2738). `privileged: true` restores what upstream ships; the type
`spc_t` in seLinuxOptions lifts the confinement alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from cnitui.domain.documents import Document
from cnitui.domain.facts import ContainerSpec, DaemonSetStatus, PodStatus
from cnitui.domain.plan import Plan, PodRestart
from cnitui.domain.remedies.situation import Situation
from cnitui.domain.remedies.template import Missing, Setting, current

PRIVILEGED = "patch-daemonset"
SPC_TYPE = "selinux-type"


def setting_of(remedy: str, container: str) -> Setting:
    """What each of the two remedies sets."""
    if remedy == SPC_TYPE:
        return Setting(container, ("seLinuxOptions", "type"), "spc_t")
    return Setting(container, ("privileged",), True)


def setting_from(facts: Mapping[str, str]) -> Setting:
    """The setting a kept plan made, read back from its facts; raises KeyError, ValueError or TypeError."""
    value = json.loads(facts["value"])
    if not isinstance(value, bool | str):
        raise TypeError(f"{value!r} is no value of a securityContext field")
    return Setting(facts["container"], tuple(facts["field"].split(".")), value)


def runs_with(pod: PodStatus, setting: Setting) -> bool:
    """Whether the pod itself, not the template, has the setting already."""
    return held(pod, setting) == setting.value


def looks_new(plan: Plan, daemonset: Document, old: frozenset[str] = frozenset()) -> Callable[[PodStatus], bool]:
    """Tells a pod with the DaemonSet's present template by the field the plan is about.

    When the template does not have the field, a pod-level setting may still give the pod one, so then any pod that is
    not one of the `old` (uids) will do as well.
    """
    try:
        setting = setting_from(plan.facts)
        wanted = current(daemonset, setting)
    except (KeyError, TypeError, ValueError, Missing):
        return lambda pod: pod.uid not in old
    return lambda pod: held(pod, setting) == wanted or (wanted is None and bool(old) and pod.uid not in old)


def in_template(situation: Situation, setting: Setting) -> object:
    """The field in the DaemonSet as the server answered it, else as the watch told."""
    if situation.daemonset_object is not None:
        return current(situation.daemonset_object, setting)
    spec = situation.daemonset.container(setting.container) if situation.daemonset else None
    return _value_of(spec, setting)


def held(pod: PodStatus, setting: Setting) -> object:
    """The field's value in the pod itself, None when it is absent."""
    return _value_of(pod.spec(setting.container), setting)


def _value_of(spec: ContainerSpec | None, setting: Setting) -> object:
    if spec is None:
        return None
    return spec.security.privileged if setting.path == ("privileged",) else spec.security.selinux_type or None


def restart_of(pod: PodStatus) -> PodRestart:
    """A pod as the preview names it."""
    return PodRestart(pod.node, pod.name, pod.uid, pod.failing is not None)


def pods_to_delete(situation: Situation, status: DaemonSetStatus, setting: Setting) -> tuple[PodRestart, ...]:
    """The failing pods that a new template reaches only when they are deleted; none unless the strategy is OnDelete."""
    if status.strategy != "OnDelete":
        return ()
    return tuple(restart_of(pod) for pod in situation.failing if not runs_with(pod, setting))
