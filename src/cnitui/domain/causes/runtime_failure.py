"""The container runtime or the kubelet fails.

What it looks like
`RunContainerError`, `failed to create shim task`, `PLEG is not healthy`; a container that is healthy and still
killed; a node that stays NotReady with `cni plugin not initialized` although a valid configuration is there.

Why it breaks
The runtime lost its watch on a CNI directory that was deleted and made anew, uses another cgroup driver than the
kubelet, or is broken itself.

How we know
The runtime's own words; a configuration in place that the runtime does not see; a restart of the runtime as the cure.

What rules it out
The failing container ran and ended with an error of its own.

Fix and its risk
Repair the runtime's configuration, restart it. A restart of containerd keeps containers running, one of Docker may
not.

References
projectcalico/calico#8694, #7951; containerd documentation, CRI configuration.
"""

from __future__ import annotations

from cnitui.domain.causes._words import WORDS, claims, judge_words, started
from cnitui.domain.causes.base import Cause, possible
from cnitui.domain.facts import CniFiles
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "ssh {node} 'ls -l {net_dir}; sudo journalctl -u containerd -n 50 --no-pager'",
        "a valid configuration that the runtime does not see means the runtime",
    ),
)


def judge(view: View) -> Judgement:
    """Words of the runtime; a configuration in its place that the runtime does not see."""
    spoken = judge_words(view, CAUSE.id, ask=_ASK)
    if spoken.verdict.confident:
        return spoken
    unseen = _unseen_configuration(view)
    if unseen is not None:
        return unseen
    return spoken if claims(spoken) else started(view) or spoken


def _unseen_configuration(view: View) -> Judgement | None:
    """The runtime misses a configuration that is there: it lost its watch, or reads another directory."""
    signs = view.need(Signs)
    missed = signs.of("not-initialized")
    present = signs.of("config-present")
    files = view.use(CniFiles)
    quotes = [sign.evidence for sign in (*missed[:1], *present[:1])]
    if files is not None and any(name.endswith((".conf", ".conflist")) for name in files.configuration):
        quotes.append(view.quote(CniFiles, " ".join(files.configuration)))
    if not missed or len(quotes) < 2:
        return None
    return possible("the configuration is there and the runtime does not see it", *quotes, ask=_ASK, weight=2)


CAUSE = Cause(
    "runtime-failure",
    "The container runtime or the kubelet fails",
    judge=judge,
    needs=(Signs,),
    uses=(*WORDS, CniFiles),
    fix="repair the runtime's configuration on {node} (cgroup driver, CNI directories) and restart it",
    family="pod",
)
