"""The mode of SELinux: getenforce, sestatus, /etc/selinux/config, selinuxfs, and permissive domains."""

from __future__ import annotations

import re
from dataclasses import replace

from cnitui.domain.facts import SelinuxMode
from cnitui.domain.parsing.lines import numbered

_MODES = {"enforcing": "Enforcing", "permissive": "Permissive", "disabled": "Disabled"}
_SETTING = re.compile(r"\s*(?P<key>SELINUX|SELINUXTYPE)\s*=\s*(?P<value>\w{1,40})\s*")
_STATUS = re.compile(r"(?P<key>[A-Z][\w ]{3,40}):\s+(?P<value>[\w-]{1,60})\b.*")
_DOMAIN = re.compile(r"(?P<domain>\w{1,60}_t)")
_PERMISSIVE_MODULE = re.compile(r"permissive_(?P<domain>\w{1,60}_t)\b.{0,40}")


def parse_getenforce(text: str) -> SelinuxMode | None:
    """The one word of getenforce, on a line of its own."""
    words = (line.strip() for _, line in numbered(text))
    mode = next((_MODES[word.lower()] for word in words if word.lower() in _MODES), "")
    return SelinuxMode(mode) if mode else None


def parse_sestatus(text: str) -> SelinuxMode | None:
    """Mode now, mode in the configuration file and policy; None when `SELinux status` is not there."""
    fields = {match["key"]: match["value"] for _, line in numbered(text) if (match := _STATUS.fullmatch(line.strip()))}
    status = fields.get("SELinux status", "")
    if not status:
        return None
    current = "Disabled" if status == "disabled" else _MODES.get(fields.get("Current mode", ""), "")
    configured = _MODES.get(fields.get("Mode from config file", ""), "")
    policy = fields.get("Loaded policy name") or fields.get("Policy from config file", "")
    return SelinuxMode(current, configured, policy)


def parse_config(text: str) -> SelinuxMode | None:
    """What /etc/selinux/config asks for at the next boot; `current` stays unknown."""
    settings = {match["key"]: match["value"] for _, line in numbered(text) if (match := _SETTING.fullmatch(line))}
    configured = _MODES.get(settings.get("SELINUX", "").lower(), "")
    return SelinuxMode("", configured, settings.get("SELINUXTYPE", "")) if configured else None


def parse_filesystems(text: str) -> SelinuxMode | None:
    """`grep -c selinuxfs /proc/filesystems`: 0 means that the running kernel has SELinux switched off.

    The kernel registers selinuxfs only when SELinux is enabled at boot (torvalds/linux security/selinux/selinuxfs.c).
    """
    return SelinuxMode("Disabled") if text.strip() == "0" else None


def parse_permissive_domains(text: str) -> tuple[str, ...]:
    """Domains that `semanage permissive -l` lists, built in or customized."""
    return _domains(text, _DOMAIN)


def parse_permissive_modules(text: str) -> tuple[str, ...]:
    """The same from `semodule -l`: semanage makes a module `permissive_NAME` of each."""
    return _domains(text, _PERMISSIVE_MODULE)


def _domains(text: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    matches = (pattern.fullmatch(line.strip()) for _, line in numbered(text))
    return tuple(sorted({match["domain"] for match in matches if match}))


def merged(*modes: SelinuxMode | None) -> SelinuxMode | None:
    """One answer from several looks; the earlier look wins where both know."""
    result: SelinuxMode | None = None
    for mode in modes:
        if mode is None:
            continue
        if result is None:
            result = mode
            continue
        result = replace(
            result,
            current=result.current or mode.current,
            configured=result.configured or mode.configured,
            policy=result.policy or mode.policy,
        )
    return result
