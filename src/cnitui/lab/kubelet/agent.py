"""calico-node of Calico v3.27.0: its start-up, its daemons as far as they tell of themselves, its readiness.

Order and words: projectcalico/calico node/pkg/lifecycle/startup/startup.go, autodetection/autodetection_methods.go,
node/pkg/health/health.go, felix/daemon/daemon.go, felix/ipsets/ipsets.go at v3.27.0. Once ready it stays so: the lab's
kubelet asks no liveness.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnitui.lab.kubelet.process import Output, plain, wait
from cnitui.lab.machine.files import FileError
from cnitui.lab.machine.network import BGP_PORT, REACHABLE, TYPHA_PORT
from cnitui.lab.objects.calico import POOL
from cnitui.lab.objects.calico_extras import ip_pool
from cnitui.lab.objects.resources import CRDS, ENDPOINTS, IP_POOLS

if TYPE_CHECKING:
    from cnitui.lab.kubelet.process import Process, Steps
    from cnitui.lab.machine.network import Interface
    from cnitui.lab.machine.node import Node
    from cnitui.lab.world import World

NODENAME = "/var/lib/calico/nodename"
_EXCLUDED = re.compile(r"docker|cbr|dummy|virbr|lxcbr|veth|lo|cali|tunl|flannel|kube-ipvs|cni|vxlan|br-")
"""Interfaces that the first-found method never takes."""
_LOST = {
    "timeout": "i/o timeout",
    "refused": "connect: connection refused",
    "unreachable": "connect: network is unreachable",
    "noroute": "connect: no route to host",
}
_UNKNOWN_KIND = "the server could not find the requested resource ({verb} {kind}.crd.projectcalico.org{name})"


class _Terminated(Exception):
    """The start-up ends the container with exit code 1."""


def _said(text: str, delay: float = 0.01) -> Output:
    return Output(delay, text, stamped=True)


def calico_node(process: Process) -> Steps:
    """Starts up, writes /var/lib/calico/nodename, runs its daemons."""
    process.comm, process.exe = "calico-node", "/bin/calico-node"
    try:
        yield from _start(process)
    except _Terminated:
        return 1
    yield from _run(process)
    return None


def _start(process: Process) -> Steps:
    name = process.node.name
    yield _said("[INFO][9] startup/startup.go 431: Early log level set to info", 0.1)
    yield _said(f"[INFO][9] startup/utils.go 127: Using NODENAME environment for node name {name}")
    yield _said(f"[INFO][9] startup/utils.go 139: Determined node name: {name}")
    yield _said("[INFO][9] startup/startup.go 95: Starting node " + name + " with version v3.27.0")
    yield from _datastore(process)
    yield from _address(process)
    yield from _pools(process)
    yield from _cluster_information(process)
    _remember_name(process)
    yield _said("[INFO][9] startup/startup.go 215: Using node name: " + name)
    yield plain("Calico node started successfully", 0.2)
    return None


def _terminate() -> Steps:
    yield _said("[WARNING][9] startup/utils.go 48: Terminating")
    yield plain("Calico node failed to start")
    raise _Terminated


def _datastore(process: Process) -> Steps:
    yield _said("[INFO][9] startup/startup.go 436: Checking datastore connection", 0.05)
    while (reach := process.node.network.through_service()) != REACHABLE:
        why = f'Get "https://10.96.0.1:443/api/v1/nodes/foo": dial tcp 10.96.0.1:443: {_LOST[reach]}'
        yield wait(30.0 if reach == "timeout" else 1.0)
        yield _said(f"[INFO][9] startup/startup.go 446: Hit error connecting to datastore - retry error={why}")
    yield _said("[INFO][9] startup/startup.go 460: Datastore connection verified", 0.1)
    return None


# --- the node's address -----------------------------------------------------------------------------------------------


def _address(process: Process) -> Steps:
    node, method = process.node, process.variable("IP_AUTODETECTION_METHOD") or "first-found"
    found = detected(node, method)
    place = "[INFO][9] startup/autodetection_methods.go 103:"
    if found is None:
        regex = method.partition("=")[2]
        yield _said(
            "[WARNING][9] startup/autodetection_methods.go 129: Unable to auto-detect an IPv4 address using interface "
            f"regexes [{regex}]: no valid host interfaces found"
        )
        yield _said(
            "[WARNING][9] startup/startup.go 525: Couldn't autodetect an IPv4 address. If auto-detecting, choose a "
            "different autodetection method. Otherwise provide an explicit address."
        )
        yield from _terminate()
        return None
    yield _said(f"{place} Using autodetected IPv4 address on interface {found.name}: {found.address}/24")
    holder = process.world.claims.setdefault(found.address, node.name) if process.world else node.name
    if holder != node.name:
        yield _said("[INFO][9] startup/startup.go 590: Node IPv4 changed, will check for conflicts")
        yield _said(
            f"[WARNING][9] startup/startup.go 1016: Calico node '{holder}' is already using the IPv4 address "
            f"{found.address}."
        )
        yield _said(
            "[INFO][9] startup/startup.go 409: Clearing out-of-date IPv4 address from this node "
            f'IP="{found.address}/24"'
        )
        yield from _terminate()
    return None


def detected(node: Node, method: str) -> Interface | None:
    """The interface that a method of autodetection takes."""
    kind, _, value = method.partition("=")
    links = node.network.interfaces
    if kind == "interface":
        return next((link for link in links if any(re.match(one, link.name) for one in value.split(","))), None)
    if kind == "kubernetes-internal-ip":
        return next((link for link in links if link.address == node.ip), None)
    return next((link for link in links if not _EXCLUDED.match(link.name)), None)


# --- Calico's own objects ---------------------------------------------------------------------------------------------


def serves(world: World | None, plural: str) -> bool:
    """Whether the API server knows one of Calico's kinds."""
    return world is None or world.store.find(CRDS.key, "", f"{plural}.crd.projectcalico.org") is not None


def _pools(process: Process) -> Steps:
    world, asked = process.world, process.variable("CALICO_IPV4POOL_CIDR") or POOL
    if not re.fullmatch(r"\d+(\.\d+){3}/\d+", asked):
        yield _said(f"[ERROR][9] startup/startup.go 802: Invalid CIDR specified in CALICO_IPV4POOL_CIDR '{asked}'")
        yield from _terminate()
    if world is None or world.store.count(IP_POOLS.key):
        return None
    mode = "IPIP mode: Always, VXLAN mode: Never, DisableBGPExport: false"
    yield _said(f"[INFO][9] startup/startup.go 890: Ensure default IPv4 pool is created. {mode}")
    why = "" if serves(world, "ippools") else _UNKNOWN_KIND.format(verb="post", kind="IPPools", name="")
    why = why or _overlap(process, asked)
    if why:
        yield _said(
            f"[ERROR][9] startup/startup.go 901: Failed to create default IPv4 IP pool: {asked} error={why}", 0.05
        )
        yield from _terminate()
    if not world.store.count(IP_POOLS.key):  # another node may have been first
        world.store.create(IP_POOLS, ip_pool(asked))
    yield _said(f"[INFO][9] startup/startup.go 904: Created default IPv4 pool ({asked}) with NAT outgoing true. {mode}")
    return None


def _overlap(process: Process, asked: str) -> str:
    """clientv3's validation of a pool: a block has to fit in it."""
    size = int(process.variable("CALICO_IPV4POOL_BLOCK_SIZE") or 26)
    if int(asked.rpartition("/")[2]) <= size:
        return ""
    field = "error with field IPPool.Spec.CIDR"
    why = "IP pool size is too small for use with Calico IPAM. It must be equal to or greater than the block size."
    return f"{field} = '{asked}' ({why})"


def _cluster_information(process: Process) -> Steps:
    if not serves(process.world, "clusterinformations"):
        why = _UNKNOWN_KIND.format(verb="get", kind="ClusterInformations", name=" default")
        yield _said(f"[ERROR][9] startup/startup.go 158: Unable to set global default configuration error={why}")
        yield from _terminate()
    return None


def _remember_name(process: Process) -> None:
    try:
        process.node.write(process, NODENAME, content=process.node.name)
    except FileError:
        return


# --- daemons ----------------------------------------------------------------------------------------------------------


def _run(process: Process) -> Steps:
    yield _said("[INFO][61] felix/daemon.go 373: Successfully loaded configuration.", 0.2)
    while (trouble := _felix_trouble(process)) is not None:
        yield from trouble
    yield _said(
        "[INFO][61] felix/int_dataplane.go 1830: Completed first update to dataplane. secondsSinceStart=0.6", 0.3
    )
    while True:
        loops, average = process.node.rng.randrange(6, 14), process.node.rng.randrange(2, 9)
        times = f"avg={average}ms longest={average * 4}ms ()"
        text = f"felix/summary.go 100: Summarising {loops} dataplane reconciliation loops over 1m2.1s: {times}"
        yield _said(f"[INFO][61] {text}", 62.1)


def _felix_trouble(process: Process) -> Steps | None:
    """What Felix says before it ends and is started anew by runsv; None when it runs."""
    typha = unreachable_typha(process.world, process.node)
    if typha:
        return _no_typha(typha)
    return None if process.node.ip_sets else _no_ip_sets()


def _no_typha(address: str) -> Steps:
    yield _said(
        f"[ERROR][61] felix/sync_client.go 270: Failed to connect to typha endpoint {address}.  Will try another if "
        f"available... error=dial tcp {address}: i/o timeout",
        10.0,
    )
    yield _said(
        "[FATAL][61] felix/daemon.go 532: Failed to connect to Typha error=connection to typhas "
        f"([{{{address} master-01 0xc0005ec640}}]) failed",
        0.1,
    )
    return None


def _no_ip_sets() -> Steps:
    """An ipset program that the kernel does not answer (RHEL 10 and its like have no such modules)."""
    stderr = 'stderr="ipset v7.11: Kernel error received: Invalid argument\\n"'
    yield _said(
        "[ERROR][61] felix/ipsets.go 599: Bad return code from 'ipset list'. error=exit status 1 "
        f'family="inet" {stderr}',
        1.0,
    )
    yield _said(
        '[WARNING][61] felix/ipsets.go 319: Failed to resync with dataplane error=exit status 1 family="inet"', 0.1
    )
    yield _said('[PANIC][61] felix/ipsets.go 329: Failed to update IP sets after multiple retries. family="inet"', 6.0)
    return None


def unreachable_typha(world: World | None, node: Node) -> str:
    """Typha's address when the installation has one that this node does not reach; "" otherwise."""
    found = world.store.find(ENDPOINTS.key, "kube-system", "calico-typha") if world else None
    if world is None or found is None:
        return ""
    address = str(found["subsets"][0]["addresses"][0]["ip"])
    host = next((one for one in world.nodes.values() if one.ip == address), node)
    closed = host is not node and (node.network.closed(TYPHA_PORT) or host.network.closed(TYPHA_PORT))
    return f"{address}:{TYPHA_PORT}" if closed else ""


# --- readiness --------------------------------------------------------------------------------------------------------


def not_ready(world: World, node: Node) -> str:
    """What `calico-node -felix-ready -bird-ready` says against a node; "" when it is ready."""
    if node.files.get(NODENAME) is None:
        why = f"BIRD is not ready: Failed to stat() nodename file: stat {NODENAME}: no such file or directory"
        return f"calico/node is not ready: {why}"
    lost = _lost_peers(world, node)
    if lost:
        return f"calico/node is not ready: BIRD is not ready: BGP not established with {','.join(lost)}"
    if unreachable_typha(world, node):
        own = 'Get "http://localhost:9099/readiness": dial tcp 127.0.0.1:9099: connect: connection refused'
        return f"calico/node is not ready: felix is not ready: {own}"
    if not node.ip_sets:
        return "calico/node is not ready: felix is not ready: readiness probe reporting 503"
    return ""


def _lost_peers(world: World, node: Node) -> list[str]:
    """The addresses of all peers when not one session is established; the first that is ends the search."""
    lost: list[str] = []
    for other in world.nodes.values():
        if other is node or other.files.get(NODENAME) is None:
            continue
        if _meet(node, other):
            return []
        lost.append(other.ip)
    return lost


def _meet(node: Node, other: Node) -> bool:
    return not node.network.closed(BGP_PORT) and not other.network.closed(BGP_PORT)
