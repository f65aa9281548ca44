"""What to do about each cause: the fix family of the catalogue as concrete steps with the observed names filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cnitui.domain.facts import ApiEndpoints, PodStatus
from cnitui.domain.finding import Evidence
from cnitui.domain.remedies.advice_steps import STEPS
from cnitui.domain.remedies.base import Fits, Remedy, Step
from cnitui.domain.remedies.cures import CURES
from cnitui.domain.remedies.situation import Situation


@dataclass(frozen=True, slots=True)
class Advice:
    """The steps against one cause on the nodes it was found on: `title` names it, `because` and `seen` are its proof.

    `fix` is what they come to, in one sentence. `cure` is the tool's own plan against this cause, None where it has
    none that fits here.
    """

    cause: str
    nodes: tuple[str, ...]
    steps: tuple[Step, ...]
    title: str = ""
    because: str = ""
    fix: str = ""
    seen: tuple[Evidence, ...] = ()
    cure: Remedy | None = None


def advice(cause: str, situation: Situation) -> Advice:
    """Steps for one cause, filled in for the first node it was found on; none for an id we do not know."""
    found = next((f for f in situation.diagnosis.findings if f.cause == cause and f.nodes), None)
    nodes = found.nodes if found else ()
    names = _names(situation, (nodes or situation.failing_nodes or ("NODE",))[0])
    filled = (Step(words.format_map(names), typed.format_map(names)) for words, typed in STEPS.get(cause, ()))
    if found is None:
        return Advice(cause, nodes, tuple(filled))
    judgement = found.judgement
    cure = CURES.get(cause)
    fitting = cure if cure is not None and isinstance(cure.fit(situation), Fits) else None
    seen = judgement.evidence_for
    return Advice(cause, nodes, tuple(filled), found.title, judgement.because, found.fix, seen, fitting)


_PLAIN = re.compile(r"[\w.:/@-]{1,256}", re.ASCII)
"""What may stand in a command unquoted, in two shells one after the other (ours and the node's)."""


def _names(situation: Situation, node: str) -> Mapping[str, str]:
    bin_dir, net_dir = situation.directories
    install, pod = situation.install, situation.case.value(PodStatus, node)
    spec = pod.spec(situation.container) if pod else None
    endpoints = situation.case.value(ApiEndpoints)
    service = endpoints.service if endpoints else ""
    observed = {
        "node": node,
        "pod": pod.name if pod else "",
        "namespace": situation.namespace,
        "daemonset": situation.daemonset_name,
        "container": situation.container,
        "bin_dir": bin_dir,
        "net_dir": net_dir,
        "version": install.version if install else "",
        "image": spec.image if spec else "",
        "service": service,
        "service_host": service.rpartition(":")[0],
    }
    return {name: value if _PLAIN.fullmatch(value) else name.upper() for name, value in observed.items()}
