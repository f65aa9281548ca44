"""install-cni of Calico v3.27.0, step by step, as a process of a node.

Order, messages and which failure ends how: projectcalico/calico `cni-plugin/pkg/install/install.go@v3.27.0`; the
layout of lines and the pauses between them: a real node's log.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cnitui.lab.kubelet.process import Output, log, plain, wait
from cnitui.lab.machine.files import FileError
from cnitui.lab.machine.network import REACHABLE
from cnitui.lab.machine.node import BIN_DIR, CONF_DIR
from cnitui.lab.objects.calico import CONFIG_TEMPLATE, rendered_config
from cnitui.lab.objects.rbac import token_refusal

if TYPE_CHECKING:
    from cnitui.lab.kubelet.process import Process, Steps

BINARIES: dict[str, int] = {
    "bandwidth": 3_305_634,
    "calico": 45_346_978,
    "calico-ipam": 45_346_978,
    "flannel": 682_696,
    "host-local": 2_961_570,
    "install": 45_346_978,
    "loopback": 2_867_362,
    "portmap": 3_371_170,
    "tuning": 2_924_706,
}
"""Name to bytes, from the listing of a node with calico/cni:v3.27.0."""

SUID = frozenset({"calico", "calico-ipam", "install"})
"""v3.27.0 set the suid bit on these (CVE-2024-33522, dropped in v3.27.3)."""

CNI_ACCOUNT = "calico-cni-plugin"
CONFLIST = "10-calico.conflist"
TOKEN_URL = "https://10.96.0.1:443/api/v1/namespaces/kube-system/serviceaccounts/calico-cni-plugin/token"  # noqa: S105 - an address
VERSION = "v3.27.0"
TOKEN_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - a path
TOKEN_LINK = "/var/lib/kubelet/pods/token/..data"  # noqa: S105 - a path

_REACH = {
    "timeout": "dial tcp 10.96.0.1:443: i/o timeout",
    "refused": "dial tcp 10.96.0.1:443: connect: connection refused",
    "unreachable": "dial tcp 10.96.0.1:443: connect: network is unreachable",
    "noroute": "dial tcp 10.96.0.1:443: connect: no route to host",
}
_REACH_SECONDS = {"timeout": 30.0}


class _Failed(Exception):
    """The run ends with exit code 1; its last words are already printed."""


def install(process: Process) -> Steps:
    """The program; exit code 0 or 1."""
    process.comm, process.exe = "install", "/opt/cni/bin/install"
    try:
        yield log("INFO", "Running as a Kubernetes pod", 0.35)
        yield from _own_token(process)
        yield from _binaries(process)
        yield from _token(process)
        yield from _config(process)
    except _Failed:
        return 1
    return 0


def _own_token(process: Process) -> Steps:
    """Reads the pod's own token by the link that the kubelet makes in the projected volume."""
    if process.label is None or process.node.relabels_volumes or not process.node.selinux.enabled:
        return None
    link = process.node.files.link(TOKEN_LINK, "tmpfs_t")
    try:
        process.node.check(process, link, "read")
    except FileError as error:
        yield log("FATAL", f"Error installing CNI plugin error=open {TOKEN_FILE}: {error.words}", 0.01)
        raise _Failed from None
    return None


def _binaries(process: Process) -> Steps:
    host = "/host" + BIN_DIR
    yield wait(0.9)
    try:
        process.node.touch(process, BIN_DIR)
    except FileError:
        yield log("INFO", f"{host} is not writeable, skipping", 0.01)
        yield log("INFO", "/host/secondary-bin-dir is not writeable, skipping", 0.0005)
        yield log("FATAL", "found no writeable directory, exiting error=<nil>")
        raise _Failed from None
    for name, size in BINARIES.items():
        yield from _copy(process, name, size)
    yield log("INFO", f"Wrote Calico CNI binaries to {host}", 0.02)
    yield plain("")
    if "noexec" in process.node.files.mount_of(BIN_DIR).flags:
        yield log(
            "FATAL",
            "Failed getting CNI plugin version from installed binary, exiting "
            f"error=fork/exec {host}/calico: permission denied",
        )
        raise _Failed
    yield log("INFO", f"CNI plugin version: {VERSION}", 0.12)
    yield plain("")
    yield log("INFO", "/host/secondary-bin-dir is not writeable, skipping")
    return None


def _copy(process: Process, name: str, size: int) -> Steps:
    node, target = process.node, f"{BIN_DIR}/{name}"
    mode = 0o4755 if name in SUID else 0o755
    held = node.files.get(target)
    if held is not None and held.size == size and held.mode == mode:
        yield log("INFO", f'File is already up to date, skipping file="/host{target}"', 0.03)
        yield log("INFO", f"Installed /host{target}", 0.0005)
        return None
    temporary = target + ".tmp"
    try:
        node.write(process, temporary, size=size, mode=mode)
    except FileError as error:
        verb = "write" if error.code == "ENOSPC" else "open"
        if verb == "write":
            _leave_partial(process, temporary)
        yield log(
            "ERROR",
            f"Failed to install /host{target} error=failed to copy file: {verb} /host{temporary}: {error.words}",
        )
        raise _Failed from None
    yield wait(0.02 + size / 4e8)
    try:
        node.rename(process, temporary, target)
    except FileError as error:
        yield log(
            "ERROR",
            f"Failed to install /host{target} error=failed to rename file: rename /host{temporary} /host{target}: "
            f"{error.words}",
        )
        raise _Failed from None
    yield log("INFO", f"Installed /host{target}")
    return None


def _leave_partial(process: Process, path: str) -> None:
    """A full disk leaves what fitted behind, and it is never cleaned up."""
    mount = process.node.files.mount_of(path)
    if process.node.files.get(path) is None and mount.inodes_used < mount.inodes:
        process.node.write(process, path, size=mount.available // 4 * 4096, mode=0o600)


def _token(process: Process) -> Steps:
    yield log(
        "WARNING",
        "Neither --kubeconfig nor --master was specified.  Using the inClusterConfig.  This might not work.",
    )
    network = process.node.network
    named = process.variable("KUBERNETES_SERVICE_HOST") is not None  # nobody names the Service but by its variable
    reach = network.to_endpoint() if named else network.through_service()
    if reach != REACHABLE:
        yield wait(_REACH_SECONDS.get(reach, 0.02))
        yield from _without_token(f'Post "{TOKEN_URL}": {_REACH[reach]}')
    yield wait(0.25)
    refusal = _refusal(process)
    if refusal:
        yield from _without_token(refusal)
    yield from _write(process, f"{CONF_DIR}/calico-kubeconfig", kubeconfig(), 0o600)
    return None


def _without_token(why: str) -> Steps:
    yield log("ERROR", f"Unable to create token for CNI kubeconfig error={why}", 0.0)
    yield log("FATAL", f"Unable to create token for CNI kubeconfig error={why}", 0.0004)
    raise _Failed


def _refusal(process: Process) -> str:
    """TLS comes first, then who asks, then what that one may do."""
    world = process.world
    if world is None:
        return ""
    master = next((node.ip for node in world.nodes.values() if node.control_plane), "")
    untrusted = world.trust.refusal(process.time, master) if world.trust else ""
    if untrusted:
        return f'Post "{TOKEN_URL}": {untrusted}'
    if world.trust and not world.trust.signs_as_it_verifies:
        return "Unauthorized"
    return token_refusal(world.store, process.pod, CNI_ACCOUNT)


def _write(process: Process, path: str, content: str, mode: int) -> Steps:
    try:
        process.node.write(process, path, content=content, mode=mode)
    except FileError as error:
        yield log("FATAL", f"open /host{path}: {error.words}")
        raise _Failed from None
    return None


def _config(process: Process) -> Steps:
    yield log("INFO", "Using CNI config template from CNI_NETWORK_CONFIG environment variable.", 0.3)
    template = process.variable("CNI_NETWORK_CONFIG")
    text = rendered_config(process.node.name, CONFIG_TEMPLATE if template is None else template)
    first, *more = text.rstrip("\n").split("\n")
    if not _is_json(text):
        *between, end = [*more] or [""]
        yield log("FATAL", first, 0.01)
        for line in between:
            yield Output(0.0, line)
        yield Output(0.0, f"{end} is not a valid json object")
        raise _Failed
    yield from _write(process, f"{CONF_DIR}/{CONFLIST}", text, 0o644)
    for line in (first, *more):
        yield Output(0.0, line)
    yield log("INFO", f"Created /host{CONF_DIR}/{CONFLIST}", 0.01)
    yield log("INFO", "Done configuring CNI.  Sleep= false")
    return None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def kubeconfig() -> str:
    """calico-kubeconfig; its token is a stand-in that opens nothing."""
    return (
        "# Kubeconfig file for Calico CNI plugin. Installed by calico/node.\napiVersion: v1\nkind: Config\nclusters:\n"
        '- name: local\n  cluster:\n    server: https://10.96.0.1:443\n    certificate-authority-data: "'
        + "TEFC" * 370
        + '"\nusers:\n- name: calico\n  user:\n    token: '
        + "lab." * 270
        + "\ncontexts:\n- name: calico-context\n  context:\n    cluster: local\n    user: calico\n"
        "current-context: calico-context"
    )
