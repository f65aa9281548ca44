"""The migration step by step: each with what to type, how to see that it worked, and how to go back from there.

The order is that of Calico's documentation, Migrate Calico to an operator-managed installation; what the operator does
in between is that of tigera/operator pkg/controller/migration/namespace_migration.go.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from cnitui.domain.operator.releases import Release
from cnitui.late_dataclass import dataclass

LABEL = "projectcalico.org/operator-node-migration"
PAUSE = "kubectl -n tigera-operator scale deployment tigera-operator --replicas=0"
GO_ON = "kubectl -n tigera-operator scale deployment tigera-operator --replicas=1"
NEVER = (
    (
        "kubectl delete -f calico.yaml",
        "it removes the CRDs, and with them every IP pool, allocation and policy: addresses are given out twice.",
    ),
    (
        "kubectl delete -f tigera-operator.yaml",
        "the same CRDs are in there or in operator-crds.yaml. To be rid of the operator, delete its namespace only.",
    ),
    (
        "kubectl delete installation default",
        "once the operator has taken Calico over, that uninstalls it.",
    ),
    (
        "kubectl edit daemonset -n kube-system calico-node",
        "nothing of Calico in kube-system may be changed while the operator works on it. Stop the operator first.",
    ),
    (
        "another Calico release in the same change",
        "the migration is supported within one release only. Upgrade before, or afterwards.",
    ),
)
"""What is never to be done, and why."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: `command` does it, `check` shows whether it worked and `expect` what that has to say.

    `back` says how to go back from there, `undo` is the command.
    """

    title: str
    words: str
    command: str = ""
    check: str = ""
    expect: str = ""
    back: str = ""
    undo: str = ""


def walk(release: Release | None, *, api_server: bool, folder: str = "") -> Iterator[Stage]:
    """The stages for one release; None when it is not known. `folder` is where the files are, "" for here."""
    yield Stage(
        "Nodes healthy, backup out of the cluster",
        "The migration waits for every calico-node pod, so all have to be ready. Copy the backup to another machine.",
        check="kubectl -n kube-system rollout status daemonset/calico-node --timeout=60s && kubectl get nodes",
        expect="successfully rolled out, every node Ready. Otherwise stop here and repair first.",
        back="Nothing has changed.",
    )
    yield from _operator(release)
    yield from _installation(folder)
    yield from _afterwards()
    if api_server:
        yield Stage(
            "The Calico API server, if you want it",
            "It serves projectcalico.org/v3 to kubectl, and the operator changes IP pools through it only.",
            f"kubectl create -f {_file(folder, 'apiserver.yaml')}",
            "kubectl get tigerastatus apiserver && kubectl get apiservice v3.projectcalico.org",
            "AVAILABLE True for both.",
            "It can be taken away again; pools and policies stay.",
            "kubectl delete apiserver default",
        )


def _file(folder: str, name: str) -> str:
    return shlex.quote(f"{folder.rstrip('/')}/{name}" if folder else name)


def _operator(release: Release | None) -> Iterator[Stage]:
    if release is None:
        yield Stage(
            "Get the operator's manifest of the Calico release that runs",
            "The release is not known to cnitui. Its manifests are beside the calico.yaml you installed from: "
            "operator-crds.yaml (from v3.30 on) and tigera-operator.yaml.",
            check="grep 'image: .*tigera/operator' tigera-operator.yaml",
            expect="An operator that belongs to your Calico: config/calico_versions.yml at its tag says which.",
            back="Nothing has changed.",
        )
    else:
        yield Stage(
            f"Get the operator's manifests of Calico {release.calico}",
            f"They have to be of the release that runs: operator {release.operator}.",
            "\n".join(f"curl -fLO {release.url(file)}" for file in release.files),
            "grep 'image: .*tigera/operator' tigera-operator.yaml",
            f"tigera/operator:{release.operator}",
            "Nothing has changed.",
        )
    files = release.files if release else ("operator-crds.yaml", "tigera-operator.yaml")
    yield Stage(
        "Install the operator and its CRDs",
        "Server-side, because the CRDs are too large for kubectl apply. The operator does nothing without an "
        "Installation.",
        "\n".join(f"kubectl apply --server-side --force-conflicts -f {file}" for file in files),
        "kubectl -n tigera-operator rollout status deployment/tigera-operator --timeout=5m\n"
        "kubectl get crd installations.operator.tigera.io",
        "successfully rolled out, and the CRD is there.",
        "Delete the operator's namespace. Leave the CRDs: the files hold Calico's own as well.",
        "kubectl delete namespace tigera-operator",
    )


def _installation(folder: str) -> Iterator[Stage]:
    file = _file(folder, "installation.yaml")
    yield Stage(
        "Let the server judge the Installation",
        "Nothing is stored. Read the file before: a field you take away is filled in by the operator.",
        f"kubectl create --dry-run=server -f {file}",
        expect="installation.operator.tigera.io/default created (server dry run)",
        back="Nothing has changed.",
    )
    yield Stage(
        "Begin the migration",
        "From here on the operator works: it reads the running Calico, adds what this Installation does not say, and "
        "takes it over. It first deletes kube-controllers of kube-system, labels all nodes pre-operator and gives "
        "calico-node of kube-system that selector, which restarts each of its pods once.",
        f"kubectl create -f {file}",
        "kubectl get tigerastatus calico && kubectl describe tigerastatus calico",
        "PROGRESSING True. DEGRADED with MigrationError: the operator refuses something; it says what, has touched "
        "nothing, and tries again by itself once that is put right.",
        "Only while it says MigrationError, when nothing has been taken over:",
        f"{PAUSE}\nkubectl delete installation default",
    )
    yield Stage(
        "Watch it take over node by node",
        f"Each node's label {LABEL} changes from pre-operator to migrated, and its pod from kube-system to "
        "calico-system. A node whose pod does not become ready holds up all others, which go on running as before.",
        check=f"kubectl get nodes -L {LABEL}\n"
        "kubectl get pods -A -l k8s-app=calico-node -o wide\n"
        "kubectl -n tigera-operator logs deployment/tigera-operator --tail=20",
        expect="On every node one calico-node pod, 1/1, in kube-system or in calico-system.",
        back="Calico documents none. Both DaemonSets select by the label, so as long as that of kube-system is there a "
        "node can be given back, with the operator stopped first:",
        undo=f"{PAUSE}\nkubectl label node NODE {LABEL}=pre-operator --overwrite",
    )


def _afterwards() -> Iterator[Stage]:
    yield Stage(
        "The migration is complete",
        "The operator removes DaemonSet, Typha and the migration's labels from kube-system by itself.",
        check="kubectl get tigerastatus\n"
        "kubectl -n calico-system rollout status daemonset/calico-node --timeout=60s\n"
        "kubectl -n kube-system get daemonset calico-node",
        expect="AVAILABLE True and DEGRADED False everywhere; the last command says NotFound.",
        back="There is no documented way back from here.",
    )
    yield Stage(
        "Nothing was lost",
        "Pools and policies have to be as they were; allocations may have gone on changing.",
        check="kubectl get ippools.crd.projectcalico.org -o yaml\n"
        "kubectl get globalnetworkpolicies.crd.projectcalico.org,networkpolicies.crd.projectcalico.org -A -o name "
        "| wc -l\n"
        "kubectl run cnitui-check --rm -i --restart=Never --image=busybox:1.36 -- "
        "nslookup kubernetes.default.svc.cluster.local",
        expect="The pools of backup/ippools.crd.projectcalico.org.json, as many policies as in the backup, and an "
        "answer of the cluster's DNS to a new pod.",
        back="A pool or policy that is gone is put back from its file in backup/ with kubectl apply -f.",
    )
