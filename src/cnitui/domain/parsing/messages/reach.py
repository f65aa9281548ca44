"""Something on the network does not answer: which address, and how it fails.

The address decides whose fault it is: a Service address (the first of its range, port 443) needs kube-proxy, an
endpoint does not; 5473 is Typha, 179 BGP, 2379 etcd (projectcalico/calico documentation, system requirements).

A table, and as long as there are messages of this kind.
"""

from __future__ import annotations

from cnitui.domain.parsing.messages.known import Topic, Weight

FITS, SUGGESTS, SPECIFIC, CONCLUSIVE = Weight.FITS, Weight.SUGGESTS, Weight.SPECIFIC, Weight.CONCLUSIVE
_REACH = Topic("reach")

_VIP = r"(?:(?:\d{1,3}\.){3}1:443\b|\[[0-9a-f:]{2,40}::1\]:443\b|//kubernetes\.default|kubernetes\.default\.svc)"
_LATE = r"(?:i/o timeout|timed out|timeout|context deadline exceeded|Client\.Timeout)"
_NO_ANSWER = (
    r"(?:i/o timeout|timed? ?out|connection refused|no route to host|network is unreachable|context deadline exceeded|"
    r"connection reset by peer|Client\.Timeout|\bEOF\b|host is down|handshake timeout|no response|unreachable)"
)
_ANCHORS = "timeout|timed out|refused|no route to host|unreachable|deadline exceeded|reset by peer|eof|host is down|"
"no response"
_API_PORT = r"(?:6443|8443|16443|9443|7443|443)"

_ANOTHER_PORT = r"dial tcp \S{3,80}:(?!5473\b)\d{2,5}: |://\S{3,80}/api(?:s|/v1)/"
"""What was dialled is not Typha itself: looking its endpoints up is a question to the API server."""

REACH = (
    _REACH.message(
        "own-health",
        "consequence",
        r"(?:localhost|127\.0\.0\.1|\[::1\]):9099.{0,160}" + _NO_ANSWER,
        _ANCHORS,
        "Felix's own health port does not answer: calico-node is still starting, or died.",
        'Felix is not live: Get "http://localhost:9099/liveness": dial tcp 127.0.0.1:9099: connect: connection refused',
    ),
    _REACH.message(
        "kubectl-without-config",
        "consequence",
        r"localhost:8080 was refused|127\.0\.0\.1:8080: connect: connection refused",
        "8080",
        "kubectl had no kubeconfig there; this says nothing about the cluster.",
        "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
    ),
    _REACH.message(
        "unix-socket-runtime",
        "fatal",
        r"dial unix \S{0,100}(?:containerd|crio|docker|cri-dockerd)\S{0,40}\.sock",
        "dial unix",
        "The container runtime's socket does not answer.",
        "dial unix /run/containerd/containerd.sock: connect: connection refused",
        runtime_failure=SPECIFIC,
    ),
    _REACH.message(
        "unix-socket-bird",
        "consequence",
        r"BIRDv?\d{0,2} ?\S{0,10} ?(?:socket|is not ready: Error querying BIRD)|bird6?\.ctl",
        "bird",
        "BIRD has not been started yet or died: normal in the first seconds, else a consequence of calico-node's own "
        "trouble.",
        "BIRD is not ready: Error querying BIRD: unable to connect to BIRDv4 socket: dial unix "
        "/var/run/calico/bird.ctl",
        ("projectcalico/calico#8745",),
    ),
    _REACH.message(
        "unix-socket-foreign-cni",
        "cause",
        r"/(?:var/)?run/\S{0,40}(?:antrea|cilium|weave|flannel|ovn|kube-router|romana|contiv)\S{0,60}\.sock|"
        r"(?:antrea|cilium|weave|kube-router|flannel)\S{0,40}\.sock",
        ".sock",
        "The runtime still talks to a CNI that is not installed any more: its configuration file was left behind.",
        "constantly trying to connect to /var/run/antrea/cni.sock",
        ("kubernetes/kubernetes#107127",),
        stale_node_state=SPECIFIC,
        bad_cni_config=SUGGESTS,
    ),
    _REACH.message(
        "typha",
        "fatal",
        r":5473\b.{0,120}" + _NO_ANSWER + r"|typha.{0,160}" + _NO_ANSWER + r"|"
        r"(?:fail\w{0,12}|unable|could not|couldn't|retry\w{0,12}|error).{0,60}(?:connect\w{0,12}|reach|dial\w{0,12}|"
        r"talk).{0,40}typha|no (?:ready |available |suitable )?typha (?:endpoints?|instances?|pods?|service)|typha "
        r"(?:endpoints?|service) (?:was |were )?not found|typha.{0,120}(?:no endpoints|discovery failed|look up "
        r"typha)|(?:connection|connect|reach|dial)\w{0,12}.{0,20}\btypha\b.{0,60}(?:fail|lost|error|refused|"
        r"unreachable|cannot|not )",
        "typha|5473",
        "calico-node does not reach Typha, which hands out the datastore's content (TCP 5473 between the nodes).",
        "Failed to connect to typha endpoint 10.0.0.12:5473. dial tcp 10.0.0.12:5473: i/o timeout",
        unless=_ANOTHER_PORT,
        typha_unreachable=CONCLUSIVE,
    ),
    _REACH.message(
        "bgp-port",
        "fatal",
        r":179\b.{0,80}"
        + _NO_ANSWER
        + r"|(?:port|tcp) ?/?179\b.{0,80}(?:block|clos|refus|filter|not open|drop|denied)",
        "179",
        "The BGP port of another node does not answer.",
        "dial tcp 10.0.0.12:179: connect: connection refused",
        bgp_not_ready=CONCLUSIVE,
    ),
    _REACH.message(
        "etcd",
        "fatal",
        r":(?:2379|4001|2380)\b.{0,200}" + _NO_ANSWER + r"|etcd cluster is unavailable or misconfigured|"
        r"etcdserver: (?:request timed out|no leader)|(?:no|all) etcd \S{0,20} ?(?:endpoints?|members?).{0,40}"
        r"(?:fail|unreach|available)|etcd.{0,120}" + _NO_ANSWER,
        "2379|4001|2380|etcd",
        "The etcd datastore does not answer.",
        "dial tcp 172.16.5.117:2379: connect: connection refused",
        apiserver_unreachable=SPECIFIC,
        tls_certificate=FITS,
    ),
    _REACH.message(
        "etcd-tls-or-network",
        "fatal",
        r"grpc: timed out when dialing",
        "grpc: timed out",
        "etcd's client hides a failed TLS handshake behind a timeout: a wrong certificate path looks the same as a "
        "firewall.",
        "grpc: timed out when dialing",
        ("projectcalico/calico#1659",),
        tls_certificate=SUGGESTS,
        apiserver_unreachable=SUGGESTS,
    ),
    _REACH.message(
        "service-no-network",
        "fatal",
        _VIP + r".{0,200}network is unreachable",
        "network is unreachable",
        "The node has no route at all that covers the Service address. Routing comes before the Service's address "
        "translation, so kube-proxy cannot help.",
        "dial tcp 10.96.0.1:443: connect: network is unreachable",
        ("projectcalico/calico#8481",),
        apiserver_unreachable=SPECIFIC,
        kube_proxy_service_vip=FITS,
    ),
    _REACH.message(
        "service-address",
        "fatal",
        _VIP + r".{0,300}" + _NO_ANSWER + r"|" + _NO_ANSWER + r".{0,120}" + _VIP,
        _ANCHORS,
        "The API server's Service address does not answer from this node: kube-proxy has not programmed it, or the "
        "endpoint behind it is out of reach. Asking the endpoint directly decides.",
        'Post "https://10.96.0.1:443/api/v1/namespaces/kube-system/serviceaccounts/calico-node/token": '
        "dial tcp 10.96.0.1:443: i/o timeout",
        ("projectcalico/calico#8463", "projectcalico/calico#7122", "projectcalico/calico#7529"),
        apiserver_unreachable=SUGGESTS,
        kube_proxy_service_vip=SUGGESTS,
    ),
    _REACH.message(
        "proxy",
        "fatal",
        r"proxyconnect tcp|(?:HTTPS?_PROXY|https?_proxy|no_proxy).{0,120}(?:api|10\.|service|cluster)",
        "proxy",
        "The request goes through an HTTP proxy that does not lead to the API server.",
        "proxyconnect tcp: dial tcp 10.0.0.5:3128: i/o timeout",
        apiserver_unreachable=SPECIFIC,
    ),
    _REACH.message(
        "api-endpoint",
        "fatal",
        r"(?:[\d.]{7,15}|\[[0-9a-f:]{2,40}\]|[\w-]{1,60}(?:\.[\w-]{1,60}){0,6}):"
        + _API_PORT
        + r"\b.{0,300}"
        + _NO_ANSWER
        + r"|The connection to the server \S{1,100} was refused|apiserver (?:is )?(?:down|unreachable|not reachable)",
        _ANCHORS + "|apiserver",
        "An address of the API server itself does not answer; kube-proxy is not on the way to it.",
        "dial tcp 192.0.2.100:6443: connect: connection refused",
        apiserver_unreachable=SPECIFIC,
    ),
    _REACH.message(
        "name-resolution",
        "fatal",
        r"(?:lookup|resolv\w{0,12}) \S{1,120}.{0,120}(?:no such host|server misbehaving|i/o timeout|refused|failure)|"
        r"could not resolve host|temporary failure in name resolution",
        "no such host|server misbehaving|resolve host|name resolution|lookup ",
        "The name of the API server (or etcd) does not resolve on this node.",
        "dial tcp: lookup api.cluster.example on 192.0.2.53:53: no such host",
        apiserver_unreachable=SPECIFIC,
    ),
    _REACH.message(
        "probe-timeout",
        "probe",
        r"(?:Liveness|Readiness|Startup) probe (?:failed|errored).{0,200}(?:timed out|timeout|deadline exceeded)",
        "probe ",
        "A health probe took too long: the node is short of CPU, or the process hangs.",
        'Liveness probe failed: command "/bin/calico-node -felix-live" timed out',
        resource_pressure=SUGGESTS,
    ),
    _REACH.message(
        "runtime-timeout",
        "fatal",
        r"rpc error: code = (?:DeadlineExceeded|Unavailable).{0,200}",
        "rpc error: code =",
        "The container runtime does not answer the kubelet in time.",
        "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
        runtime_failure=SUGGESTS,
        resource_pressure=FITS,
    ),
    _REACH.message(
        "datastore-silent",
        "fatal",
        r"(?:datastore|calico client|cluster ?information|kubernetes (?:api|client)|https?://|api ?server|token|"
        r"client).{0,300}(?:context deadline exceeded|i/o timeout|timed out|Client\.Timeout|handshake timeout|"
        r"connection reset by peer|no route to host|network is unreachable|connection refused)|"
        r"Hit error connecting to datastore|dial tcp \S{3,80}: " + _NO_ANSWER,
        _ANCHORS + "|hit error connecting",
        "The datastore (API server or etcd) does not answer.",
        "startup.go 365: Hit error connecting to datastore - retry",
        ("projectcalico/calico#3092",),
        apiserver_unreachable=SUGGESTS,
        kube_proxy_service_vip=FITS,
        tls_certificate=FITS,
        unless=r"custom ?resource ?definition",
    ),
    _REACH.message(
        "cannot-connect",
        "fatal",
        r"(?:not able|unable|cannot|can't|could not|couldn't|fail\w{0,6}|error) (?:to )?(?:connect|reach|contact|dial|"
        r"access)\w{0,6}.{0,120}(?:2379|6443|8443|api ?-?server|etcd|kubernetes|control.?plane|master|datastore)",
        "connect|reach|contact|dial|access",
        "The control plane cannot be reached, says a program in its own words.",
        "Host [10.0.0.3] is not able to connect to the following ports: [10.0.0.2:2379, 10.0.0.2:6443]",
        unless=r"bird|typha|docker|containerd|\.sock",
        apiserver_unreachable=SUGGESTS,
        kube_proxy_service_vip=FITS,
    ),
    _REACH.message(
        "bare-timeout",
        "fatal",
        r"^(?:error: ?)?(?:dial tcp: )?" + _LATE + r"\.?$|i/o timeout",
        "timeout|deadline exceeded|timed out",
        "Something was not answered in time; the line does not say what.",
        "context deadline exceeded",
        apiserver_unreachable=SUGGESTS,
        kube_proxy_service_vip=FITS,
    ),
    _REACH.message(
        "no-route",
        "cause",
        r"\bno default (?:route|gateway)|(?:missing|without|lacks? (?:a |the )?)(?:default )?(?:route|gateway)|"
        r"network is unreachable|no route to host",
        "default route|default gateway|missing|without|lack|unreachable|no route",
        "The node lacks the route to the address it asks.",
        "the nodes have no default route",
        ("projectcalico/calico#8481",),
        apiserver_unreachable=SUGGESTS,
        kube_proxy_service_vip=FITS,
    ),
    _REACH.message(
        "stated-vip",
        "cause",
        r"(?:\d{1,3}\.){3}1\b.{0,120}(?:not (?:reach|access|respond|work|answer)\w{0,12}|unreach|no (?:response|"
        r"answer|access)|timed? ?out|timeout|fails?|hangs?|blocked|block)|(?:access|reach|connect|talk|ping|"
        r"curl)\w{0,12} (?:to )?(?:\d{1,3}\.){3}1\b|service (?:ip|vip|address|cidr).{0,80}(?:unreach|not reach|"
        r"timeout|fails?|blocked)",
        ".1|service",
        "Somebody says that the Service address of the API server does not answer.",
        "the workers cannot reach 10.96.0.1",
        unless=r"\b(?:is|are) (?:accessible|reachable)|\b(?:answers|succeeds|responds|works)\b",
        apiserver_unreachable=SUGGESTS,
        kube_proxy_service_vip=SUGGESTS,
    ),
    _REACH.message(
        "stated-firewall",
        "cause",
        r"\b(?:ufw|firewalld|firewall|security group|network acl|nsg)\b",
        "ufw|firewall|security group|network acl|nsg",
        "A packet filter between the nodes was named.",
        "local UFW firewall enabled",
        ("canonical/microk8s#1712",),
        apiserver_unreachable=FITS,
        bgp_not_ready=FITS,
        typha_unreachable=FITS,
    ),
)

KUBE_PROXY_TOPIC = Topic("kube-proxy")

KUBE_PROXY = (
    KUBE_PROXY_TOPIC.message(
        "kube-proxy-fails",
        "cause",
        r"kube-proxy\S{0,40}\s{1,20}\d{1,3}/\d{1,3}\s{1,20}(?!Running|Completed)[A-Z]\w{3,40}|"
        r"kube-?proxy\b.{0,120}(?:crash|not running|is down|missing|broken|fail|error|not (?:installed|deployed|"
        r"started)|disabled|stopped|wrong|misconfig)|(?:restart\w{0,12}|fix\w{0,12}|repair\w{0,12}|reinstall\w{0,12}) "
        r"(?:the )?kube-?proxy",
        "kube-proxy|kube proxy|kubeproxy",
        "kube-proxy itself is in trouble, so Service addresses are not programmed on this node.",
        "kube-proxy-x7k2p   0/1     CrashLoopBackOff   12 (2m ago)   40m",
        kube_proxy_service_vip=SPECIFIC,
    ),
    KUBE_PROXY_TOPIC.message(
        "proxier-error",
        "fatal",
        r"proxier\.go:\d{1,6}\].{0,60}(?:fail|error)|can't use (?:the )?ipvs proxier|(?:kube-proxy|proxier|"
        r"ipvs).{0,100}(?:failed to|error|cannot|can't)",
        "proxier|ipvs|kube-proxy",
        "kube-proxy could not write its rules.",
        'E0110 proxier.go:1523] "Failed to execute iptables-restore" err="exit status 4"',
        kube_proxy_service_vip=SPECIFIC,
        kernel_dataplane=FITS,
    ),
    KUBE_PROXY_TOPIC.message(
        "endpoint-answers",
        "cause",
        r"\bConnected to \S{1,100}.{0,60}port (?:6443|8443)\b|(?:6443|endpoint|api ?server (?:ip|address)|node ip|"
        r"master ip|control.plane ip).{0,80}\b(?:works?|ok|fine|answers?|responds?|succeeds?|reachable|returns? "
        r"(?:the )?version|200)\b",
        "6443|8443|endpoint|server ip|server address|node ip|master ip|plane ip",
        "The API server's own address answers from the node: then only the Service address can be at fault.",
        "curl -k https://192.0.2.100:6443/version works from the worker",
        kube_proxy_service_vip=SUGGESTS,
    ),
)
