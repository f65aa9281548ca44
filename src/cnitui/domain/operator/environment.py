"""Variables the operator does not carry: it refuses what it has not looked at; convert/convert.go, felix_vars.go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cnitui.domain.documents import as_mapping
from cnitui.domain.listing import listed
from cnitui.domain.operator.cni_config import PLACEHOLDER, CniConfig
from cnitui.domain.operator.network import INSTALL, NODE, cni_config, plugin_of
from cnitui.domain.operator.observation import FELIX, FELIX_CRD, Observation, mappings, name_of, text
from cnitui.domain.operator.parts import Check, Part, met, mind, refused, unknown
from cnitui.domain.operator.releases import Release
from cnitui.domain.operator.workload import Workload

_POOL_FIELDS = ("CIDR", "BLOCK_SIZE", "IPIP", "VXLAN", "NAT_OUTGOING", "NODE_SELECTOR")
_NODE = frozenset({
    "DATASTORE_TYPE", "WAIT_FOR_DATASTORE", "CLUSTER_TYPE", "CALICO_DISABLE_FILE_LOGGING", "NODENAME", "IP", "IP6",
    "IP_AUTODETECTION_METHOD", "CALICO_NETWORKING_BACKEND", "FELIX_LOGSEVERITYSCREEN", "FELIX_LOGSEVERITYSYS",
    "FELIX_HEALTHENABLED", "FELIX_USAGEREPORTINGENABLED", "FELIX_TYPHAK8SSERVICENAME", "FELIX_IPV6SUPPORT",
    "FELIX_DEFAULTENDPOINTTOHOSTACTION", "FELIX_INTERFACEPREFIX", "FELIX_PROMETHEUSMETRICSENABLED",
    "FELIX_PROMETHEUSMETRICSPORT", "FELIX_IPINIPMTU", "FELIX_VXLANMTU", "FELIX_WIREGUARDMTU",
    *(f"CALICO_IPV{family}POOL_{field}" for family in (4, 6) for field in _POOL_FIELDS),
})  # fmt: skip
_SINCE = {
    27: ("FELIX_BPFENABLED",),
    28: (
        "FELIX_VXLANMTUV6", "FELIX_WIREGUARDMTUV6", "CALICO_IPV4POOL_DISABLE_BGP_EXPORT",
        "CALICO_IPV6POOL_DISABLE_BGP_EXPORT",
    ),
    40: ("FELIX_NFTABLESMODE",),
}  # fmt: skip
"""Operator minor that began to take these into account."""
_POLICY_ONLY = ("NO_DEFAULT_POOLS", "FELIX_IPTABLESMANGLEALLOWACTION", "FELIX_IPTABLESFILTERALLOWACTION")
_OTHERS: Mapping[str, frozenset[str]] = {
    INSTALL: frozenset({"KUBERNETES_NODE_NAME", "CNI_CONF_NAME", "CNI_NETWORK_CONFIG", "SLEEP"}),
    "upgrade-ipam": frozenset({"KUBERNETES_NODE_NAME", "CALICO_NETWORKING_BACKEND"}),
}
_SHOWN = 20


def environment(seen: Observation, node: Workload, release: Release | None) -> Part:
    """Every variable of the DaemonSet that no other check has looked at."""
    left = dict(_left_over(node, release))
    felix = {name: value for (container, name), value in left.items() if container == NODE and _is_felix(name)}
    others = [f"{container}/{name}" for container, name in left if not (container == NODE and _is_felix(name))]
    checks = [*_felix(seen, felix)]
    if others:
        fix = "remove them from the DaemonSet; what they do has to be said elsewhere"
        checks.append(
            refused("environment", "the operator carries none of these, and refuses", listed(others, 10), fix)
        )
    elif not felix:
        checks.append(met("environment", "every variable is one the operator knows", ""))
    return Part((*checks, *_from_elsewhere(node)))


def _is_felix(name: str) -> bool:
    return name.startswith("FELIX_")


def _left_over(node: Workload, release: Release | None) -> Iterator[tuple[tuple[str, str], str]]:
    accounted = {**_OTHERS, NODE: _NODE | _conditional(node, release)}
    config = cni_config(node)
    if not isinstance(config, CniConfig) or config.mtu == PLACEHOLDER:  # one that could not be read has it, usually
        accounted[INSTALL] = _OTHERS[INSTALL] | {"CNI_MTU"}
    for container in node.containers():
        name = text(container.get("name"))
        for entry in mappings(container.get("env")):
            variable = text(entry.get("name"))
            if variable not in accounted.get(name, ()):
                yield (name, variable), node.variable(name, variable).given()


def _conditional(node: Workload, release: Release | None) -> frozenset[str]:
    """Variables the operator looks at in some releases, or where something else is so."""
    names: set[str] = set()
    for minor, since in _SINCE.items():
        names |= set(since) if release is None or release.minor >= minor else set()
    if node.variable(NODE, "IP6").state != "absent" or (release is not None and release.minor < 27):
        names.add("IP6_AUTODETECTION_METHOD")
    if plugin_of(node) != "Calico":
        names |= set(_POLICY_ONLY)
    return frozenset(names | {"CALICO_ROUTER_ID"})  # judged by itself


def _felix(seen: Observation, variables: Mapping[str, str]) -> Iterator[Check]:
    """Other FELIX_ variables are written into the FelixConfiguration, if that has such a field."""
    about = "Felix variables"
    # The conversion leaves iptables' back end alone where it is found automatically.
    wanted = {n: v for n, v in variables.items() if (n, v.lower()) != ("FELIX_IPTABLESBACKEND", "auto")}
    if not wanted:
        return
    fields = _felix_fields(seen)
    names = listed(sorted(wanted), _SHOWN)
    if not fields:
        why = "the operator writes them into FelixConfiguration default; whether it has the fields cannot be told: "
        yield unknown(about, why + (seen.unseen(FELIX_CRD) or "the CRD says no fields"), names)
        return
    lost = [name for name in sorted(wanted) if name.removeprefix("FELIX_").lower() not in fields]
    if lost:
        why = "FelixConfiguration has no such setting, and the operator refuses"
        yield refused(about, why, ", ".join(lost), "remove them from calico-node")
    kept = [f"{name}={wanted[name]}" for name in sorted(wanted) if name not in lost]
    if kept:
        why = "the operator writes them into FelixConfiguration default"
        yield mind(about, why, listed(kept, _SHOWN), "compare with its spec afterwards")
    if seen.objects(FELIX) is not None and not any(name_of(found) == "default" for found in seen.objects(FELIX) or ()):
        yield refused(about, "there is no FelixConfiguration default to write them into", "none named default")


def _felix_fields(seen: Observation) -> frozenset[str]:
    """The settings of FelixConfiguration in lower case, as this cluster's CRD has them."""
    spec = as_mapping(as_mapping(seen.one(FELIX_CRD)).get("spec"))
    for version in mappings(spec.get("versions")):
        schema = as_mapping(as_mapping(version.get("schema")).get("openAPIV3Schema"))
        fields = as_mapping(as_mapping(as_mapping(schema.get("properties")).get("spec")).get("properties"))
        if fields:
            return frozenset(str(name).lower() for name in fields)
    return frozenset()


def _from_elsewhere(node: Workload) -> Iterator[Check]:
    """Whole ConfigMaps as environment: the conversion looks at single variables only."""
    found = [
        text(as_mapping(entry.get(kind)).get("name"))
        for container in node.containers()
        for entry in mappings(container.get("envFrom"))
        for kind in ("configMapRef", "secretRef")
        if entry.get(kind)
    ]
    odd = sorted(set(found) - {"kubernetes-services-endpoint"})
    if odd:
        why = "the operator does not look at envFrom, so what it sets is lost"
        yield mind("environment", why, ", ".join(odd), "say it as FelixConfiguration or Installation instead")
