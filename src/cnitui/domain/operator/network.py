"""How pods get on the network: CNI plugin, IPAM, BGP, the node's own address; convert/network.go."""

from __future__ import annotations

from collections.abc import Iterator

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.operator.assertions import asserted, unclear
from cnitui.domain.operator.cni_config import CniConfig, parse_cni_config
from cnitui.domain.operator.observation import mappings
from cnitui.domain.operator.parts import Check, Part, Spec, met, mind, refused, unknown, written
from cnitui.domain.operator.releases import Release
from cnitui.domain.operator.workload import Variable, Workload

NODE, INSTALL = "calico-node", "install-cni"
_PLUGINS = {"cali": "Calico", "eni": "AmazonVPC", "azv": "AzureVNET", "gke": "GKE"}
"""Values of FELIX_INTERFACEPREFIX and the CNI plugin each stands for."""
_SYSCTLS = frozenset(f"net.ipv4.tcp_keepalive_{name}" for name in ("intvl", "probes", "time"))
"""pkg/controller/utils/utils.go AllowedSysctlKeys."""
_RENDERED = frozenset({"portmap", "bandwidth", "tuning"})
"""Plugins beside calico that the operator writes itself (pkg/render/node.go)."""


def cni_config(node: Workload) -> CniConfig | str:
    """The CNI configuration, or why there is none: what install-cni is given."""
    given = node.variable(INSTALL, "CNI_NETWORK_CONFIG")
    if not given.known:
        return given.why
    if given.state == "absent":
        return "install-cni has no CNI_NETWORK_CONFIG"
    try:
        return parse_cni_config(given.value)
    except ValueError as error:
        return f"CNI_NETWORK_CONFIG is no CNI configuration: {error}"


def plugin_of(node: Workload) -> str:
    """`Calico` or another plugin of which Calico only enforces policies; "" for one the operator does not know."""
    prefix = node.variable(NODE, "FELIX_INTERFACEPREFIX").given("cali")
    return _PLUGINS.get(prefix, "")


def network(node: Workload, release: Release | None) -> Part:
    """CNI plugin, IPAM, BGP, host ports and the detection of addresses."""
    action = asserted(node, NODE, "FELIX_DEFAULTENDPOINTTOHOSTACTION", "accept")
    plugin = plugin_of(node)
    if not plugin:
        found = node.variable(NODE, "FELIX_INTERFACEPREFIX")
        why = "the operator knows the interface prefixes cali, eni, azv and gke only"
        return Part((action, refused("CNI plugin", why, found.quote)))
    if plugin != "Calico":
        return Part((action, *_policy_only(node, plugin)), {"cni": {"type": plugin}})
    config = cni_config(node)
    if isinstance(config, str):
        unread = node.variable(INSTALL, "CNI_NETWORK_CONFIG").state == "unread"
        return Part((action, (unknown if unread else refused)("CNI configuration", config)))
    if config.calico is None:
        return Part((action, refused("CNI configuration", "no plugin of type calico is in it", config.name)))
    checks = (action, *_configuration(config), *_families(node, config, release))
    return Part(checks, {"cni": _cni(config), "calicoNetwork": _calico_network(node, config, release)})


def _cni(config: CniConfig) -> Spec:
    ipam = {"calico-ipam": "Calico", "host-local": "HostLocal"}.get(config.ipam_type)
    return {"type": "Calico"} | ({"ipam": {"type": ipam}} if ipam else {})


def _calico_network(node: Workload, config: CniConfig, release: Release | None) -> Spec:
    spec: dict[str, object] = {"hostPorts": "Enabled" if "portmap" in config.others else "Disabled"}
    backend = node.variable(NODE, "CALICO_NETWORKING_BACKEND")
    if backend.known:
        spec["bgp"] = "Enabled" if backend.given("bird") in ("", "bird") else "Disabled"
    if as_mapping(as_mapping(config.calico).get("container_settings")).get("allow_ip_forwarding") is True:
        spec["containerIPForwarding"] = "Enabled"
    sysctls = as_mapping(as_mapping(config.others.get("tuning")).get("sysctl"))
    if sysctls and release is not None and release.minor >= 34:
        spec["sysctl"] = [{"key": str(key), "value": str(value)} for key, value in sorted(sysctls.items())]
    return {**spec, **_detection(node)}


# --- the configuration ----------------------------------------------------------------------------------------------


def _configuration(config: CniConfig) -> Iterator[Check]:
    calico = as_mapping(config.calico)
    if config.name != "k8s-pod-network":
        yield refused("CNI configuration", "the operator writes the network k8s-pod-network only", config.name)
    if calico.get("datastore_type", "kubernetes") != "kubernetes":
        yield refused("CNI configuration", "its datastore is not Kubernetes", f"datastore_type: {_of(calico)}")
    features = as_mapping(calico.get("feature_control"))
    asked = [name for name in ("floating_ips", "ip_addrs_no_ipam") if features.get(name) is True]
    if asked:
        yield refused("CNI configuration", "the operator knows no such features", ", ".join(asked), "switch them off")
    yield _ipam(config)
    yield from _other_plugins(config)


def _of(calico: Document) -> str:
    return str(calico.get("datastore_type"))


def _ipam(config: CniConfig) -> Check:
    quote = f"ipam: {written(config.ipam)}"
    if config.ipam_type not in ("calico-ipam", "host-local"):
        fix = "the operator manages calico-ipam and host-local"
        return refused("IPAM", f"IPAM {config.ipam_type or '(none)'} cannot be migrated", quote, fix)
    odd = _odd_fields(config)
    if odd:
        return refused("IPAM", f"the operator has no place for {', '.join(odd)}", quote, "take them out")
    return met("IPAM", f"{config.ipam_type}", quote)


def _odd_fields(config: CniConfig) -> list[str]:
    """Fields that make the operator refuse the IPAM section."""
    ipam = config.ipam
    if config.ipam_type == "calico-ipam":
        return [name for name in ("subnet", "ipv4_pools", "ipv6_pools") if ipam.get(name)]
    listed = ipam.get("ranges")
    groups = listed if isinstance(listed, list) else []
    ranges = [ipam, *(entry for group in groups for entry in mappings(group))]
    known = {"type", "subnet", "ranges", "routes", "dataDir", "resolvConf", "rangeStart", "rangeEnd", "gateway", "name"}
    odd = [name for name in ("routes", "dataDir", "resolvConf") if ipam.get(name)]
    odd += [name for name in ("rangeStart", "rangeEnd", "gateway") if any(entry.get(name) for entry in ranges)]
    subnets = {str(entry.get("subnet")) for entry in ranges if entry.get("subnet")}
    odd += [f"subnet {subnet}" for subnet in sorted(subnets - {"usePodCidr", "usePodCidrIPv6"})]
    if len(groups) > 2 or any(len(mappings(group)) > 1 for group in groups):
        odd.append("more than one range for a family")
    return odd + sorted(str(name) for name in ipam if name not in known)


def _other_plugins(config: CniConfig) -> Iterator[Check]:
    lost = sorted(set(config.others) - _RENDERED)
    if lost:
        why = "the operator writes its own list of plugins, without these"
        yield mind("CNI plugins", why, ", ".join(lost), "decide whether pods need them")
    sysctls = as_mapping(as_mapping(config.others.get("tuning")).get("sysctl"))
    odd = sorted(str(key) for key in sysctls if key not in _SYSCTLS)
    if odd:
        yield refused("CNI plugins", "the operator sets TCP keepalive by tuning and nothing else", ", ".join(odd))


# --- addresses ------------------------------------------------------------------------------------------------------


def _families(node: Workload, config: CniConfig, release: Release | None) -> Iterator[Check]:
    backend = node.variable(NODE, "CALICO_NETWORKING_BACKEND")
    wanted = ("bird", "vxlan") if config.ipam_type == "calico-ipam" else ("bird", "none")
    if not backend.known:
        yield unclear("networking backend", backend)
    elif (backend.given("bird") or "bird") not in wanted:
        why = f"with {config.ipam_type} the operator takes over {' and '.join(wanted)}"
        yield refused("networking backend", why, backend.quote)
    else:
        yield met("networking backend", backend.given("bird") or "bird", backend.quote)
    yield from _address(node)
    yield from _address6(node, release)
    yield from _router_id(node)


def _address(node: Workload) -> Iterator[Check]:
    address, method = node.variable(NODE, "IP"), node.variable(NODE, "IP_AUTODETECTION_METHOD")
    if not address.known:
        yield unclear("node address", address)
    elif address.state == "set" and address.value not in ("autodetect", "none"):
        yield refused("node address", "IP has to be autodetect, none or absent", address.quote)
    elif address.given("autodetect") == "autodetect" and method.known and _method(method) is None:
        yield refused("node address", "the operator knows no such way to find the address", method.quote)
    else:
        yield met("node address", "the operator has the same way to find it", f"{address.quote}; {method.quote}")


def _address6(node: Workload, release: Release | None) -> Iterator[Check]:
    address, method = node.variable(NODE, "IP6"), node.variable(NODE, "IP6_AUTODETECTION_METHOD")
    if not address.known:
        yield unclear("IPv6", address)
        return
    said = address.given("none")
    if release is not None and release.minor < 27 and said != "none":
        yield refused("IPv6", f"operator {release.operator} migrates no IPv6", address.quote)
    elif said not in ("none", "autodetect"):
        yield refused("IPv6", "IP6 has to be autodetect, none or absent", address.quote)
    elif said == "autodetect" and method.known and _method(method) is None:
        yield refused("IPv6", "the operator knows no such way to find the address", method.quote)
    elif address.state == "set" and said == "none" and method.given("none") != "none":
        yield refused("IPv6", "IP6 is none, and a way to find it is set", method.quote)
    yield asserted(node, NODE, "FELIX_IPV6SUPPORT", "true" if said == "autodetect" else "false")


def _router_id(node: Workload) -> Iterator[Check]:
    router = node.variable(NODE, "CALICO_ROUTER_ID")
    only6 = node.variable(NODE, "IP6").given() == "autodetect" and node.variable(NODE, "IP").given() == "none"
    bgp = node.variable(NODE, "CALICO_NETWORKING_BACKEND").given("bird") in ("", "bird")
    if router.state != "absent" and not (only6 and bgp and router.given() == "hash"):
        why = "the operator sets it by itself where there is IPv6 and BGP only, and refuses it elsewhere"
        yield refused("router ID", why, router.quote, "remove CALICO_ROUTER_ID from calico-node")


def _detection(node: Workload) -> Spec:
    """How the node's addresses are found, as the Installation says it.

    calico-node takes the first address found unless told; the operator has other defaults on some platforms.
    """
    spec: dict[str, object] = {}
    families = (("IP", "", "V4", "autodetect"), ("IP6", "6", "V6", "none"))
    for variable, number, suffix, default in families:
        method = node.variable(NODE, f"IP{number}_AUTODETECTION_METHOD")
        if node.variable(NODE, variable).given(default) == "autodetect" and method.known:
            found = _method(method)
            spec |= {f"nodeAddressAutodetection{suffix}": found} if found else {}
    return spec


def _method(found: Variable) -> Spec | None:
    """A way to find the address as the operator's API says it, None for one it does not know."""
    value = found.given()
    if value in ("", "first-found"):
        return {"firstFound": True}
    if value == "kubernetes-internal-ip":
        return {"kubernetes": "NodeInternalIP"}
    way, _, what = value.partition("=")
    fields = {"can-reach": "canReach", "interface": "interface", "skip-interface": "skipInterface"}
    if way == "cidr" and what:
        return {"cidrs": what.split(",")}
    return {fields[way]: what} if way in fields and what else None


# --- other plugins --------------------------------------------------------------------------------------------------


def _policy_only(node: Workload, plugin: str) -> Iterator[Check]:
    """Calico enforces policies on another plugin's network; what the operator then insists on."""
    needs = {"CALICO_NETWORKING_BACKEND": "none"}
    if plugin in ("AmazonVPC", "GKE"):
        needs["FELIX_IPTABLESMANGLEALLOWACTION"] = "return"
    if plugin == "GKE":
        needs["FELIX_IPTABLESFILTERALLOWACTION"] = "return"
    for name, value in needs.items():
        found = node.variable(NODE, name)
        if not found.known:
            yield unclear(name, found)
        elif found.given().lower() != value:
            yield refused(name, f"with {plugin} it has to be {value}", found.quote)
    yield asserted(node, NODE, "IP", "")
    yield asserted(node, NODE, "NO_DEFAULT_POOLS", "true")
