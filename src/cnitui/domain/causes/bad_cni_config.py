"""The CNI configuration is invalid, or another one comes first.

What it looks like
`is not a valid json object`, `unexpected end of JSON input`, `error parsing configuration`, placeholders such as
`__CNI_MTU__` left in the file, or a second network's file in /etc/cni/net.d.

Why it breaks
The template in the ConfigMap was edited or damaged, another installer rewrote the file, or the runtime takes the
first file by name, which is not Calico's.

How we know
The parser's words, of install-cni, kubelet or runtime; the listing of the directory.

What rules it out
install-cni stopped before it wrote a configuration.

Fix and its risk
Correct the template and let install-cni write the file again; remove the file of the network that is not wanted.
Removing the wrong one takes the node off the network.

References
projectcalico/cni-plugin#389; kmesh-net/kmesh#150; containernetworking/cni libcni.
"""

from __future__ import annotations

from cnitui.domain.causes._words import WORDS, judge_words
from cnitui.domain.causes.base import Cause
from cnitui.domain.facts import Stage
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        "ssh {node} 'ls -l {net_dir}; sudo cat {net_dir}/*.conf*'",
        "which files there are, and whether each is valid JSON",
    ),
)
_STAGES: frozenset[Stage] = frozenset({"kubeconfig", "configuration", "done"})


def judge(view: View) -> Judgement:
    """Words of a parser."""
    return judge_words(view, CAUSE.id, stages=_STAGES, ask=_ASK)


CAUSE = Cause(
    "bad-cni-config",
    "The CNI configuration is invalid, or another one comes first",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="correct the template (or remove the foreign file in {net_dir} on {node}) and let install-cni write it anew",
    family="configuration",
)
