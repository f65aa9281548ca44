"""Who says a line, and whether the trouble it tells of can be the pod network's.

A certificate, a token or a full disk of another program is that program's trouble: the same words weigh differently
by their speaker. What a line names (service account, pod, image, killed process) goes before where it stands.
"""

from __future__ import annotations

import re
from typing import Literal

Speaker = Literal["ours", "neighbour", "foreign"]
"""The pod network's own programs; kubelet, runtime and control plane, which speak of it and of themselves; others."""

POD_NETWORK = re.compile(
    r"calico|canal|(?<![a-z])cni|tigera|typha|flannel|cilium|weave|antrea|multus|kube-?router|kube-?ovn|ovn|istio-cni|"
    r"openshift-sdn|kmesh|felix|kindnet|aws-node|azure-cni",
    re.IGNORECASE,
)
_CONTAINERS = re.compile(
    r"install|ipam|flexvol|bpf|cgroup|bird|confd|whereabouts|sriov|sdn|ovs|(?:^|[^a-z])istio", re.IGNORECASE
)
_NEIGHBOURS = re.compile(
    r"(?:kubelet|containerd|docker|cri-?o|cri-dockerd|runc|crun|podman|kernel|dmesg|audit|setroubleshoot|systemd|journal|"
    r"syslog|k3s|"
    r"rke2|k0s|microk8s|snap|kube-|apiserver|etcd|kubectl|kubeadm|oc$|ansible|helm|nodeup|pause|hyperkube)"
    r"(?!.*(?:state-metrics|dns|prometheus|dashboard|eagle))",
    re.IGNORECASE,
)
_PLACES = re.compile(
    r"(?:pods?|pod_status|events?|describe|reported|words|pasted|unknown|log|nodes?|document|container|host|"
    r"node .*|.*shell|strace|exec\b.*|.*check|journal|bash|sh|maintainer.*|ls|cat|head|tail|stat|find|df|lsattr|mount|"
    r"findmnt|ps|ip|ip6?tables\S{0,12}|ipset|nft|sysctl|lsmod|modprobe|restorecon|chcon|semanage|semodule|getenforce|sestatus|"
    r"ausearch|audit2\w{3,5}|crictl|crioctl|ctr|nerdctl|talosctl|curl|wget|nc|ping|telnet|openssl|dig|nslookup|ss|netstat|"
    r"lsof|route|ethtool|timedatectl|chronyc|sudo|watch|grep|zgrep|less|namei|getsebool|matchpathcon)$",
    re.IGNORECASE,
)
"""Origins that name where a line stood instead of who said it."""

_REPORT_OF_A_DENIAL = "SELinux is preventing "
"""Printed by setroubleshoot, which a system log names by the interpreter it runs in."""
_WORDS_OF_A_PERSON = frozenset({"reported", "words"})
_OTHER_SUBJECT = re.compile(
    r"\b(?:kubectl|oc|helm|kubelet|kubeadm|coredns|metrics-server|ingress\S{0,20}|dashboard|prometheus\S{0,20}|"
    r"my (?:app|pod)\S{0,4}|applications?|kube-(?:apiserver|controller-manager|scheduler)|cert-manager|argo\S{0,6})\b",
    re.IGNORECASE,
)

_OWN_BUSINESS = re.compile(
    r"unable to connect to the server: |"
    r"connection to the server \S{1,255} was refused|"
    r"^error from server \(|server api group list|leaderelection|resource lock|(?:ensure|updat\w{1,5}|"
    r"renew) (?:the )?lease|"
    r"node-lease|updat\w{1,5} node status|unable to (?:register node|write event)",
    re.IGNORECASE,
)
"""What kubectl says of its user's own configuration, and leases, elections and heartbeats of the control plane."""
_OWN_LOGIN = re.compile(r"you must be logged in to the server", re.IGNORECASE)
"""What kubectl says of its user's identity, whatever it was asked for."""
_SYSLOG = re.compile(
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,20}) [\w.-]{1,253} "
    r"(?P<program>[\w./@-]{1,60})(?:\[\d{1,9}\])?: "
)
_TAGGED = re.compile(r"(?P<program>[a-z][\w./@-]{0,60})\[\d{1,9}\]: ")
"""The same of which only the tag was copied."""
_ACCOUNT = re.compile(r"system:serviceaccount:(?P<name>[\w.-]{1,63}:[\w.-]{1,253})")
_COMPONENT = re.compile(r"user \\?\"system:(?:node:|kube-)", re.IGNORECASE)
_PLUGIN_CALL = re.compile(
    r"network for (?:pod|sandbox)|plugin type=|network ?plugin cni|\bmultus: |cni request failed|"
    r"delegat\w{1,3} (?:add|del)",
    re.IGNORECASE,
)
"""A runtime or kubelet tells how the plugin that it called has failed."""
_IMAGE = re.compile(r"image:? \\?[\"'](?P<name>[^\"'\\]{1,255})")
_VICTIM = re.compile(
    r"(?:killed process \d{1,9} \(|victim process: |\btask=)(?P<name>[\w.:\[\]-]{1,40})", re.IGNORECASE
)
_IMAGES = re.compile(r"(?:^|/)(?:node|operator|typha|cni|csi|pod2daemon\S{0,20})[:@]", re.IGNORECASE)
_INFRASTRUCTURE = re.compile(
    r"(?:^|[/:])(?:pause|kube-|kubelet|containerd|etcd|hyperkube|dockerd|crio|runc)", re.IGNORECASE
)
_POD = re.compile(
    r"(?:(?<!kubelet/)\bpods?(?:[=/]| (?=\\?\"))\\{0,7}\"?|\bpod=|\bpod (?=[\w.-]{1,63}/)|\bpod/)"
    r"(?P<name>[\w.-]{1,63}/[\w.-]{2,253}|[\w.-]{2,253})"
)
_NODE_WIDE = re.compile(
    r"sandbox|network ?plugin|network for|networkready|network plugin|clusterinformation|pod cidr|projectcalico|"
    r"(?:/|\b)cni(?:\b|/)|(?:disk|memory|pid)pressure|eviction manager",
    re.IGNORECASE,
)


def speaker_of(origin: str, text: str) -> Speaker:
    """Who speaks: by what the line names, else by the program that a system log names, else by where it stood."""
    named = _named(text)
    if named is not None:
        return named
    if _OWN_LOGIN.search(text) or (_OWN_BUSINESS.search(text) and not _about_pod_network(text)):
        return "neighbour"
    logged = _SYSLOG.match(text) or _TAGGED.match(text)
    if logged is not None:
        return "neighbour" if _REPORT_OF_A_DENIAL in text else _program(logged["program"].rpartition("/")[2], text)
    if origin in _WORDS_OF_A_PERSON:
        return "neighbour" if _OTHER_SUBJECT.search(text) and not _about_pod_network(text) else "ours"
    if not origin or _PLACES.match(origin):
        return "ours"
    return _program(origin, text)


def _program(name: str, text: str) -> Speaker:
    if POD_NETWORK.search(name) or _CONTAINERS.search(name):
        return "ours"
    if _NEIGHBOURS.match(name):
        return "ours" if _about_pod_network(text) else "neighbour"
    return "foreign"


def _named(text: str) -> Speaker | None:
    """The speaker by the account, killed process, image or pod that a line is about; None when it names none."""
    for decisive in (_ACCOUNT, _VICTIM):
        names = [found["name"] for found in decisive.finditer(text)]
        if names:
            return _best_of(names)
    if _COMPONENT.search(text):
        return "ours" if _PLUGIN_CALL.search(text) else "neighbour"
    pods = [found["name"] for found in _POD.finditer(text)]
    if any(_is_ours(pod) for pod in pods):
        return None
    images = [found["name"] for found in _IMAGE.finditer(text)]
    if images:
        return _best_of(images)
    return "foreign" if pods and not _about_pod_network(_POD.sub("", text)) else None


def _about_pod_network(text: str) -> bool:
    return POD_NETWORK.search(text) is not None or _NODE_WIDE.search(text) is not None


def _best_of(names: list[str]) -> Speaker:
    if any(_is_ours(name) for name in names):
        return "ours"
    return "neighbour" if any(_INFRASTRUCTURE.search(name) for name in names) else "foreign"


def _is_ours(name: str) -> bool:
    return POD_NETWORK.search(name) is not None or _IMAGES.search(name) is not None
