"""What the container runtime says: the label it gave a container's process, and whether it labels at all.

The label is `info.runtimeSpec.process.selinuxLabel` of `crictl inspect` (containerd and CRI-O alike); containerd clears
it for privileged containers (containerd internal/cri/server/container_create.go@v2.3.4).
"""

from __future__ import annotations

import json
import re

from cnitui.domain.facts import ContainerLabel, RuntimeDirectories
from cnitui.domain.parsing.lines import numbered
from cnitui.domain.selinux import Label
from cnitui.domain.speakers import POD_NETWORK

_JSON_LIMIT = 4_000_000
_QUOTED = re.compile(r'\s*"selinuxLabel":\s*"(?P<label>[^"]{0,800})",?\s*')
_SWITCH = re.compile(
    r"(?:[\w./@-]{1,400}:)?\s*(?P<key>enable_selinux|hostnetwork_disable_selinux|selinux)\s*=\s*(?P<value>true|false)\b.*"
)
_SETTINGS_LIMIT = 1_000
_PROCESSES_LIMIT = 400_000
_PROCESS = re.compile(
    r"\s{0,8}(?P<label>\w{1,40}:\w{1,40}:(?:container_t|container_init_t|spc_t|svirt_lxc_net_t):s\d\S{0,60})\s+"
    r"(?:\d+\s+\S+\s+[\d:-]+\s+)?(?P<command>\S{1,100})"
)
"""A row of `ps -eZ` whose process runs as a container does: LABEL PID TTY TIME CMD."""
_DIRECTORY = re.compile(
    r"\s*(?P<key>bin_dirs?|conf_dir|plugin_dirs?|network_dir)\s*=\s*\[?\s*(?P<value>[\"'][^\"'\]]{1,400}[\"'](?:\s*,\s*[\"']"
    r"[^\"'\]]{1,400}[\"']){0,8})\s*,?\s*\]?\s*(?:#.*)?"
)
_CONF_KEYS = frozenset({"conf_dir", "network_dir"})


def parse_inspect(text: str) -> ContainerLabel | None:
    """The label in `crictl inspect` as JSON, or as the one line of its template; None when it says nothing of it."""
    stripped = text.strip()
    if stripped.startswith("{"):
        return _from_json(stripped)
    quoted = next((match for _, line in numbered(text) if (match := _QUOTED.fullmatch(line))), None)
    if quoted:
        return _labelled(quoted["label"])
    if stripped in ("<no value>", "<nil>"):
        return _labelled("")
    return _labelled(stripped) if Label.parse(stripped) else None


def _labelled(label: str) -> ContainerLabel:
    return ContainerLabel(Label.parse(label), known=True, raw=f'"selinuxLabel": "{label}"')


def _from_json(text: str) -> ContainerLabel | None:
    try:
        node: object = json.loads(text[:_JSON_LIMIT])
    except (ValueError, RecursionError):
        return None
    for key in ("info", "runtimeSpec", "process"):
        node = node.get(key) if isinstance(node, dict) else None
    if not isinstance(node, dict):
        return None
    label = node.get("selinuxLabel", "")
    return _labelled(label) if isinstance(label, str) else None


def parse_process_label(text: str) -> ContainerLabel | None:
    """The label of a program of the pod network in the rows of `ps -eZ`; None when there is no such row."""
    if len(text) > _PROCESSES_LIMIT:
        return None
    for _, line in numbered(text):
        row = _PROCESS.match(line)
        if row and POD_NETWORK.search(row["command"]):
            return ContainerLabel(Label.parse(row["label"]), known=True, raw=line.strip()[:200])
    return None


def parse_labelling(text: str) -> bool | None:
    """Whether the runtime labels a container on the host's network, by its configuration; None when it does not say.

    containerd: `enable_selinux`. CRI-O: `selinux`, but not where `hostnetwork_disable_selinux` holds (calico-node is on
    the host's network). `text` is TOML or `grep`'s lines of it.
    """
    settings: dict[str, bool] = {}
    for _, line in numbered(text):
        match = _SWITCH.fullmatch(line)
        if match and len(settings) < _SETTINGS_LIMIT:
            settings[match["key"]] = match["value"] == "true"
    if "enable_selinux" in settings:
        return settings["enable_selinux"]
    if settings.get("hostnetwork_disable_selinux") is True:
        return False
    if "selinux" in settings:
        return settings["selinux"]
    return True if "hostnetwork_disable_selinux" in settings else None


def parse_directories(text: str) -> RuntimeDirectories | None:
    """The CNI directories in a runtime's configuration; None when it names none, so that its defaults hold.

    containerd: `bin_dir`, `bin_dirs`, `conf_dir` (docs/cri/config.md); CRI-O: `plugin_dirs`, `network_dir`
    (crio.conf(5)). `text` is TOML or `grep`'s lines of it; of a key that is set twice the last counts.
    """
    binaries: tuple[str, ...] = ()
    conf, raw = "", []
    for _, line in numbered(text):
        match = _DIRECTORY.fullmatch(line)
        if not match:
            continue
        paths = tuple(part.strip(" \"'").rstrip("/") or "/" for part in match["value"].split(","))
        raw.append(line.strip())
        if match["key"] in _CONF_KEYS:
            conf = paths[0]
        else:
            binaries = paths
    return RuntimeDirectories(binaries, conf, "; ".join(raw[-4:])) if raw else None
