"""Pod Security admission: what a namespace's labels refuse or warn of.

The checks of "baseline" that a CNI's pods meet, in the words of k8s.io/pod-security-admission (v1.31); "restricted" is
judged as baseline, which is enough to refuse the same pods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object

_LABEL = "pod-security.kubernetes.io/"
_SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")


def refusal(namespace: Object, mode: str, spec: Object) -> str:
    """Why a pod spec violates the namespace's level for `enforce` or `warn`; empty when it does not."""
    labels = namespace["metadata"].get("labels") or {}
    level = labels.get(_LABEL + mode, "privileged")
    if level == "privileged":
        return ""
    found = [text for text in (_host(spec), _paths(spec), _privileged(spec), _types(spec)) if text]
    version = labels.get(f"{_LABEL}{mode}-version", "latest")
    return f'violate PodSecurity "{level}:{version}": {", ".join(found)}' if found else ""


def _containers(spec: Object) -> list[Object]:
    return [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _host(spec: Object) -> str:
    used = [name for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    return f"host namespaces ({', '.join(f'{name}=true' for name in used)})" if used else ""


def _paths(spec: Object) -> str:
    names = [volume["name"] for volume in spec.get("volumes") or [] if "hostPath" in volume]
    plural = "s" if len(names) > 1 else ""
    return f"hostPath volumes (volume{plural} {_quoted(names)})" if names else ""


def _privileged(spec: Object) -> str:
    names = [c["name"] for c in _containers(spec) if (c.get("securityContext") or {}).get("privileged")]
    plural = "s" if len(names) > 1 else ""
    return (
        f"privileged (container{plural} {_quoted(names)} must not set securityContext.privileged=true)" if names else ""
    )


def _types(spec: Object) -> str:
    wrong = {
        options.get("type", "")
        for holder in (spec, *_containers(spec))
        if (options := (holder.get("securityContext") or {}).get("seLinuxOptions") or {}).get("type", "")
        not in _SELINUX_TYPES
    }
    return f"seLinuxOptions (forbidden type {_quoted(sorted(wrong))})" if wrong else ""
