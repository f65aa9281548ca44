"""calico-node itself: addresses, BGP, pools, CRDs, the kernel's packet path.

Words: projectcalico/calico node/pkg/lifecycle/startup/startup.go, node/pkg/health/health.go, felix/iptables/table.go,
felix/dataplane, libcalico-go/lib/ipam at v3.27.0.

A table, and as long as there are messages of this kind.
"""

from __future__ import annotations

from cnitui.domain.parsing.messages.known import Topic, Weight

FITS, SUGGESTS, SPECIFIC, CONCLUSIVE = Weight.FITS, Weight.SUGGESTS, Weight.SPECIFIC, Weight.CONCLUSIVE
_ADDRESS = Topic("address")
_POOL = Topic("pool")
_CRD = Topic("crd")
_KERNEL = Topic("kernel")
_BRIDGE = (
    r"(?:docker\d|br-[0-9a-f]|virbr|cni\d|flannel|cbr|veth|lxc|lxd|podman|weave|kube-ipvs|nodelocaldns|dummy|vxlan|"
    r"tun\w)"
)
_BRIDGE_ADDRESS = r"(?:172\.(?:1[7-9]|2\d|3[01])\.0\.1|192\.168\.122\.\d{1,3}|10\.88\.0\.1|10\.0\.3\.1|10\.0\.2\.15)"

ADDRESS = (
    _ADDRESS.message(
        "no-address",
        "fatal",
        r"(?:Couldn't|Unable to|Could not|Failed to|unable to|cannot) auto-?detect|no valid (?:host )?(?:IPv[46] "
        r")?(?:interfaces?|address(?:es)?) found",
        "detect|no valid",
        "calico-node finds no address by the configured autodetection method.",
        "Couldn't autodetect an IPv4 address. If auto-detecting, choose a different autodetection method.",
        ("canonical/microk8s#3804",),
        ip_autodetection=CONCLUSIVE,
    ),
    _ADDRESS.message(
        "address-doubtful",
        "cause",
        r"no suitable (?:address|interface)|No valid interfaces|autodetect\w{0,12}.{0,100}(?:fail|wrong|error|"
        r"incorrect|picked|chose)",
        "detect|no suitable|no valid",
        "The detection of the node's address is in doubt.",
        "dial udp4: address 2001:db8::2: no suitable address found",
        ip_autodetection=SPECIFIC,
    ),
    _ADDRESS.message(
        "bridge-address",
        "fatal",
        r"(?:autodetected|auto-detected|Using autodetected) \S{1,10} address (?:on interface )?" + _BRIDGE + r"|"
        r"not established with[\d., ]{0,200}\b"
        + _BRIDGE_ADDRESS
        + r"\b|already using the IPv\d address "
        + _BRIDGE_ADDRESS
        + r"\b|(?:picks?|picked|chose|choos\w{1,30}|uses?|using|select\w{0,12}|detect\w{0,12}) .{0,60}(?:wrong|"
        r"docker\d?|bridge|virbr|nat|vagrant)\S{0,20} ?(?:interface|address|ip|nic)",
        "address|not established",
        "The address of a container bridge or of a virtual machine's private NAT was taken for the node's own.",
        "BIRD is not ready: BGP not established with 172.21.0.1",
        ("projectcalico/calico#8607",),
        ip_autodetection=SPECIFIC,
        bgp_not_ready=FITS,
    ),
    _ADDRESS.message(
        "same-address",
        "fatal",
        r"is already using the IPv[46] address|IPv[46] address conflict|remove the IP address conflict",
        "already using the ipv|address conflict",
        "Two node records claim one address: the machine was renamed and its old record remained, or two nodes "
        "detected the same private address.",
        "Calico node 'master-01' is already using the IPv4 address 192.0.2.15.",
        ("projectcalico/calico#1867",),
        stale_node_state=SUGGESTS,
        ip_autodetection=SUGGESTS,
    ),
    _ADDRESS.message(
        "bgp-session-error",
        "fatal",
        r"node-to-node mesh.{0,60}\b(?:start|down|idle)\b.{0,80}(?:Connect|Active|OpenSent|Socket)|Hold timer expired|"
        r"Bad peer AS|bird: .{0,80}(?:Connection (?:refused|reset|closed)|Error:|Received:|shutdown|unreachable)|"
        r"\bBGP: (?:Error|Received|Unexpected|Neighbor lost)",
        "node-to-node|hold timer|peer as|bird: |bgp: ",
        "BIRD tells of a session that does not come about, or broke.",
        "10.0.0.3 | node-to-node mesh | start | 06:13:01 | Active Socket: Connection refused",
        bgp_not_ready=SPECIFIC,
        ip_autodetection=FITS,
    ),
    _ADDRESS.message(
        "bgp-down",
        "probe",
        r"BGP not established|BGP (?:session|peer)\w{0,12}.{0,80}(?:down|not established|fail|never|idle)",
        "bgp",
        "BGP sessions are down. Where the peer's address is not the address of a node, autodetection is to blame, "
        "else TCP 179 between the nodes.",
        "calico/node is not ready: BIRD is not ready: BGP not established with 10.240.0.11,10.240.0.12",
        bgp_not_ready=SUGGESTS,
        ip_autodetection=SUGGESTS,
    ),
    _ADDRESS.message(
        "left-over-link",
        "fatal",
        r"(?:vxlan|ipip|tunl|cali\w{0,12}|cni0|flannel\S{0,4}|veth).{0,160}(?:file exists|already exists|already has "
        r"an IP address different)|RTNETLINK answers: File exists|(?:device|link|route) already exists",
        "exists|already has an ip",
        "An interface or route of an earlier installation is in the way.",
        'failed to set bridge addr: "cni0" already has an IP address different from 10.244.1.1/24',
        stale_node_state=SPECIFIC,
        unless=r"\b(?:cp|mv|ln|open|mkdir|tar|install):? |/bin/",
    ),
    _ADDRESS.message(
        "stale-record",
        "cause",
        r"(?:hostname|node ?name|nodename)\b.{0,60}(?:changed|mismatch|differ|renamed|does not match|case)|(?:renamed|"
        r"changed) (?:the )?(?:hostname|node)|calicoctl delete node|left[- ]?over|stale (?:node|record|ipam|entr|"
        r"config|file|iptables|interface)|(?:previous|old|former|earlier|prior|another) (?:cni|installation|cluster|"
        r"calico|flannel|weave|cilium|network plugin)\b.{0,80}(?:remain|left|still|not (?:removed|cleaned|deleted)|"
        r"leftover|files?|config)|kubeadm reset",
        "hostname|node name|nodename|renamed|changed|calicoctl delete|left|stale|previous|old |former|earlier|prior|"
        "another|kubeadm reset",
        "Something of an earlier installation or of an earlier name of this machine is left.",
        "the hostname of the machine was changed after it had joined",
        stale_node_state=SUGGESTS,
    ),
    _ADDRESS.message(
        "graceful-restart",
        "consequence",
        r"graceful restart in progress",
        "graceful restart",
        "Normal for a while after a restart.",
        "BIRD is not ready: graceful restart in progress",
    ),
    _ADDRESS.message(
        "felix-health",
        "consequence",
        r"[Ff]elix is not (?:live|ready)|readiness probe reporting 503|liveness probe reporting 503|confd is not live",
        "felix is not|probe reporting|confd is not",
        "calico-node's own health check says that it is not done; its log says why.",
        "calico/node is not ready: felix is not ready: readiness probe reporting 503",
    ),
)

POOL = (
    _POOL.message(
        "no-pool",
        "fatal",
        r"no (?:configured|enabled|suitable|matching|available|valid) (?:calico |ip ?|ipv[46] )?pools?|pools? (?:are |"
        r"is )?(?:likely )?(?:exhausted|full|depleted|empty|disabled)|(?:unable to|failed to|cannot|could not|"
        r"couldn't) (?:auto-?assign|assign|request|allocate|find) (?:an |any |new )?(?:available |free )?(?:ip|"
        r"ipv[46]|address|block)|no (?:more )?(?:free|available|unused) (?:ip|address|block)|ran out of (?:ip|"
        r"address)|out of (?:ip )?addresses|no IP addresses available|IP assignment error",
        "pool|assign|request|allocate|find |no more|no free|no available|no unused|ran out|addresses",
        "There is no address to give: no pool, a full one, or blocks leaked by nodes that are gone.",
        "IpamDriver.RequestAddress: IP assignment error: No configured Calico pools.",
        ("projectcalico/calico#1607", "projectcalico/cni-plugin#920"),
        ip_pool_config=CONCLUSIVE,
    ),
    _POOL.message(
        "no-range",
        "fatal",
        r"qualified ip ?pool|\b(?:no|missing|empty) pod ?cidrs?\b|pod ?cidrs? (?:is |are |was )?(?:not|empty|missing)|"
        r"\bip ?pools? (?:is |are |was )?(?:not found|missing|disabled|empty)|pod ?cidrs? never assigned",
        "pool|cidr",
        "There is no range of addresses for this node: no pool that fits, or no pod CIDR was given to it.",
        "no podCidr for node worker-2",
        ip_pool_config=SPECIFIC,
    ),
    _POOL.message(
        "no-lease",
        "fatal",
        r"failed to acquire (?:a )?(?:subnet )?lease|(?:acquire|renew|register)\w{0,4} (?:subnet )?lease: .{0,60}node",
        "lease",
        "The network's daemon got no subnet for this node: mostly no pod CIDR was given to it.",
        'Error registering network: failed to acquire lease: node "worker-1" p',
        ip_pool_config=SUGGESTS,
        apiserver_unreachable=FITS,
    ),
    _POOL.message(
        "pool-overlap",
        "fatal",
        r"(?:pool|cidr|pod network|podsubnet|pod-network-cidr|subnet)\b.{0,120}(?:overlap|conflict|collid|same "
        r"(?:range|as)|clash|not within|is not contained)|(?:overlap|conflict|clash)\w{0,12} .{0,80}(?:pool|cidr|pod "
        r"network|subnet)|(?:network|range) \d[\d./]{6,18} (?:overlap|conflict|collid|clash)|"
        r"strictaffinity|IP ?Pool.{0,80}(?:invalid|block size)|IP pool size is too small|Invalid CIDR specified in "
        r"CALICO_IPV[46]POOL_CIDR|Invalid blocksize \d",
        "overlap|conflict|collid|same range|same as|clash|not within|not contained|strictaffinity|pool|blocksize",
        "The address pool overlaps another network, or does not fit the cluster's pod network.",
        "the pod CIDR 192.168.0.0/16 overlaps with the host network",
        ip_pool_config=SPECIFIC,
    ),
)

CRD = (
    _CRD.message(
        "default-missing",
        "consequence",
        r"clusterinformations?\S{0,40} \\?\"default\\?\" not found|ClusterInformation\(default\).{0,80}not found",
        "clusterinformation",
        "The CRD exists and the object does not: it is written by the first calico-node that starts. A consequence.",
        'clusterinformations.crd.projectcalico.org "default" not found',
        ("projectcalico/calico#10166",),
        missing_crds=FITS,
    ),
    _CRD.message(
        "builtin-kind-gone",
        "fatal",
        r"no matches for kind \\?\"(?:PodDisruptionBudget|PodSecurityPolicy|DaemonSet|Deployment|ClusterRole\w{0,12}|"
        r"CronJob|Ingress|NetworkPolicy|PriorityClass|MutatingAdmissionPolicy\w{0,12})\\?\"",
        "no matches for kind",
        "The manifest uses an API that this Kubernetes does not serve (any more, or yet).",
        'no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"',
        version_incompatibility=CONCLUSIVE,
    ),
    _CRD.message(
        "crd-missing",
        "fatal",
        r"could not find the requested resource.{0,120}(?:calico|tigera)|(?:calico|tigera).{0,300}could not find the "
        r"requested resource|no matches for kind.{0,200}(?:calico|tigera)|"
        r"(?:the server )?doesn't have a resource type|customresourcedefinition.{0,180}not found|CRDs? "
        r"(?:is |are |was |were )?(?:missing|not (?:found|installed|created|present|applied))|(?:missing|lack\w{0,12}|"
        r"without|no) (?:the )?(?:calico )?CRDs?\b|failed to find (?:calico )?CRD",
        "requested resource|no matches for kind|resource mapping|crd|resource type|customresourcedefinition",
        "A kind of object that Calico needs is not known to the API server: its CRD is missing or of another version.",
        "error=the server could not find the requested resource (get ClusterInformations.crd.projectcalico.org "
        "default)",
        ("Azure/acs-engine#3393", "projectcalico/calico#6146"),
        missing_crds=CONCLUSIVE,
        version_incompatibility=FITS,
    ),
    _CRD.message(
        "kind-unknown",
        "fatal",
        r"could not find the requested resource|no matches for kind|resource mapping not found|ensure CRDs are "
        r"installed|Custom ?Resource ?Definitions? .{0,80}(?:created|"
        r"not|missing)",
        "requested resource|no matches for kind|resource mapping|ensure crds|custom",
        "A kind of object is not known to the API server; a CRD is missing, or an API of this Kubernetes.",
        "Make sure the Custom Resource Definitions have been created and Calico has been authorized to access them.",
        missing_crds=SUGGESTS,
        version_incompatibility=SUGGESTS,
        rbac_forbidden=FITS,
    ),
    _CRD.message(
        "crd-older",
        "fatal",
        r"strict decoding error|unknown field \\?\"|ValidationError\(\w|cannot unmarshal .{0,80}into Go|"
        r"spec\.\S{1,80}: (?:Unsupported value|Invalid value)",
        "strict decoding|unknown field|validationerror|cannot unmarshal|spec.",
        "An object does not fit its definition: the CRDs and the components are of different releases.",
        'strict decoding error: unknown field "spec.bpfConnectTimeLoadBalancing"',
        missing_crds=SUGGESTS,
        version_incompatibility=SUGGESTS,
    ),
)

KERNEL = (
    _KERNEL.message(
        "kernel-not-permitted",
        "fatal",
        r"\b(?:ip6?tables|ipset|nft|netlink|link|route|addr\w{0,4}|vxlan|tunnel|bpf|sysctl|conntrack|qdisc|device|"
        r"interface|netns|namespace|unshare|setns|cgroup|modprobe|sysfs)\b.{0,200}(?:operation not permitted|"
        r"\bEPERM\b|must be root)|/proc/sys/\S{1,120} .{0,80}operation not permitted|(?:missing|without|"
        r"lack\w{0,3}|needs?|requires?) (?:the )?(?:capabilit\w{1,4}|CAP_[A-Z_]{3,20})",
        "not permitted|eperm|must be root|capabilit|cap_",
        "The kernel refuses for lack of a capability (NET_ADMIN, SYS_ADMIN): the container is not privileged, or a "
        "security profile takes it away. The kernel can do what is asked.",
        "ipset v7.11: Kernel error received: Operation not permitted",
        unless=r"chattr|lsattr|immutable",
        host_permission=SPECIFIC,
    ),
    _KERNEL.message(
        "reverse-path",
        "fatal",
        r"RPF check|loose RPF|rp_filter.{0,40}(?:loose|fail|error|must|not )",
        "rp_filter|rpf",
        "The kernel's reverse path filter is loose; Felix refuses to run with it.",
        "Kernel's RPF check is set to 'loose'. This would allow endpoints to spoof their IP address.",
        kernel_dataplane=CONCLUSIVE,
    ),
    _KERNEL.message(
        "reverse-path-setting",
        "cause",
        r"rp_filter\s{0,4}=\s{0,4}2\b",
        "rp_filter",
        "The reverse path filter is set to loose, with which Felix refuses to run unless told to ignore it.",
        "net.ipv4.conf.all.rp_filter = 2",
        kernel_dataplane=SUGGESTS,
    ),
    _KERNEL.message(
        "tool-missing",
        "fatal",
        r"(?:ip6?tables|ipset|nft|iptables-(?:legacy|nft)).{0,150}(?:exit status 127|exit code 127|executable file "
        r"not found)",
        "exit status 127|exit code 127|executable file not found",
        "The packet filter's program cannot run inside the image (127: it or a library is missing), whatever the host "
        "has.",
        "felix/table.go 840: iptables save failed error=exit status 127",
        ("projectcalico/calico#8831",),
        version_incompatibility=SPECIFIC,
        kernel_dataplane=SUGGESTS,
        arch_mismatch=FITS,
    ),
    _KERNEL.message(
        "module-missing",
        "fatal",
        r"Couldn't load (?:match|target)|(?:modprobe|insmod)\b.{0,120}(?:not found|fail|no such|can't|need to|fatal)|"
        r"need to insmod|Cannot initialize: iptables|can't initialize ip6?tables|FATAL: Module|Kernel (?:support|"
        r"modules?) (?:missing|not)",
        "load|module|modprobe|insmod|initialize|kernel",
        "A module of the kernel's packet filter is missing or cannot be loaded from inside the container.",
        "ip6tables-restore v1.8.2 (legacy): Couldn't load match `rpfilter':No such file or directory",
        ("projectcalico/felix#2360", "projectcalico/calico#13499"),
        kernel_dataplane=CONCLUSIVE,
    ),
    _KERNEL.message(
        "module-named",
        "cause",
        r"(?:nf_conntrack|ip_set|xt_\w{1,30}|ipt_\w{1,30}|ip6?t_\w{1,30}|br_netfilter|ip_tables|"
        r"ip6_tables)\b.{0,60}(?:missing|not |fail|unknown|unavailable)|(?:missing|load\w{0,12}|install\w{0,12}|"
        r"enabl\w{0,12}) (?:the )?(?:kernel modules?|nf_conntrack|ip_tables|xt_\w{1,30}|ip6?t_\w{1,30}|ip_set|"
        r"br_netfilter)",
        "nf_conntrack|ip_set|xt_|ipt_|ip6t_|ip_t|ip6_tables|br_netfilter|kernel module",
        "A module of the kernel is named as missing.",
        "xt_set not loaded",
        kernel_dataplane=SPECIFIC,
    ),
    _KERNEL.message(
        "module-mismatch",
        "fatal",
        r"Unknown symbol \w|disagrees about version of symbol|Unable to detect the \w{2,40} module|module \w{2,40} "
        r"(?:is )?(?:not|un)\w{0,12}",
        "unknown symbol|disagrees about|unable to detect|module ",
        "A kernel module is missing or was built for another kernel.",
        "ip_set_hash_net: disagrees about version of symbol ip_set_elem_len",
        kernel_dataplane=SPECIFIC,
    ),
    _KERNEL.message(
        "packet-filter-failed",
        "fatal",
        r"(?:ip6?tables|ip\(6\)tables|ipset|nft|nftables|iptables-(?:legacy|nft)).{0,150}(?:fail|exit status [1-9]|"
        r"error|not supported|incompatible|invalid)|(?:Failed|Unable|cannot) to (?:program|update|apply|list|read|"
        r"write) (?:the )?(?:ip6?tables|ipset|nft)|(?:legacy|nft) backend",
        "tables|ipset|nft|backend",
        "The packet filter cannot be programmed on this kernel: missing modules, or the wrong backend (legacy or nft).",
        'Failed to program iptables, will retry error=exit status 2 ipVersion=0x6 table="raw"',
        unless=r"proxier|KUBE-[A-Z]|kube-proxy",
        kernel_dataplane=SPECIFIC,
        version_incompatibility=FITS,
    ),
    _KERNEL.message(
        "bpf-kernel",
        "fatal",
        r"\b(?:e?bpf|BTF|verifier|cgroupv?2|XDP)\b.{0,160}(?:not supported|fail|invalid argument|too old|unsupported|"
        r"requires|denied|error)|kernel (?:version )?\S{0,30} ?(?:is )?(?:too old|not supported|unsupported)|at least "
        r"(?:linux )?kernel|(?:attach|load)\w{0,12} .{0,40}\bbpf\b",
        "bpf|btf|verifier|cgroup|xdp|kernel",
        "The kernel lacks what the eBPF data plane needs.",
        "Failed to load BPF program: invalid argument",
        kernel_dataplane=SPECIFIC,
        mount_failure=FITS,
    ),
    _KERNEL.message(
        "kernel-feature",
        "fatal",
        r"function not implemented|address family not supported|protocol not (?:supported|available)|(?:vxlan|ipip|"
        r"tunnel|wireguard|tunl0)\b.{0,120}(?:not supported|fail|unsupported|unknown device type)|"
        r"/proc/sys/net/\S{1,100}: .{0,20}(?:no such file|read-only|permission)|seccomp.{0,80}(?:fail|error|block)",
        "not implemented|not supported|not available|unsupported|unknown device|fail|/proc/sys/net|seccomp",
        "The kernel does not offer a feature that Calico uses on this node.",
        "Failed to create VXLAN tunnel device: operation not supported",
        kernel_dataplane=SPECIFIC,
    ),
    _KERNEL.message(
        "device-failed",
        "fatal",
        r"(?:fail|unable|could not|couldn't|error)\w{0,12}.{0,60}\b(?:ip ?sets?|ipip|vxlan|wireguard|tunnel device|"
        r"tunl0|bpf|conntrack)\b",
        "fail|unable|could not|couldn't|error",
        "Something of the node's packet path could not be set up; the kernel says why.",
        "felix/ipip_mgr.go 111: Failed to add IPIP tunnel device error=exit status 1",
        unless=r"auto-?assign|address for|ippool|ip ?pool|no available",
        kernel_dataplane=SPECIFIC,
        version_incompatibility=FITS,
    ),
    _KERNEL.message(
        "not-supported",
        "fatal",
        r"(?:network|link|device|vxlan|route|netlink|interface|socket|qdisc|ip ?set|table|rule|bpf|neigh)\w{0,8}\b"
        r".{0,120}(?:(?:operation|protocol|address family) not supported|not supported by protocol)",
        "not supported",
        "The kernel does not know this network operation: a module is missing or cannot be loaded from the container.",
        "Error registering network: operation not supported",
        unless=r"copy_file_range|/host/|mount",
        kernel_dataplane=SPECIFIC,
    ),
    _KERNEL.message(
        "startup-failed",
        "consequence",
        r"Calico node failed to start",
        "calico node failed",
        "calico-node's start-up ended; the reason stands a line or two above.",
        "Calico node failed to start",
    ),
)
