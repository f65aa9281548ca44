"""What the other containers of the cluster run, and which program a container spec means.

Lines of calico-ipam are from a real node (v3.27.0).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnitui.lab.kubelet.agent import calico_node
from cnitui.lab.kubelet.installer import install
from cnitui.lab.kubelet.obstacles import foreign_platform
from cnitui.lab.kubelet.process import Output, plain, wait
from cnitui.lab.objects.resources import CONFIG_MAPS

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.kubelet.process import Process, Program, Steps
    from cnitui.lab.machine.node import Node


def _said(text: str, delay: float = 0.01) -> Output:
    return Output(delay, text, stamped=True)


def upgrade_ipam(process: Process) -> Steps:
    """calico-ipam -upgrade on a node that never used host-local."""
    process.comm, process.exe = "calico-ipam", "/opt/cni/bin/calico-ipam"
    yield _said("[INFO][1] ipam_plugin.go 79: migrating from host-local to calico-ipam...", 0.15)
    yield _said("[INFO][1] migrate.go 66: checking host-local IPAM data dir dir existence...", 0.2)
    yield _said(
        "[INFO][1] migrate.go 68: host-local IPAM data dir dir not found; no migration necessary, "
        "successfully exiting..."
    )
    yield _said(
        f'[INFO][1] ipam_plugin.go 109: migration from host-local to calico-ipam complete node="{process.node.name}"',
        0.001,
    )
    return 0


def mount_bpffs(process: Process) -> Steps:
    """calico-node -init -best-effort: mounts bpffs and cgroup2, says so, and never fails."""
    process.comm, process.exe = "calico-node", "/bin/calico-node"
    yield _said('[INFO][1] init/best_effort.go 44: Checking if BPF filesystem is mounted. path="/sys/fs/bpf"', 0.1)
    yield _said("[INFO][1] init/best_effort.go 52: BPF filesystem is mounted.")
    return 0


def kube_proxy(process: Process) -> Steps:
    """kube-proxy in iptables mode: writes the Services' rules, or says why it cannot and goes on trying."""
    process.comm, process.exe = "kube-proxy", "/usr/local/bin/kube-proxy"
    if not process.node.network.conntrack_writable and _sizes_the_table(process):
        entry = "net/netfilter/nf_conntrack_max"
        yield _klog(process, "I", 'conntrack.go:60] "Setting nf_conntrack_max" nfConntrackMax=131072', 0.1)
        yield _klog(
            process, "E", f'server.go:556] "Error running ProxyServer" err="open /proc/sys/{entry}: permission denied"'
        )
        return 1
    yield _klog(process, "I", 'server_linux.go:66] "Using iptables proxy"', 0.1)
    yield _klog(process, "I", f'server.go:677] "Successfully retrieved node IP(s)" IPs=["{process.node.ip}"]')
    if process.node.network.iptables_works:
        process.node.network.rules_written = process.time
        yield _klog(process, "I", "shared_informer.go:320] Caches are synced for service config", 0.1)
        return None
    process.node.network.rules_written = None
    why = "exit status 3: iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Invalid argument"
    while True:
        chain = "KUBE-EXTERNAL-SERVICES"
        yield _klog(
            process,
            "E",
            f'proxier.go:838] "Failed to ensure chain exists" err="error creating chain \\"{chain}\\": {why}" '
            f'table="filter" chain="{chain}"',
            0.05,
        )
        yield _klog(process, "I", 'proxier.go:817] "Sync failed" ipFamily="IPv4" retryingTime="30s"')
        yield wait(30.0)


def _sizes_the_table(process: Process) -> bool:
    """Whether its configuration lets it set the size of the connection table (getConntrackMax of its server_linux.go).

    Only `maxPerCore: 0` keeps it from that.
    """
    assert process.world is not None
    held = process.world.store.find(CONFIG_MAPS.key, "kube-system", "kube-proxy")
    text = (held or {}).get("data", {}).get("config.conf", "")
    return re.search(r"^\s+maxPerCore:\s*0\s*$", text, re.MULTILINE) is None


def _klog(process: Process, level: str, text: str, delay: float = 0.005) -> Output:
    """A line in klog's layout."""
    return Output(delay, f"{level}{process.time:%m%d %H:%M:%S.%f}       1 {text}")


def silent_service(process: Process) -> Steps:
    """A program that runs and prints nothing."""
    process.comm = (process.container.get("command") or [process.container["name"]])[0].rsplit("/", 1)[-1]
    yield wait(0.05)
    return None


def nginx(process: Process) -> Steps:
    """The entry point of the stock nginx image."""
    process.comm = "nginx"
    yield plain(
        "/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration", 0.05
    )
    yield plain("/docker-entrypoint.sh: Configuration complete; ready for start up", 0.05)
    return None


def sleeper(seconds: float) -> Program:
    """`sleep N`: ends with 0."""

    def steps(process: Process) -> Steps:
        process.comm = "sleep"
        yield wait(seconds)
        return 0

    return steps


_BY_COMMAND: dict[str, Program] = {
    "/opt/cni/bin/install": install,
    "/opt/cni/bin/calico-ipam -upgrade": upgrade_ipam,
    "calico-node -init -best-effort": mount_bpffs,
}


def host_command(pod: Object, container: Object) -> list[str]:
    """What a container runs in its node's own root by `chroot`, when it mounts that root; else nothing."""
    words = [*(container.get("command") or []), *(container.get("args") or [])]
    if len(words) < 3 or words[0].rsplit("/", 1)[-1] != "chroot":
        return []
    roots = {v["name"] for v in pod["spec"].get("volumes") or [] if (v.get("hostPath") or {}).get("path") == "/"}
    mounted = {m["mountPath"].rstrip("/") for m in container.get("volumeMounts") or [] if m["name"] in roots}
    words = [word.replace("$$", "$") for word in words]  # expansion: third_party/forked/golang/expansion
    return words[2:] if words[1].rstrip("/") in mounted else []


def foreign_program(container: Object) -> Program:
    """What a program for another processor comes to: runc's exec of it fails, and the container with it."""

    def steps(process: Process) -> Steps:
        process.comm = "runc:[2:INIT]"
        yield plain(f"exec {(container.get('command') or ['/entrypoint'])[0]}: exec format error", 0.05)
        return 1

    return steps


def program_of(node: Node, container: Object) -> Program:
    """The program a container spec starts on a node, by its command, else by its image."""
    if foreign_platform(node, container):
        return foreign_program(container)
    command = [*(container.get("command") or []), *(container.get("args") or [])]
    known = _BY_COMMAND.get(" ".join(command))
    if known is not None:
        return known
    if len(command) == 2 and command[0].rsplit("/", 1)[-1] == "sleep" and command[1].isdigit():
        return sleeper(float(command[1]))
    image = container["image"].rsplit("/", 1)[-1]
    if image.startswith("node:") and not command:
        return calico_node
    if image.startswith("kube-proxy:"):
        return kube_proxy
    if image.startswith("nginx") and not command:
        return nginx
    return silent_service
