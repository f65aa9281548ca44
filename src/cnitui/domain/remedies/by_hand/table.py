"""The steps of `advice` where too little was seen to say more, as data: cause id to (words, command).

One table on purpose, although long: each row is the accepted fix family of one id of the taxonomy, and a test holds it
against the catalogue. `{node}`, `{pod}`, `{namespace}`, `{daemonset}`, `{container}`, `{bin_dir}`, `{net_dir}`,
`{version}`, `{image}`, `{service}` and `{service_host}` are filled in.
"""

from __future__ import annotations

from collections.abc import Mapping

_RESTART = ("Start the pod afresh, so that its back-off ends", "kubectl -n {namespace} delete pod {pod}")
_SSH = "ssh {node} "

STEPS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "selinux-denial": (
        ("Run {container} privileged, as the stock manifests do (remedy patch-daemonset)", ""),
        ("or only free of SELinux: seLinuxOptions.type spc_t (remedy selinux-type)", ""),
        (
            "or extend the policy by what was denied, after reading it",
            _SSH + "'sudo ausearch -m avc --input-logs -ts recent | audit2allow -M calico-install'",
        ),
        ("Do not switch SELinux off", ""),
    ),
    "selinux-wrong-context": (
        ("Give the directories the type meant for them (remedy relabel)", ""),
        ("Install or update the policy package (container-selinux, rke2-selinux, k3s-selinux)", ""),
        ("Where files carry another pod's categories, reset them", _SSH + "sudo restorecon -RFv {bin_dir} {net_dir}"),
        _RESTART,
    ),
    "read-only-filesystem": (
        ("See which mount is read-only", _SSH + "findmnt -T {bin_dir}"),
        (
            "If it is an immutable system, point Calico at a writable CNI directory, in the DaemonSet and the runtime",
            "",
        ),
        ("If it became read-only after an error, look at the kernel log before remounting", _SSH + "dmesg"),
        _RESTART,
    ),
    "host-permission": (
        ("See owner, mode and attributes", _SSH + "'stat {bin_dir} {net_dir}; lsattr -d {bin_dir} {net_dir}'"),
        ("Give the directories back to root", _SSH + "sudo chown root:root {bin_dir} {net_dir}"),
        ("Make them writable for their owner", _SSH + "sudo chmod 755 {bin_dir} {net_dir}"),
        ("Take an immutable flag away", _SSH + "sudo chattr -i {bin_dir} {net_dir}"),
        _RESTART,
    ),
    "text-file-busy": (
        ("Find who runs the binary", _SSH + "sudo fuser -v {bin_dir}/calico"),
        ("Let it end, or restart the kubelet's stuck CNI call; the next attempt then succeeds", ""),
        ("Use a release whose installer renames instead of overwriting (v3.28.1 and later)", ""),
        _RESTART,
    ),
    "disk-full": (
        ("See what is full: space or inodes", _SSH + "'df -h {bin_dir}; df -i {bin_dir}'"),
        ("Find the largest directories", _SSH + "'sudo du -xh / 2>/dev/null | sort -h | tail'"),
        ("Remove unused images", _SSH + "sudo crictl rmi --prune"),
        ("Free or enlarge it, then rotate logs so that it stays free", _SSH + "sudo journalctl --vacuum-size=200M"),
        _RESTART,
    ),
    "mount-failure": (
        ("Read which volume cannot be set up", "kubectl -n {namespace} describe pod {pod}"),
        ("Create the missing host path", _SSH + "sudo mkdir -p {bin_dir} {net_dir}"),
        ("For mount propagation, make the mount shared", _SSH + "sudo mount --make-rshared /"),
        ("Create the missing Secret or ConfigMap in {namespace}, or make the volume optional", ""),
    ),
    "image-pull": (
        ("Read the registry's answer", "kubectl -n {namespace} describe pod {pod}"),
        ("Try it on the node", _SSH + "sudo crictl pull {image}"),
        ("Add registry credentials (imagePullSecrets), a mirror, or load the image on the node beforehand", ""),
    ),
    "arch-mismatch": (
        ("Compare the node's architecture with the image's", "kubectl get node {node} -o wide -L kubernetes.io/arch"),
        ("Use a multi-architecture image, or another CPU model for the virtual machine (x86-64-v2)", ""),
    ),
    "admission-denied": (
        ("Read who refused the pod", "kubectl -n {namespace} get events --field-selector reason=FailedCreate"),
        (
            "Allow privileged pods in Calico's namespace",
            "kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=privileged --overwrite",
        ),
        ("or except {daemonset} in the policy, security context constraint or webhook that refused it", ""),
    ),
    "runtime-failure": (
        ("Read the kubelet's and the runtime's log", _SSH + "sudo journalctl -u kubelet -u containerd -n 200"),
        ("Correct the runtime's configuration (cgroup driver, CNI directories), then restart it", ""),
        ("Restart the runtime if it lost its watch on {net_dir}", _SSH + "sudo systemctl restart containerd"),
    ),
    "resource-pressure": (
        ("See what is short", "kubectl describe node {node}"),
        ("See whether the container was killed for memory", "kubectl -n {namespace} describe pod {pod}"),
        ("Raise the limits or probe timeouts, or move load away from the node", ""),
    ),
    "rbac-forbidden": (
        (
            "Ask whether the installer may do it",
            "kubectl auth can-i create serviceaccounts/token --as system:serviceaccount:{namespace}:calico-node",
        ),
        ("Apply the ClusterRole and binding of this release ({version}); they must fit the image", ""),
        (
            "Since v3.26 the token is of ServiceAccount calico-cni-plugin: it and its role must exist",
            "kubectl -n {namespace} get serviceaccount calico-cni-plugin",
        ),
    ),
    "serviceaccount-token": (
        ("Give the pod a new token", "kubectl -n {namespace} delete pod {pod}"),
        ("If that does not help, check the API server's service account issuer and keys, and the clocks", ""),
        ("Let Calico manage its kubeconfig: remove a copied one", _SSH + "sudo rm {net_dir}/calico-kubeconfig"),
    ),
    "tls-certificate": (
        ("Compare the clocks", _SSH + "timedatectl"),
        ("Read the certificates' dates", "kubeadm certs check-expiration"),
        ("Renew what expired and restart the components that use it", "kubeadm certs renew all"),
        ("Synchronise the clocks (chronyd) where they differ", ""),
    ),
    "apiserver-unreachable": (
        ("Try the API from the node", _SSH + "curl -k --max-time 5 https://{service}/version"),
        (
            "Look at the route and the firewall between node and API server (TCP 6443)",
            _SSH + "ip route get {service_host}",
        ),
        (
            "Correct the endpoint, if the ConfigMap kubernetes-services-endpoint names one",
            "kubectl -n {namespace} get configmap kubernetes-services-endpoint -o yaml",
        ),
        _RESTART,
    ),
    "kube-proxy-service-vip": (
        (
            "See whether kube-proxy runs on the node",
            "kubectl -n kube-system get pods -l k8s-app=kube-proxy -o wide --field-selector spec.nodeName={node}",
        ),
        ("Read why not", "kubectl -n kube-system logs -l k8s-app=kube-proxy --prefix --tail=50"),
        ("Repair it (mode, iptables/nft/IPVS backend, kernel modules); its replacement likewise", ""),
        _RESTART,
    ),
    "typha-unreachable": (
        ("See Typha's pods and addresses", "kubectl -n {namespace} get pods,endpoints -l k8s-app=calico-typha -o wide"),
        ("Open TCP 5473 between the nodes", _SSH + "timeout 5 bash -c '</dev/tcp/TYPHA_ADDRESS/5473'"),
        ("Restart Typha", "kubectl -n {namespace} rollout restart deployment/calico-typha"),
    ),
    "missing-crds": (
        ("See which are there", "kubectl get crd -o name"),
        ("Apply the CRDs of release {version}; never delete the old ones", "kubectl apply --server-side -f crds.yaml"),
    ),
    "version-incompatibility": (
        ("Compare manifest, image and Kubernetes versions", "kubectl -n {namespace} get daemonset {daemonset} -o wide"),
        ("Move to a release that supports this Kubernetes, manifest and images together", ""),
    ),
    "bad-cni-config": (
        ("List what the runtime reads: the first file by name wins", _SSH + "sudo ls -la {net_dir}"),
        (
            "Correct cni_network_config in the ConfigMap if the JSON is wrong",
            "kubectl -n {namespace} get configmap calico-config -o yaml",
        ),
        ("Move a competing file of another plugin away, then restart {daemonset}'s pod on {node}", ""),
        _RESTART,
    ),
    "cni-dir-mismatch": (
        ("See where the runtime looks", _SSH + "'sudo crictl info | grep -iE \"bindir|confdir\"'"),
        ("Use the same directories on both sides; Calico writes to {bin_dir} and {net_dir}", ""),
        ("Change the runtime's configuration and restart it, or the DaemonSet's cni-bin-dir and cni-net-dir", ""),
    ),
    "operator-managed": (
        ("See what the operator says", "kubectl get tigerastatus"),
        ("Change the Installation, not the DaemonSet", "kubectl edit installation default"),
        ("If it does nothing, repair it", "kubectl -n tigera-operator logs deploy/tigera-operator"),
    ),
    "stale-node-state": (
        ("Compare the node's name with Calico's records", _SSH + "cat /var/lib/calico/nodename"),
        ("Remove old CNI files of another plugin", _SSH + "sudo ls -la {net_dir} {bin_dir}"),
        ("Release what belongs to nodes that are gone", "calicoctl ipam check --show-problem-ips"),
        _RESTART,
    ),
    "ip-autodetection": (
        ("See which address was chosen", "kubectl -n {namespace} logs {pod} -c calico-node"),
        (
            "Name the interface or network to use",
            "kubectl -n {namespace} set env daemonset/{daemonset} IP_AUTODETECTION_METHOD=kubernetes-internal-ip",
        ),
    ),
    "bgp-not-ready": (
        ("See the sessions on the node", _SSH + "sudo calicoctl node status"),
        ("Allow TCP 179 between the nodes and through what lies between", ""),
        ("or use VXLAN, which needs no BGP", ""),
    ),
    "ip-pool-config": (
        ("Look at pools and their use", "calicoctl ipam show --show-blocks"),
        (
            "Pools must lie in the cluster's pod network and overlap no host or service network",
            "kubectl get ippools -o yaml",
        ),
        ("Release leaked addresses", "calicoctl ipam check --show-problem-ips"),
    ),
    "kernel-dataplane": (
        ("See what is missing", "kubectl -n {namespace} logs {pod} -c calico-node"),
        ("Load the modules", _SSH + "sudo modprobe -a ip_set xt_set vxlan ipip"),
        ("Match the iptables backend to the host's (FELIX_IPTABLESBACKEND), or switch the failing feature off", ""),
    ),
    "unknown": (
        ("Change nothing yet: the evidence does not decide", ""),
        ("Read the last attempt", "kubectl -n {namespace} logs {pod} -c {container} --timestamps"),
        ("Look at the node", _SSH + "'getenforce; ls -lZd {bin_dir} {net_dir}; findmnt -T {bin_dir}; df -h {bin_dir}'"),
    ),
}
