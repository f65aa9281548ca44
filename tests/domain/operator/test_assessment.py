"""What becomes of an installation: the Installation that says the same, or the operator's refusal with its reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cnitui.domain.evidence import Observed
from cnitui.domain.operator.assessment import Assessment, assess
from cnitui.domain.operator.observation import (
    API_SERVICE,
    CALICO_NODE,
    CANALS,
    CLUSTER,
    CONFIG,
    ENDPOINT,
    FELIX_CRD,
    INSTALLATIONS,
    KUBEADM,
    POOLS,
    TYPHA,
    Objects,
    Observation,
)
from cnitui.gateways.documents import load_all_yaml
from tests.domain.operator.stock import SOURCE, Stock, felix_crd

Change = Callable[[Stock], object]


def assessed(change: Change = lambda _: None, version: str = "v3.27.0") -> Assessment:
    stock = Stock(version)
    change(stock)
    return assess(stock.observed())


def spec_of(change: Change, version: str = "v3.27.0") -> dict[str, object]:
    found = assessed(change, version)
    assert found.refused == ()
    return found.installation["spec"]  # type: ignore[return-value]  # a mapping


def network_of(change: Change, version: str = "v3.27.0") -> dict[str, object]:
    return spec_of(change, version)["calicoNetwork"]  # type: ignore[return-value]  # a mapping


def test_the_stock_manifest_becomes_an_installation_that_says_the_same() -> None:
    found = assessed()
    assert found.refused == found.standing("unknown") == ()
    assert (found.version, found.release.operator if found.release else "") == ("v3.27.0", "v1.32.3")
    assert found.installation == {
        "apiVersion": "operator.tigera.io/v1",
        "kind": "Installation",
        "metadata": {"name": "default"},
        "spec": {
            "variant": "Calico",
            "cni": {"type": "Calico", "ipam": {"type": "Calico"}},
            "calicoNetwork": {
                "hostPorts": "Enabled",
                "bgp": "Enabled",
                "nodeAddressAutodetectionV4": {"firstFound": True},
                "ipPools": [
                    {
                        "cidr": "10.244.0.0/16",
                        "encapsulation": "IPIP",
                        "natOutgoing": "Enabled",
                        "nodeSelector": "all()",
                        "blockSize": 26,
                        "disableBGPExport": False,
                    }
                ],
            },
            "flexVolumePath": "None",
            "nodeUpdateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "componentResources": [
                {"componentName": "Node", "resourceRequirements": {"requests": {"cpu": "250m"}}},
            ],
        },
    }
    assert found.wants_api_server


@pytest.mark.parametrize(
    ("ipip", "vxlan", "backend", "said"),
    [
        ("Always", "Never", "bird", "IPIP"),
        ("CrossSubnet", "Never", "bird", "IPIPCrossSubnet"),
        ("Never", "Always", "vxlan", "VXLAN"),
        ("Never", "CrossSubnet", "vxlan", "VXLANCrossSubnet"),
        ("Never", "CrossSubnet", "bird", "VXLANCrossSubnet"),
        ("Never", "Never", "bird", "None"),
        (None, None, "bird", "None"),
    ],
)
def test_each_encapsulation_has_its_word_and_bgp_follows_the_backend(
    ipip: str | None, vxlan: str | None, backend: str, said: str
) -> None:
    def change(stock: Stock) -> None:
        stock.pool(ipipMode=ipip, vxlanMode=vxlan)
        stock.config["data"]["calico_backend"] = backend

    network = network_of(change)
    assert network["ipPools"][0]["encapsulation"] == said  # type: ignore[index]
    assert network["bgp"] == ("Enabled" if backend == "bird" else "Disabled")


def test_a_pool_is_said_in_the_fields_of_its_operator() -> None:
    def fields(version: str) -> set[str]:
        pools = network_of(lambda stock: stock.pool(assignmentMode="Automatic"), version)["ipPools"]
        return set(pools[0])  # type: ignore[index]

    old = {"cidr", "encapsulation", "natOutgoing", "nodeSelector", "blockSize"}
    assert fields("v3.23.5") == old
    assert fields("v3.27.5") == old | {"disableBGPExport"}
    assert fields("v3.28.5") == old | {"disableBGPExport", "name", "allowedUses"}
    assert fields("v3.32.1") == fields("v3.28.5") | {"disableNewAllocations", "assignmentMode"}


def test_the_mtu_comes_from_the_configmap_and_zero_is_left_to_the_nodes() -> None:
    def change(stock: Stock) -> None:
        stock.config["data"]["veth_mtu"] = "1440"

    assert network_of(change)["mtu"] == 1440
    assert "mtu" not in network_of(lambda _: None)


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("first-found", {"firstFound": True}),
        ("kubernetes-internal-ip", {"kubernetes": "NodeInternalIP"}),
        ("interface=eth.*", {"interface": "eth.*"}),
        ("skip-interface=docker0", {"skipInterface": "docker0"}),
        ("can-reach=10.0.0.1", {"canReach": "10.0.0.1"}),
        ("cidr=10.0.0.0/8,192.168.0.0/16", {"cidrs": ["10.0.0.0/8", "192.168.0.0/16"]}),
    ],
)
def test_the_way_to_find_a_nodes_address_is_kept(method: str, said: object) -> None:
    network = network_of(lambda stock: stock.set("IP_AUTODETECTION_METHOD", method))
    assert network["nodeAddressAutodetectionV4"] == said


def test_dual_stack_takes_a_pool_of_each_family_and_leaves_the_others() -> None:
    def change(stock: Stock) -> None:
        stock.cni('"type": "calico-ipam"', '"type": "calico-ipam", "assign_ipv4": "true", "assign_ipv6": "true"')
        stock.set("IP6", "autodetect").set("FELIX_IPV6SUPPORT", "true")
        stock.pools.insert(0, {"metadata": {"name": "a-second"}, "spec": {"cidr": "10.9.0.0/24"}})
        stock.pools.append({"metadata": {"name": "six"}, "spec": {"cidr": "fd00:1::/64", "natOutgoing": False}})
        stock.hides(KUBEADM).reads(KUBEADM)

    found = assessed(change)
    assert found.refused == ()
    network = found.installation["spec"]["calicoNetwork"]  # type: ignore[index]
    assert [pool["cidr"] for pool in network["ipPools"]] == ["10.244.0.0/16", "fd00:1::/64"]
    assert network["nodeAddressAutodetectionV6"] == {"firstFound": True}
    assert any("managed by you" in check.why and "a-second" in check.quote for check in found.standing("mind"))


def test_images_of_a_registry_of_ones_own_stay_there() -> None:
    def change(stock: Stock) -> None:
        stock.agent["image"] = "mirror.local:5000/hub/mirrored-calico-node:v3.27.0"
        stock.daemonset["spec"]["template"]["spec"]["imagePullSecrets"] = [{"name": "mirror"}]

    spec = spec_of(change)
    assert [spec[key] for key in ("registry", "imagePath", "imagePrefix", "imagePullSecrets")] == [
        "mirror.local:5000/",
        "hub",
        "mirrored-calico-",
        [{"name": "mirror"}],
    ]


def test_host_local_ipam_dataplane_sysctls_and_metrics_are_kept() -> None:
    def change(stock: Stock) -> None:
        stock.cni('"type": "calico-ipam"', '"type": "host-local", "subnet": "usePodCidr"')
        stock.cni('"type": "bandwidth"', '"type": "tuning", "sysctl": {"net.ipv4.tcp_keepalive_time": "40"}')
        stock.felix[0]["spec"]["bpfEnabled"] = True
        stock.reads(ENDPOINT, {"data": {}})
        stock.set("FELIX_PROMETHEUSMETRICSENABLED", "true").set("FELIX_PROMETHEUSMETRICSPORT", "9099")

    spec = spec_of(change, "v3.29.7")
    assert spec["cni"] == {"type": "Calico", "ipam": {"type": "HostLocal"}}
    network = spec["calicoNetwork"]
    assert network["linuxDataplane"] == "BPF"  # type: ignore[index]
    assert network["sysctl"] == [{"key": "net.ipv4.tcp_keepalive_time", "value": "40"}]  # type: ignore[index]
    assert spec["nodeMetricsPort"] == 9099


def _typha(stock: Stock, **spec: object) -> object:
    pod = {"containers": [{"name": "calico-typha"}], **spec}
    return stock.reads(TYPHA, {"metadata": {}, "spec": {"template": {"spec": pod}}})


def test_typha_keeps_its_affinity_where_the_operator_has_a_place_for_it() -> None:
    anti = {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname"}]}

    def change(stock: Stock) -> object:
        return _typha(stock, affinity={"podAntiAffinity": anti})

    kept = spec_of(change)["typhaDeployment"]
    assert kept == {"spec": {"template": {"spec": {"affinity": {"podAntiAffinity": anti}}}}}
    assert [check.about for check in assessed(change, "v3.25.2").refused] == ["node selectors"]


def _volume(name: str, path: str) -> Change:
    def change(stock: Stock) -> None:
        volumes = stock.daemonset["spec"]["template"]["spec"]["volumes"]
        next(volume for volume in volumes if volume["name"] == name)["hostPath"]["path"] = path

    return change


def _pod(**fields: object) -> Change:
    return lambda stock: stock.daemonset["spec"]["template"]["spec"].update(fields)


def _controllers(name: str, value: str) -> Change:
    def change(stock: Stock) -> object:
        return stock.set(name, value, stock.controllers["spec"]["template"]["spec"]["containers"][0])

    return change


def _mtus(stock: Stock) -> None:
    stock.set("FELIX_VXLANMTU", "1450").config["data"]["veth_mtu"] = "1440"


REFUSED: dict[str, tuple[Change, str, str]] = {
    "etcd": (lambda s: s.set("ETCD_ENDPOINTS", "https://10.0.0.1:2379"), "datastore", "ETCD_ENDPOINTS"),
    "datastore": (lambda s: s.set("DATASTORE_TYPE", "etcdv3"), "datastore", "DATASTORE_TYPE=etcdv3"),
    "canal": (lambda s: s.reads(CANALS[0], {"metadata": {"name": "canal"}}), "networking", "kube-system/canal"),
    "no calico-node": (lambda s: s.reads(CALICO_NODE), "calico-node", "no DaemonSet kube-system/calico-node"),
    "operator": (lambda s: s.reads(INSTALLATIONS, {"metadata": {"name": "default"}}), "operator", "default"),
    "bin dir": (_volume("cni-bin-dir", "/usr/libexec/cni"), "host directories", "/usr/libexec/cni"),
    "conf dir": (_volume("cni-net-dir", "/etc/kubernetes/cni"), "host directories", "/etc/kubernetes/cni"),
    "variable": (lambda s: s.set("CALICO_MANAGE_CNI", "true"), "environment", "calico-node/CALICO_MANAGE_CNI"),
    "felix": (
        lambda s: s.set("FELIX_NOSUCHTHING", "1").reads(FELIX_CRD, felix_crd("bpfEnabled")),
        "Felix variables",
        "FELIX_NOSUCHTHING",
    ),
    "ipam": (lambda s: s.cni("calico-ipam", "whereabouts"), "IPAM", "whereabouts"),
    "network": (lambda s: s.cni("k8s-pod-network", "cbr0"), "CNI configuration", "cbr0"),
    "garbage": (lambda s: s.cni('"plugins"', "{{"), "CNI configuration", ""),
    "conf name": (lambda s: s.set("CNI_CONF_NAME", "05-x.conflist", s.install), "CNI_CONF_NAME", "05-x.conflist"),
    "address": (lambda s: s.set("IP", "10.0.0.1"), "node address", "IP=10.0.0.1"),
    "router": (lambda s: s.set("CALICO_ROUTER_ID", "hash"), "router ID", "CALICO_ROUTER_ID=hash"),
    "drop": (
        lambda s: s.set("FELIX_DEFAULTENDPOINTTOHOSTACTION", "DROP"),
        "FELIX_DEFAULTENDPOINTTOHOSTACTION",
        "DROP",
    ),
    "mtu": (_mtus, "MTU", "FELIX_VXLANMTU=1450"),
    "mtu word": (lambda s: s.set("FELIX_VXLANMTU", "auto"), "MTU", "FELIX_VXLANMTU=auto"),
    "OnDelete": (
        lambda s: s.daemonset["spec"].update(updateStrategy={"type": "OnDelete"}),
        "update strategy",
        "OnDelete",
    ),
    "selector": (_pod(nodeSelector={"pool": "a"}), "node selectors", '{"pool": "a"}'),
    "affinity": (_pod(affinity={"nodeAffinity": {}}), "node selectors", "nodeAffinity"),
    "annotation": (lambda s: s.daemonset["metadata"]["annotations"].update(team="net"), "annotations", "team"),
    "addon": (
        lambda s: s.daemonset["metadata"]["labels"].update({"addonmanager.kubernetes.io/mode": "Reconcile"}),
        "addon manager",
        "addonmanager",
    ),
    "controllers": (_controllers("ENABLED_CONTROLLERS", "node,policy"), "ENABLED_CONTROLLERS", "node,policy"),
    "flexvol": (
        lambda s: s.daemonset["spec"]["template"]["spec"]["initContainers"].append({"name": "flexvol-driver"}),
        "FlexVolume",
        "flexvol-driver",
    ),
    "no pool": (lambda s: s.pools.clear(), "IP pools", "assign_ipv4"),
    "disabled": (lambda s: s.pool(disabled=True), "IP pools", "assign_ipv4"),
    "both": (lambda s: s.pool(vxlanMode="Always"), "IP pools", '"Always"'),
    "vxlan only": (lambda s: s.config["data"].update(calico_backend="vxlan"), "IP pools", "10.244.0.0/16"),
    "block": (lambda s: s.pool(blockSize=18), "IP pools", "blockSize: 18"),
    "cidr": (lambda s: s.pool(cidr="ten"), "IP pools", "ten"),
    "six unused": (
        lambda s: s.pools.append({"metadata": {"name": "six"}, "spec": {"cidr": "fd00:1::/64"}}),
        "IP pools",
        "assign_ipv6",
    ),
    "outside": (lambda s: s.pool(cidr="172.16.0.0/16"), "pod network", "podSubnet: 10.244.0.0/16"),
    "no felix": (lambda s: s.felix.clear(), "dataplane", "FelixConfiguration"),
    "bpf": (lambda s: s.felix[0]["spec"].update(bpfEnabled=True), "dataplane", "no such ConfigMap"),
}
"""What tigera/operator pkg/controller/migration/convert refuses: the change, what it is about, what was read."""


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_operator_refuses_is_refused_with_what_was_read(case: str) -> None:
    change, about, quote = REFUSED[case]
    refused = assessed(change).refused
    assert any(check.about == about and quote in check.quote for check in refused), refused


MINDED: dict[str, tuple[Change, str]] = {
    "not ready": (lambda s: s.daemonset["status"].update(numberReady=1), "desired 3, ready 1"),
    "plugin": (lambda s: s.cni("bandwidth", "sbr"), "sbr"),
    "disabled": (
        lambda s: s.pools.append({"metadata": {"name": "old"}, "spec": {"cidr": "10.7.0.0/16", "disabled": True}}),
        "old 10.7.0.0/16 (disabled: true)",
    ),
    "overlap": (
        lambda s: s.pools.append({"metadata": {"name": "in"}, "spec": {"cidr": "10.244.9.0/24"}}),
        "10.244.0.0/16, 10.244.9.0/24",
    ),
    "felix": (
        lambda s: s.set("FELIX_IPTABLESREFRESHINTERVAL", "60").reads(FELIX_CRD, felix_crd("iptablesRefreshInterval")),
        "FELIX_IPTABLESREFRESHINTERVAL=60",
    ),
    "taints": (_pod(tolerations=[]), "[]"),
    "envFrom": (lambda s: s.agent["envFrom"].append({"configMapRef": {"name": "tuning"}}), "tuning"),
    "API server": (
        lambda s: s.reads(API_SERVICE, {"spec": {"service": {"namespace": "calico-apiserver", "name": "calico-api"}}}),
        "calico-apiserver/calico-api",
    ),
}


@pytest.mark.parametrize("case", MINDED)
def test_what_changes_without_a_refusal_is_told(case: str) -> None:
    change, quote = MINDED[case]
    found = assessed(change)
    assert found.refused == ()
    assert quote in [check.quote for check in found.standing("mind")]


def test_a_pool_that_a_newer_operator_would_not_take_over_is_told_with_the_command() -> None:
    checks = assessed(lambda stock: stock.pool(allowedUses=None), "v3.30.7").standing("mind")
    told = next(check for check in checks if "will not be taken over" in check.why)
    assert "kubectl patch ippools.crd.projectcalico.org default-ipv4-ippool --type=merge" in told.fix
    assert '"allowedUses": ["Workload", "Tunnel"], "assignmentMode": "Automatic"' in told.fix
    bare = assessed(lambda stock: stock.pool(ipipMode="Never"), "v3.29.7").standing("mind")
    assert any("it has no encapsulation" in check.why and not check.fix for check in bare)


UNKNOWN: dict[str, tuple[Change, str, str]] = {
    "pools": (lambda s: s.hides(POOLS), "IP pools", "the operator reads them itself"),
    "config": (lambda s: s.hides(CONFIG), "CNI configuration", "may not read it"),
    "version": (
        lambda s: (s.reads(CLUSTER), s.agent.update(image="registry/calico/node@sha256:ab")),
        "Calico version",
        "not known and not guessed",
    ),
    "newer": (lambda s: s.agent.update(image="calico/node:v3.99.0"), "Calico version", "not in the table"),
    "operator": (lambda s: s.hides(INSTALLATIONS), "operator", "whether there is an Installation"),
    "felix": (lambda s: s.set("FELIX_CHAININSERTMODE", "Append"), "Felix variables", "the CRD says no fields"),
    "MTU": (lambda s: s.hides(CONFIG), "MTU", "may not read it"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_may_not_be_read_is_not_known_and_not_made_up(case: str) -> None:
    change, about, why = UNKNOWN[case]
    found = assessed(change)
    assert any(check.about == about and why in check.why for check in found.standing("unknown")), found.checks


def test_pools_that_may_not_be_read_are_left_to_the_operator() -> None:
    assert "ipPools" not in network_of(lambda stock: stock.hides(POOLS))


def test_an_unknown_release_gets_only_fields_that_all_have() -> None:
    pools = network_of(lambda stock: stock.reads(CLUSTER), "v3.99.0")["ipPools"]
    assert set(pools[0]) == {"cidr", "encapsulation", "natOutgoing", "nodeSelector", "blockSize"}  # type: ignore[index]


def test_every_stock_manifest_is_judged_as_the_operator_judges_it(shared: Path) -> None:
    judged: dict[str, set[bool]] = {}
    for path in sorted(shared.glob("domain/manifests/v3.[23]*/*.yaml")):
        if path.name in ("custom-resources.yaml", "custom-resources-bpf.yaml", "tigera-operator.yaml"):
            continue
        judged.setdefault(path.name, set()).add(assess(_of_manifest(path)).refused == ())
    assert {name for name, fits in judged.items() if fits == {True}} == {
        "calico.yaml",
        "calico-typha.yaml",
        "calico-vxlan.yaml",
    }
    assert all(len(fits) == 1 for fits in judged.values())


def _of_manifest(path: Path) -> Observation:
    stock = Stock()
    if "vxlan" in path.name:
        stock.pool(ipipMode="Never", vxlanMode="Always")
    readings = dict(stock.observed().readings)
    made = {(d["kind"], d["metadata"]["name"]): d for d in load_all_yaml(path.read_text()) if isinstance(d, dict)}
    for ref in readings:
        if ref.name:
            found = made.get((ref.kind, ref.name))
            readings[ref] = Observed(Objects((found,) if found else ()), SOURCE)
    return Observation(readings)
