"""How the IP pools stand: what the operator refuses, and what it leaves as it is."""

from __future__ import annotations

import ipaddress
import json
import re
import shlex
from collections.abc import Iterator, Sequence

from cnitui.domain.documents import as_mapping
from cnitui.domain.operator.cni_config import CniConfig
from cnitui.domain.operator.network import NODE, cni_config, plugin_of
from cnitui.domain.operator.observation import CALICO, KUBEADM, POOLS, Observation
from cnitui.domain.operator.parts import Check, Part, met, mind, refused, unknown
from cnitui.domain.operator.pools import BLOCK_SIZES, Pool, overlaps, pools_of, taken
from cnitui.domain.operator.releases import Release
from cnitui.domain.operator.workload import Workload

ABOUT = "IP pools"
_SUBNET = re.compile(r"podSubnet: *([\w.:/, ]+)")
"""As the operator looks for it in every value of kubeadm-config (pkg/controller/installation, ippool/kubeadm.go)."""


def ip_pools(seen: Observation, node: Workload, release: Release | None) -> Part:
    """The pools that the Installation names, and what was found about all of them."""
    documents = seen.objects(POOLS)
    if documents is None:
        why = f"{seen.unseen(POOLS)}; the Installation names none, the operator reads them itself"
        return Part((unknown(ABOUT, why),))
    read = cni_config(node) if plugin_of(node) == "Calico" else ""
    config = read if isinstance(read, CniConfig) else None
    pools, minor = pools_of(documents), release.minor if release else 0
    mine = taken(pools, config)
    broken = tuple(_broken(pools, mine, node, config))
    checks = (
        *(broken or (met(ABOUT, f"{len(mine)} of {len(pools)} go into the Installation", _words(mine)),)),
        *_families(mine, config),
        *_left_out(pools, mine),
        *_within(seen, mine, release),
        *(check for pool in mine for check in _adopted(pool, minor)),
    )
    if broken or not mine:
        return Part(checks)
    return Part(checks, {"calicoNetwork": {"ipPools": [pool.converted(minor) for pool in mine]}})


def _words(pools: Sequence[Pool]) -> str:
    return "; ".join(pool.words for pool in pools)


def _broken(pools: Sequence[Pool], mine: Sequence[Pool], node: Workload, config: CniConfig | None) -> Iterator[Check]:
    for pool in pools:
        if pool.network is None:
            yield refused(ABOUT, f"the CIDR of {pool.name} is none, and the operator reads all pools", pool.words)
    for pool in mine:
        why = _refusal(pool, node, config)
        if why:
            yield refused(ABOUT, f"{pool.name}: {why}", pool.words)


def _refusal(pool: Pool, node: Workload, config: CniConfig | None) -> str:
    """Why the operator's validation refuses a pool, "" when it does not."""
    assert pool.network is not None
    low, high = BLOCK_SIZES[pool.network.version]
    ipam = config.ipam_type if config else ""
    tunnelled = pool.encapsulation.startswith("VXLAN")
    if not pool.encapsulation:
        return "IPIP and VXLAN at once"
    if pool.encapsulation.startswith("IPIP") and pool.network.version == 6:
        return "IPIP does not exist for IPv6"
    if pool.block_size and not low <= pool.block_size <= high:
        return f"a block size has to be from {low} to {high}"
    if pool.block_size and pool.network.prefixlen > pool.block_size:
        return "smaller than one of its blocks"
    if ipam == "host-local" and tunnelled:
        return "host-local IPAM does not go with VXLAN"
    backend = node.variable(NODE, "CALICO_NETWORKING_BACKEND").given("bird")
    if ipam == "calico-ipam" and backend == "vxlan" and not tunnelled:
        return "without BGP the operator accepts VXLAN only"
    return ""


def _families(mine: Sequence[Pool], config: CniConfig | None) -> Iterator[Check]:
    """calico-ipam and the pools have to agree on the families of addresses pods get."""
    if config is None or config.ipam_type != "calico-ipam":
        return
    for family in (4, 6):
        has = any(pool.network and pool.network.version == family for pool in mine)
        wants = config.assigns(family)
        if wants != has and (wants or family == 6):
            lacks = "there is no enabled pool" if wants else "there is an enabled pool, which nothing is taken from"
            quote = f"assign_ipv{family}: {config.ipam.get(f'assign_ipv{family}', 'not set')}"
            yield refused(ABOUT, f"IPv{family}: {lacks}", quote, "make the CNI configuration and the pools agree")


def _left_out(pools: Sequence[Pool], mine: Sequence[Pool]) -> Iterator[Check]:
    disabled = [pool for pool in pools if pool.disabled]
    if disabled:
        yield mind(ABOUT, "disabled pools are not put into the Installation and stay as they are", _words(disabled))
    others = [pool for pool in pools if pool not in mine and not pool.disabled and pool.network]
    if others:
        why = "the migration takes one pool of each family; these stay as they are, managed by you"
        yield mind(ABOUT, why, _words(others))
    for one, other in overlaps(pools):
        why = f"{one.name} and {other.name} share addresses, which Calico's API accepts of no new pool"
        yield mind(ABOUT, why, f"{one.cidr}, {other.cidr}", "settle that first: see Calico's migration of pools")


def _within(seen: Observation, mine: Sequence[Pool], release: Release | None) -> Iterator[Check]:
    """Operators up to v1.32 refuse a pool outside kubeadm's pod network; later ones look only when they make pools."""
    if release is None or release.minor >= 34 or not mine:
        return
    config = seen.one(KUBEADM)
    if seen.unseen(KUBEADM):
        yield unknown("pod network", f"kubeadm's: {seen.unseen(KUBEADM)}")
    if config is None:
        return
    written = " ".join(str(value) for value in as_mapping(config.get("data")).values())
    found = _SUBNET.search(written)
    if found is None:
        why = f"operator {release.operator} reads podSubnet from it, and fails without"
        yield refused("pod network", why, "kubeadm-config without podSubnet")
        return
    outside = [pool for pool in mine if not _inside(pool, found[1])]
    if outside:
        why = f"operator {release.operator} refuses pools outside kubeadm's podSubnet"
        yield refused("pod network", why, f"podSubnet: {found[1]}; {_words(outside)}")
    else:
        yield met("pod network", "the pools lie within kubeadm's podSubnet", f"podSubnet: {found[1]}")


def _inside(pool: Pool, subnets: str) -> bool:
    for subnet in subnets.replace(" ", "").split(","):
        try:
            whole = ipaddress.ip_network(subnet, strict=False)
        except ValueError:
            continue
        if pool.network and whole.version == pool.network.version:
            return pool.network.subnet_of(whole)  # type: ignore[arg-type]  # of one version
    return False


def _adopted(pool: Pool, minor: int) -> Iterator[Check]:
    """From v1.34 on the operator manages pools, but only those that are as the Installation says in every field."""
    if minor < 34:
        return
    defaults, stays = pool.differences(minor)
    if not defaults and not stays:
        return
    said = "tigerastatus ippools will say “Cannot update an IP pool not owned by the operator”; the pool itself stays"
    patch = json.dumps({"spec": defaults})
    target = ("kubectl", "patch", f"ippools.{CALICO}", pool.name, "--type=merge", "-p", patch)
    reasons = [*stays, *(f"{key} is not set" for key in defaults)]
    fix = shlex.join(target) if defaults and not stays else ""
    yield mind(ABOUT, f"{pool.name} will not be taken over: {', '.join(reasons)}; {said}", pool.words, fix)
