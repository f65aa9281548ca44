"""The wizard's script, as data: what each step is called, why it matters, what a person would type, what it decides.

The order is the founding guide's; where the guide has none (5, 9, 11) or is wrong (3, 7), the step says what it misses.
Commands carry `{namespace}`, `{selector}`, `{pod}`, `{node}`, `{ssh}`, `{daemonset}`, `{bin_dir}`, `{net_dir}`, filled
in with the observed names.
"""

from __future__ import annotations

from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the guide; `causes` are those it can decide on."""

    number: int
    id: str
    title: str
    why: str
    commands: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()


STEPS: tuple[Step, ...] = (
    Step(
        1,
        "symptoms",
        "Symptoms",
        "What fails, where, and since when. Failing means that a container's attempts end in error; the status word "
        "of a moment changes between Init:Error, Init:CrashLoopBackOff and Init:1/3, and a node can be Ready "
        "meanwhile.",
        (
            "kubectl -n {namespace} get pods -l '{selector}' -o wide",
            "kubectl get nodes -o wide",
            "kubectl -n {namespace} describe pod {pod}",
        ),
        ("image-pull", "admission-denied", "mount-failure", "resource-pressure", "arch-mismatch", "runtime-failure"),
    ),
    Step(
        2,
        "reports",
        "Known reports",
        "Which known messages the logs and events hold, what each means, and the public reports that had it. A message "
        "names the step that failed; the last milestone before it rules out every theory about the steps before.",
        (
            "kubectl -n {namespace} logs {pod} -c install-cni",
            "kubectl -n {namespace} logs {pod} -c install-cni --previous",
        ),
        (
            "apiserver-unreachable",
            "kube-proxy-service-vip",
            "rbac-forbidden",
            "serviceaccount-token",
            "tls-certificate",
            "text-file-busy",
            "bad-cni-config",
            "missing-crds",
            "version-incompatibility",
        ),
    ),
    Step(
        3,
        "selinux",
        "SELinux contexts",
        "install-cni writes into the node's CNI directories. A confined process (container_t) may write only to "
        "container_file_t of its own level; a privileged or unlabelled one (spc_t) may write anywhere. Labels "
        "of the files alone do not tell: the directory, its parents, the process and the denials on record do.",
        (
            "{ssh} 'getenforce; ls -ldZ /opt/cni {bin_dir} /etc/cni {net_dir}; ls -lZ {bin_dir}'",
            "{ssh} 'sudo -n ausearch --input-logs -m avc -ts recent'",
        ),
        ("selinux-denial", "selinux-wrong-context"),
    ),
    Step(
        4,
        "compare",
        "Master against worker",
        "The same DaemonSet runs on every node, so what makes the difference is on the nodes. Only what "
        "differs is shown. That the master works and the workers do not proves nothing by itself.",
        ("kubectl describe node {node}", "{ssh} 'cat /etc/os-release; uname -r'"),
        (
            "read-only-filesystem",
            "disk-full",
            "host-permission",
            "cni-dir-mismatch",
            "stale-node-state",
            "kernel-dataplane",
        ),
    ),
    Step(
        5,
        "causes",
        "Other causes",
        "The same symptom has many causes. Each is confirmed, likely, possible, ruled out or undetermined, "
        "with the evidence for and against it.",
        (),
        (
            "typha-unreachable",
            "operator-managed",
            "ip-autodetection",
            "bgp-not-ready",
            "ip-pool-config",
            "unknown",
        ),
    ),
    Step(
        6,
        "root-cause",
        "Root cause",
        "The leading cause, how sure it is, what would disprove it, and what is still unknown.",
    ),
    Step(
        7,
        "choose",
        "Choose a solution",
        "What fits this cause and this installation, with its price; what does not fit, and why. The guide's "
        "own solutions are always listed.",
    ),
    Step(
        8,
        "preview",
        "Preview",
        "The exact change, from a server-side dry run or from what the nodes say. Nothing has been changed yet.",
    ),
    Step(
        9,
        "apply",
        "Apply",
        "The previewed change and nothing else, after you typed the context's name. Guards make it fail if the "
        "object or node has changed since the preview.",
    ),
    Step(
        10,
        "verify",
        "Verify",
        "The guide's four checks: pods, nodes, CNI files on the repaired nodes, and a test pod that is removed "
        "afterwards.",
        (
            "kubectl -n {namespace} get pods -l '{selector}' -o wide",
            "kubectl get nodes",
            "{ssh} 'ls -la {net_dir} {bin_dir}'",
        ),
    ),
    Step(
        11,
        "report",
        "Report",
        "What was found, what was done and what it changed, for the ticket and for the colleague who takes over.",
    ),
)
