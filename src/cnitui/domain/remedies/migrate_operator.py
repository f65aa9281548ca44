"""migrate-operator: the documented in-place migration to the Tigera operator, and never a deletion.

`kubectl delete -f calico.yaml` removes the CRDs, and with them every IP pool, IPAM block and policy: pods keep
addresses that IPAM then hands out again. The operator takes over a running kube-system installation by itself
(tigera/operator pkg/controller/migration).
"""

from __future__ import annotations

from collections.abc import Iterator

from cnitui.domain.evidence import Observed, Source
from cnitui.domain.listing import listed
from cnitui.domain.operator.assessment import Assessment, assess
from cnitui.domain.operator.observation import CALICO_NODE, Objects, Observation
from cnitui.domain.operator.releases import release_of
from cnitui.domain.operator.walk import NEVER, Stage, walk
from cnitui.domain.plan import DoesNotFit
from cnitui.domain.remedies.base import Fit, Fits, Remedy, Step, command
from cnitui.domain.remedies.situation import Situation

ID = "migrate-operator"
FOLDER = "calico-operator"
_UNKNOWN = "Which operator belongs to this Calico is not known, and not guessed"


def _fit(situation: Situation) -> Fit:
    method = situation.install.method if situation.install else ""
    if method == "operator":
        return DoesNotFit(ID, "the operator manages this Calico already")
    if method == "canal":
        return DoesNotFit(ID, "the operator's migration converts a kube-system calico-node, not canal")
    refusal = _refusal(situation)
    if situation.failing_nodes:
        nodes = listed(situation.failing_nodes)
        why = f"repair {nodes} first: the migration goes node by node and waits for each; it cures nothing by itself"
        return DoesNotFit(ID, f"{why}; and {refusal}" if refusal else why)
    if refusal:
        return DoesNotFit(ID, refusal)
    return Fits(ID, "for later: an operator keeps the DaemonSet as it should be")


def _refusal(situation: Situation) -> str:
    refused = _assessed(situation).refused
    if not refused:
        return ""
    others = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
    quote = f": {refused[0].quote}" if refused[0].quote else ""
    return f"the operator would refuse this installation: {refused[0].why}{quote}{others}"


def _assessed(situation: Situation) -> Assessment:
    """What the DaemonSet alone says; `cnitui operator` reads pools and all else as well."""
    found = situation.daemonset_object
    if found is None:
        return Assessment("", None, (), {})
    # A DaemonSet elsewhere is none that the operator looks for.
    there = (situation.namespace, situation.daemonset_name) == (CALICO_NODE.namespace, CALICO_NODE.name)
    source = Source(f"kubectl -n {situation.namespace} get daemonset {situation.daemonset_name} -o yaml")
    return assess(Observation({CALICO_NODE: Observed(Objects((found,) if there else ()), source)}))


def _steps(situation: Situation) -> tuple[Step, ...]:
    found = _assessed(situation)
    release = found.release or release_of(situation.install.version if situation.install else "")
    told = f"Calico {release.calico} belongs to operator {release.operator}" if release else _UNKNOWN
    minded = (Step(f"Mind, {check.about}: {check.why}") for check in found.standing("mind"))
    return (
        Step(
            f"Write plan, Installation and backup, made of what is observed; nothing in the cluster changes. {told}",
            command("cnitui", "operator", FOLDER),
        ),
        Step(f"Check: it exits 0. What it refuses the operator would refuse; {FOLDER}/README.md has all that follows"),
        *minded,
        *(Step(f"Never {what}: {why}") for what, why in NEVER),
        *(step for stage in walk(release, api_server=True, folder=FOLDER) for step in _typed(stage)),
    )


def _typed(stage: Stage) -> Iterator[Step]:
    """A stage as one or two steps: what to do, and how to see that it worked."""
    yield Step(f"{stage.title}: {stage.words}", stage.command)
    if stage.check or stage.expect:
        yield Step(f"Check: {stage.expect}", stage.check)


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
