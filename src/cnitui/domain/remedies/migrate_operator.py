"""migrate-operator: the documented in-place migration to the Tigera operator, and never a deletion.

`kubectl delete -f calico.yaml` removes the CRDs, and with them every IP pool, IPAM block and policy: pods keep
addresses that IPAM then hands out again. The operator takes over a running kube-system installation by itself
(tigera/operator pkg/controller/migration).
"""

from __future__ import annotations

from cnitui.domain.listing import listed
from cnitui.domain.plan import DoesNotFit
from cnitui.domain.remedies.base import Fit, Fits, Remedy, Step, command
from cnitui.domain.remedies.situation import Situation

ID = "migrate-operator"


def _fit(situation: Situation) -> Fit:
    method = situation.install.method if situation.install else ""
    if method == "operator":
        return DoesNotFit(ID, "the operator manages this Calico already")
    if method == "canal":
        return DoesNotFit(ID, "the operator's migration converts a kube-system calico-node, not canal")
    if situation.failing_nodes:
        nodes = listed(situation.failing_nodes)
        return DoesNotFit(
            ID, f"repair {nodes} first: the migration goes node by node and waits for each; it cures nothing by itself"
        )
    return Fits(ID, "for later: an operator keeps the DaemonSet as it should be")


def _paths_note(situation: Situation) -> Step:
    bin_dir, net_dir = situation.directories
    words = "It refuses CNI directories other than /opt/cni/bin and /etc/cni/net.d"
    if (bin_dir, net_dir) == ("/opt/cni/bin", "/etc/cni/net.d"):
        return Step(f"{words}; here they are those, and CNI_CONF_NAME must be 10-calico.conflist")
    return Step(f"{words}; here they are {bin_dir} and {net_dir}, so it would refuse")


def _steps(situation: Situation) -> tuple[Step, ...]:
    version = (situation.install.version if situation.install else "") or "the version that runs now"
    return (
        Step(
            "Back up what must not be lost",
            "kubectl get ippools,ipamblocks,blockaffinities,ipamhandles,felixconfigurations,bgpconfigurations,bgppeers,"
            "globalnetworkpolicies,networkpolicies.crd.projectcalico.org -A -o yaml > calico-backup.yaml",
        ),
        Step(
            f"Never run kubectl delete -f calico.yaml: it deletes the CRDs and with them all of that. Stay at {version}"
        ),
        _paths_note(situation),
        Step(
            "Create the operator of the same Calico release, from v3.30 on operator-crds.yaml first",
            command("kubectl", "create", "-f", "tigera-operator.yaml"),
        ),
        Step(
            "Create an empty Installation: the operator reads pools and settings from the running Calico",
            "kubectl create -f - <<'EOF'\napiVersion: operator.tigera.io/v1\nkind: Installation\n"
            "metadata:\n  name: default\nspec: {}\nEOF",
        ),
        Step("Watch it take over node by node", command("kubectl", "get", "tigerastatus", "--watch")),
        Step(
            "Nodes already taken over carry the label", "kubectl get nodes -L projectcalico.org/operator-node-migration"
        ),
    )


REMEDY = Remedy(
    id=ID,
    guide="Solution 3",
    title="Migrate to the Tigera operator, in place",
    summary="Hands the running Calico over to the operator, node by node, keeping pools, policies and allocations.",
    trade_offs=(
        "In the long run the operator repairs a DaemonSet that somebody edited.",
        "No gain for this problem: the operator's install-cni is privileged exactly as the stock manifest's is.",
        "Needs healthy nodes: repair them first.",
        "Namespace, labels and the way to change settings are others afterwards (Installation, not DaemonSet).",
        "There is no documented way back.",
    ),
    risk="high: the whole network of the cluster changes hands; plan it as a change of its own",
    blast_radius="every node, one after the other",
    undo="",
    fit=_fit,
    steps=_steps,
    correction=(
        "The guide deletes the manifest first. That removes the CRDs and with them every IP pool, allocation and "
        "Calico policy: duplicate pod addresses and open traffic. Its operator v3.27.2 does not match v3.27.0, and its "
        "pool 10.244.0.0/16 must lie within the cluster's own pod network, or the operator degrades."
    ),
)
