"""What people say: words that name a mechanism, looked for only where a person speaks.

A program's line is a fact about one operation; a sentence is somebody's observation. So these weigh less: naming a
thing only suggests it, and only a cure that is told (`works after setenforce 0`) is specific.

A table, and as long as there are messages of this kind.
"""

from __future__ import annotations

from cnitui.domain.parsing.messages.known import KnownMessage, Topic, Weight

FITS, SUGGESTS, SPECIFIC, CONCLUSIVE = Weight.FITS, Weight.SUGGESTS, Weight.SPECIFIC, Weight.CONCLUSIVE

_CURE = (
    r"(?:work(?:s|ed|ing)?\b|help(?:s|ed)\b|fix(?:es|ed)?\b|solv(?:es|ed)\b|resolv(?:es|ed)\b|cur(?:es|ed)\b|go(?:es|"
    r"ne)? away|disappear|succeed|start(?:s|ed) (?:fine|again|normally)|the pods? starts?|(?:is|are|becomes?|turns?) "
    r"ready|made it|makes it|did it|did the trick|no (?:more )?(?:errors?|problem))"
)
_NO_CURE = (
    r"(?:does ?n.t|did ?n.t|do ?n.t|not|no|never|without) (?:help|work|fix|solve|change|difference|effect|matter)|"
    r"same (?:error|result)"
)
_NO_TROUBLE = r"(?:not|n't|no longer|never) (?:occur|happen|appear|fail|crash)"
_OFF = (
    r"(?:setenforce 0|permissive|(?:disabl|turn|switch)\w{0,12} (?:off )?selinux|selinux (?:is |was )?(?:disabled|off|"
    r"permissive))"
)
_TROUBLE = (
    r"(?:not |n't |missing|lack|without|block|clos|den[iy]|refus|drop|filter|wrong|mismatch|differ|fail|error|broken|"
    r"expired|forbid|prevent|unreach|timeout|timed out|conflict|overlap|crash|down\b|stuck|remov|absent|incompatib|"
    r"unsupported|too (?:old|new|small|low)|exhaust|full\b)"
)


def _said(
    name: str, pattern: str, meaning: str, example: str, anchors: str, unless: str = "", **causes: Weight
) -> KnownMessage:
    topic = Topic(f"stated-{name}", spoken=True)
    return topic.message(f"stated-{name}", "cause", pattern, anchors, meaning, example, (), unless, **causes)


SENTENCES = (
    _said(
        "selinux-cure",
        _OFF
        + r".{0,120}"
        + _CURE
        + r"|"
        + _CURE
        + r".{0,120}"
        + _OFF
        + r"|\b(?:unless|until) .{0,60}"
        + _OFF
        + r"|"
        + _OFF
        + r".{0,120}"
        + _NO_TROUBLE,
        "It works as soon as SELinux does not enforce.",
        "it only works after setenforce 0",
        "setenforce|permissive|selinux",
        unless=_NO_CURE,
        selinux_denial=SPECIFIC,
        selinux_wrong_context=SUGGESTS,
    ),
    _said(
        "selinux-off",
        r"selinux (?:is |was |has been )?(?:already |completely |globally )?(?:disabled|off\b|permissive|not "
        r"(?:enabled|installed|in use|active|the cause|to blame|involved))|(?:no|without) selinux\b|"
        r"(?:disabl\w{0,12}|turn\w{0,12} off|setenforce 0|permissive).{0,60}" + _NO_CURE,
        "SELinux does not enforce there, or switching it off changed nothing.",
        "SELinux is disabled on all nodes",
        "selinux|setenforce|permissive|disabl",
        unless=r"\b(?:unless|until|only (?:if|when|after|once)|as soon as)\b|" + _NO_TROUBLE,
    ),
    _said(
        "selinux",
        r"\bselinux\b|\baudit2allow\b|\bavc denials?\b|\bcontainer_t\b|\bspc_t\b",
        "SELinux itself was named.",
        "SELinux blocks the installer from writing the plugins",
        "selinux|audit2allow|avc|container_t|spc_t",
        unless=_OFF + r"|(?:no|without|not) selinux",
        selinux_denial=SUGGESTS,
        selinux_wrong_context=FITS,
    ),
    _said(
        "label",
        r"\brestorecon\b|\bsemanage\b|\bchcon\b|\bfcontext\b|\bre-?label\w{0,12}|\bmcs\b|security context of (?:the "
        r")?(?:file|dir)|(?:container|rke2|k3s)-selinux|(?:wrong|incorrect|missing|bad) (?:selinux )?(?:label|context|"
        r"type)\b|selinux (?:label|context|type|policy package)",
        "SELinux labels, or the package that brings their rules, were named.",
        "restorecon -RFv /opt/cni fixed it",
        "restorecon|semanage|chcon|fcontext|label|mcs|security context|-selinux|context|type",
        unless=_NO_CURE,
        selinux_wrong_context=SPECIFIC,
        selinux_denial=SUGGESTS,
    ),
    _said(
        "read-only",
        r"\bread-?only\b|\bimmutable (?:os|image|distribution|root|operating)|\bostree\b",
        "A read-only filesystem was named.",
        "/usr is mounted read-only on this image",
        "read-only|readonly|read only|immutable|ostree",
        read_only_filesystem=SUGGESTS,
    ),
    _said(
        "permission",
        r"\bpermissions? (?:denied|problem|error|issue|of|on)\b|\bch(?:own|mod|attr)\b|\bown(?:er|ed|"
        r"ership)\b.{0,60}(?:root|uid|user|kube|director|file|wrong|by)|\bumask\b|\bnoexec\b|\bapparmor\b|"
        r"\bcap(?:abilit(?:y|ies)|_)|\bimmutable (?:flag|attribute|bit|file)|\bmode 0?7[05]0\b|root.?squash|not "
        r"executable|execut\w{1,30} (?:bit|permission)",
        "Ownership, mode, capabilities or mount options were named.",
        "chown root:root /opt/cni/bin helped",
        "permission|chown|chmod|chattr|own|umask|noexec|apparmor|capabilit|cap_|immutable|mode |squash|execut",
        host_permission=SUGGESTS,
        selinux_denial=FITS,
        selinux_wrong_context=FITS,
    ),
    _said(
        "busy",
        r"\b(?:binary|plugin|file) (?:(?:is|was|still) ){0,3}(?:in use|busy|being executed)|text file busy",
        "A binary in use was named.",
        "the plugin binary was still in use",
        "in use|busy|executed",
        text_file_busy=SUGGESTS,
    ),
    _said(
        "disk",
        r"\bdisk (?:space|pressure|is full|was full|full|usage)|\b(?:out of|no|low on|free|freeing|more) (?:disk "
        r")?(?:space|inodes)|\bpartition (?:is |was )?full|\bquota\b|\binodes?\b|filesystem (?:is |was )?full|100 ?%",
        "Space on a disk was named.",
        "the root partition was full",
        "disk|space|inode|partition|quota|full|100",
        unless=r"namespace|resource ?quota|free memory",
        disk_full=SUGGESTS,
    ),
    _said(
        "mount",
        r"\bhost ?path\b.{0,80}" + _TROUBLE + r"|\b(?:shared|propagat\w{1,30}|rshared|private) mount|mount propagation|"
        r"\bmount --make|\b(?:bpffs|cgroup2?|bpf file ?system)\b.{0,60}(?:not |mount|missing)|director(?:y|"
        r"ies)\b.{0,80}(?:does ?n.t exist|do not exist|does not exist|missing|not (?:there|present|created|exist))|"
        r"(?:secret|config ?map)\b.{0,60}(?:missing|not (?:found|there|exist|created)|does)|\bvolumes?\b.{0,60}"
        + _TROUBLE,
        "A mount, a host path or a volume's object was named as missing.",
        "the directory /opt/cni/bin does not exist on the new nodes",
        "path|mount|bpf|cgroup|director|secret|config map|configmap|volume",
        mount_failure=SUGGESTS,
    ),
    _said(
        "image",
        r"\bair-?gap\w{0,12}|\b(?:image|registry|mirror|tag|docker hub|quay)\b.{0,80}(?:pull|"
        + _TROUBLE
        + r"|rate limit|credential|corrupt|incomplete|re-?pull|delet)|\bpull(?:ing|ed)? (?:the )?image|"
        r"\bimagepull\w{1,30}",
        "The image or its registry was named.",
        "the cluster is air-gapped and the image was not mirrored",
        "air|image|registry|mirror|tag|docker hub|quay|pull",
        image_pull=SUGGESTS,
        version_incompatibility=FITS,
    ),
    _said(
        "processor",
        r"\b(?:arm64|aarch64|armv\d\w{0,12}|amd64|x86[-_]64(?:-v\d)?|ppc64le|s390x|riscv64?|"
        r"raspberry)\b.{0,80}(?:image|binar|build|only|not |missing|wrong|fail|support)|\bcpu (?:model|type|level|"
        r"feature|does|is too|lacks?|support|without)|\barchitecture\b|\bqemu64|\bkvm64|\bavx\d?\b|\bmicroarchitecture",
        "The processor or its architecture was named.",
        "the image has no arm64 build",
        "arm|aarch64|amd64|x86|ppc64|s390x|riscv|raspberry|cpu |architecture|qemu64|kvm64|avx",
        arch_mismatch=SUGGESTS,
        version_incompatibility=FITS,
    ),
    _said(
        "policy",
        r"\bpod ?security\w{0,12}|\bpsps?\b|\bpsa\b|\bpss\b|\bsccs?\b|security context constraint|admission|"
        r"gatekeeper|kyverno|\bopa\b|webhook|privileged (?:pods?|containers?) (?:are |is |were )?(?:not allowed|"
        r"disallow|forbid|den|block)|allow-privileged",
        "A policy that admits pods was named.",
        "the namespace enforces the restricted Pod Security Standard",
        "security|psp|psa|pss|scc|admission|gatekeeper|kyverno|opa|webhook|privileged",
        admission_denied=SUGGESTS,
    ),
    _said(
        "runtime",
        r"\b(?:containerd|cri-?o|docker(?:d)?|cri-dockerd|runc|crun|kubelet|runtime)\b.{0,100}(?:"
        + _TROUBLE
        + r"|restart|config|upgrad|cgroup|socket|watch)|restart\w{0,12} .{0,30}(?:containerd|docker|cri-?o|kubelet|"
        r"runtime|node)\b|"
        r"system[dD]?cgroup|cgroup ?driver|\breboot\w{0,12}.{0,40}" + _CURE,
        "The container runtime or the kubelet was named.",
        "SystemdCgroup was false in containerd's config.toml",
        "containerd|cri|docker|runc|crun|kubelet|runtime|restart|cgroup|reboot",
        runtime_failure=SUGGESTS,
    ),
    _said(
        "pressure",
        r"\b(?:memory|ram|cpu|oom|swap\w{0,12}|overload\w{0,12}|throttl\w{0,12})\b.{0,80}(?:limit|pressure|low|small|"
        r"short|high|heav|starv|exhaust|request|kill|usage|only|full|insufficient|ing\b)|\b(?:limit|request|only \d+ "
        r"?[mg]i?b?)\b.{0,40}(?:memory|ram|cpu)|\boom\w{0,12}|probe timeouts?|slow disk|high load",
        "Memory, CPU or load was named.",
        "the nodes have little memory and swap heavily, the limit is low",
        "memory|ram|cpu|oom|swap|overload|throttl|limit|request|only |probe|slow|load",
        resource_pressure=SUGGESTS,
    ),
    _said(
        "role",
        r"\b(?:not|n.t) (?:permitted|allowed|authori[sz]ed) to (?:get|list|watch|create|update|patch|delete)\b|"
        r"\broles? (?:is|was|were|are|lacks?|misses|restricts?|does)\b|"
        r"\bcluster ?role(?:binding)?s?\b|\brbac\b|\brole ?bindings?\b|\b(?:role|permission)s? (?:for|of|to) (?:the "
        r")?(?:service ?account|calico|create|list|get)",
        "A role or its binding was named.",
        "the ClusterRoleBinding of calico-node was missing",
        "cluster|rbac|role|permi|allowed to|authori",
        rbac_forbidden=SUGGESTS,
    ),
    _said(
        "token",
        r"\b(?:service ?account|sa|api|bootstrap|join)? ?tokens?\b.{0,80}(?:"
        + _TROUBLE
        + r"|refresh|rotat|renew|recreat|invalid|issuer|signing)|service-?account-?(?:issuer|key|signing)|signing key|"
        r"\bissuer\b|\b401\b|unauthori[sz]ed",
        "A service account token, its key or issuer was named.",
        "service-account-issuer differs between the two control planes",
        "token|service|signing|issuer|401|unauthori",
        serviceaccount_token=SUGGESTS,
        tls_certificate=FITS,
    ),
    _said(
        "certificate",
        r"\bcert(?:ificate)?s?\b|\btls\b|\bx509\b|\bca (?:bundle|file|cert)|\bclocks?\b|\bntp\b|\bchrony\b|time "
        r"(?:sync|skew|drift|zone)|system time|(?:hours|minutes|days|years) (?:behind|ahead)",
        "Certificates or clocks were named.",
        "the certificates of the cluster expired last week",
        "cert|tls|x509|ca |clock|ntp|chrony|time|behind|ahead",
        tls_certificate=SUGGESTS,
    ),
    _said(
        "network",
        r"\b(?:firewall\w{0,12}|ufw|security groups?|acl|nsg|proxy|proxies|vpn|nat|route|routes|routing|gateway|mtu|"
        r"vlan|dns)\b|\badvertis\w{1,30}|\bport (?:6443|8443|443|2379)\b|\b(?:api ?server|etcd|control[- ]plane|"
        r"master|endpoint|load "
        r"?balancer|vip|10\.96\.0\.1)\b.{0,100}(?:" + _TROUBLE + r"|reach|connect|access)",
        "The way to the control plane was named.",
        "port 6443 of the control plane is blocked by a security group",
        "firewall|ufw|security group|acl|nsg|prox|vpn|nat|rout|gateway|mtu|vlan|dns|advertis|port |api|etcd|control|"
        "master|endpoint|balancer|vip|10.96",
        unless=r"kube-proxy|port (?:179|5473)|alternative|iptables-nat|typha",
        apiserver_unreachable=SUGGESTS,
        kube_proxy_service_vip=FITS,
    ),
    _said(
        "kube-proxy",
        r"\bkube-?proxy\b|\bipvs\b|service (?:ip|vip|cidr|address)\b.{0,60}(?:not |unreach|fail|hang|timeout)|cluster "
        r"?ip .{0,60}(?:not |unreach|fail|hang|timeout)|kube-?proxy.?replacement",
        "kube-proxy or the Service addresses were named.",
        "kube-proxy was not running on the new nodes",
        "kube|ipvs|service |cluster",
        unless=r"kube-?proxy (?:is |was |pods? (?:are|is) )?(?:running|fine|ok|healthy|works)",
        kube_proxy_service_vip=SUGGESTS,
        apiserver_unreachable=FITS,
    ),
    _said(
        "typha",
        r"\btypha\b|\b(?:port|tcp)[ /]?5473\b",
        "Typha or its port was named.",
        "port 5473 was closed between the nodes",
        "typha|5473",
        unless=r"typha (?:is |was |pods? (?:are|is) )?(?:running|fine|ok|healthy|ready)",
        typha_unreachable=SUGGESTS,
    ),
    _said(
        "definitions",
        r"\bcrds?\b|custom ?resource ?definitions?",
        "Definitions of Calico's objects (CRDs) were named.",
        "the CRDs were not applied",
        "crd|custom",
        missing_crds=SUGGESTS,
        version_incompatibility=FITS,
    ),
    _said(
        "release",
        r"\b(?:version|release|upgrad\w{1,30}|updat\w{1,30}|downgrad\w{1,30}|regression|bug|patch release|"
        r"roll\w{0,12} back|newer|older|deprecat\w{1,30}|removed in)\b.{0,120}(?:v?\d{1,2}\.\d{1,3}|"
        + _TROUBLE
        + r"|"
        + _CURE
        + r"|support|after|since|again)|v?\d{1,2}\.\d{1,3}(?:\.\d{1,3})?\b.{0,80}(?:"
        + _CURE
        + r"|"
        + _TROUBLE
        + r"|support|broke)|(?:after|since) .{0,30}(?:upgrad|updat)|\bupstream (?:bug|fix|issue)",
        "The release, or an upgrade, was named.",
        "Kubernetes 1.33 is not supported by that Calico release",
        "version|release|upgrad|updat|downgrad|regression|bug|roll|newer|older|deprecat|removed|.|upstream",
        unless=r"(?:\d{1,3}\.){3}\d",
        version_incompatibility=SUGGESTS,
    ),
    _said(
        "configuration",
        r"\b(?:conflist|cni conf\w{0,12}|cni_network_config|net\.d|10-calico)\b.{0,120}(?:"
        + _TROUBLE
        + r"|invalid|empty|overwr|truncat|placeholder|json|first|before|two|several|second|other)|\b(?:second|another|"
        r"other|two|several|competing) (?:cni )?conf\w{0,12}|sorts? before|\binvalid json",
        "The CNI configuration was named.",
        "a second config file 100-crio-bridge.conf sorts before Calico's",
        "conf|net.d|10-calico|json|sort",
        bad_cni_config=SUGGESTS,
        stale_node_state=FITS,
        cni_dir_mismatch=FITS,
    ),
    _said(
        "directory",
        r"(?:cni|bin|conf)[- _]?dir\w{0,12}.{0,80}(?:" + _TROUBLE + r"|other|another|custom|default|instead|while|but)|"
        r"(?:look|search|read|expect|instal|writ)\w{0,12} .{0,60}(?:in|at|from|to|under) /\S{0,60}(?:cni|/bin|"
        r"net\.d)\S{0,60}.{0,60}(?:but|while|instead|not|whereas)|(?:looks?|search\w{0,12}|expects?) (?:for "
        r")?.{0,40}(?:in|at|under) /\S{1,60}|(?:instal|writ|put|cop|plac|extract|unpack|mov|"
        r"ship)\w{0,12} .{0,60}(?:in|into|to|under) "
        r"(?!/opt/cni/bin\b|/etc/cni/net\.d\b)/\S{0,60}(?:cni|bin|net\.d)\b|/(?:usr|var/lib/(?:rancher|cni)|home/kubernetes|var/snap)\S{0,60}(?:cni|"
        r"bin)",
        "A CNI directory other than the usual one was named.",
        "k3s looks for plugins in /var/lib/rancher/k3s/data/current/bin",
        "dir|look|search|read|expect|instal|writ|put|cop|plac|extract|unpack|mov|ship|/usr|/var|/home",
        unless=r"permission|denied|read-?only|/var/lib/calico",
        cni_dir_mismatch=SUGGESTS,
    ),
    _said(
        "operator",
        r"\b(?:tigera-?)?operator\b|\btigerastatus\b|\binstallation (?:cr|resource|object)\b|\b(?:edit|chang|"
        r"patch)\w{0,12}.{0,80}(?:revert|restor|set back|put back|comes? back|overwrit|undone|lost|gone|disappear|"
        r"reset)",
        "The operator was named, or changes that do not last.",
        "the tigera-operator overwrites my change of the DaemonSet after a few seconds",
        "operator|tigerastatus|installation|edit|chang|patch",
        operator_managed=SUGGESTS,
    ),
    _said(
        "left-over",
        r"\b(?:left ?-?overs?|left behind|stale|remnants?|remain(?:s|ing|ed)?|still (?:there|present|exists?|in|has)|"
        r"not (?:cleaned|removed|deleted)|kubeadm reset|re-?install\w{0,12}|re-?join\w{0,12}|re-?creat\w{0,12}|"
        r"renam\w{1,30}|hostname|previous\w{0,12}|formerly|old (?:node|cni|calico|flannel|cluster|installation|file|"
        r"conf|ipam|entr|record|iptables)|migrat\w{1,30} from|cloned|same (?:machine|host) ?-?id|clean(?:ing|ed)? "
        r"up)\b",
        "Something of an earlier time was named: a former installation, name or network.",
        "the node was renamed and the old node object was left behind",
        "left|stale|remnant|remain|still|not |kubeadm reset|install|join|creat|renam|hostname|previous|former|old |"
        "migrat|cloned|same |clean",
        stale_node_state=SUGGESTS,
    ),
    _said(
        "interface",
        r"\b(?:wrong|different|second|two|multiple|several|other|private|public|internal|nat|bridge|docker\d?|"
        r"virtualbox) (?:network )?(?:interfaces?|nics?|network cards?|ip|ips|address(?:es)?)\b|autodetect\w{0,12}|"
        r"\b(?:network )?(?:interfaces?|nics?)(?:'s)? (?:is |are |name\w{0,3} )?.{0,40}(?:skip|ignor|loopback|"
        r"pick|chos|choose|"
        r"select|match|regex)\w{0,12}|(?:name|choice) of the (?:network )?(?:interface|nic)\b|"
        r"auto-detect\w{0,12}|ip_autodetection\w{0,12}|nodeaddressautodetection\w{0,12}|can-reach|10\.0\.2\.15|"
        r"\bvagrant\b",
        "The choice of the node's own address was named.",
        "calico picks the wrong interface on hosts with two NICs",
        "interface|nic|network card|ip|address|detect|can-reach|10.0.2.15|vagrant",
        ip_autodetection=SUGGESTS,
    ),
    _said(
        "bgp",
        r"\bbgp\b|\bbird\b|\bport 179\b|\btcp[/ ]179\b|\bas number\b|\bpeer(?:ing|s)?\b",
        "BGP, or a port or peer of it, was named.",
        "TCP port 179 is blocked between the racks",
        "bgp|bird|179|as number|peer",
        bgp_not_ready=SUGGESTS,
        ip_autodetection=FITS,
    ),
    _said(
        "pool",
        r"\bip ?pools?\b|\bipam\b|\bpod ?(?:network )?cidrs?\b|\bcluster-?cidr\b|\bpod-network-cidr\b|"
        r"\bsubnets?\b.{0,60}(?:overlap|conflict|same|exhaust)|\baddress(?:es)? (?:ran out|exhaust|left|available|"
        r"leak)|\bblock affinit",
        "Address pools were named.",
        "pod CIDR and service CIDR overlap",
        "pool|ipam|cidr|subnet|address|block",
        ip_pool_config=SUGGESTS,
    ),
    _said(
        "kernel",
        r"\bkernel\b|\biptables\b|\bnftables?\b|\bip6tables\b|\bipset\b|\brp_filter\b|\be?bpf\b|\bmodprobe\b|"
        r"\b(?:kernel )?modules?\b|\bconntrack\b|\bCONFIG_[A-Z_]+\b|\bsysctl\b|\bwireguard\b|\bvxlan\b|\bipip\b",
        "The kernel or its packet filter was named.",
        "the kernel was built without CONFIG_IP_SET",
        "kernel|tables|ipset|rp_filter|bpf|modprobe|module|conntrack|config_|sysctl|wireguard|vxlan|ipip",
        kernel_dataplane=SUGGESTS,
    ),
)
"""One entry per mechanism a person may name; a sentence may name several."""
