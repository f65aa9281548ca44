"""The node's kernel or packet filter does not fit.

What it looks like
`iptables-legacy-save command failed`, `Couldn't load match`, `RPF check is set to 'loose'`, `Failed to load BPF
program`; felix restarts or stays unready.

Why it breaks
Modules are missing and cannot be loaded from inside the container, the iptables backend is another than the host's,
rp_filter is loose, or the kernel is too old for a feature.

How we know
The kernel's and iptables' words in Felix's log. Exit status 127 is another thing: the program is missing in the
image.

What rules it out
install-cni fails: it touches no packet filter.

Fix and its risk
Load or install the modules (modules-load.d), set the backend, change the kernel or switch the feature off.

References
projectcalico/calico#13499, #8745; projectcalico/felix#2360; felix/iptables/table.go@v3.27.0.
"""

from __future__ import annotations

from cnitui.domain.causes._words import NO_STAGE, WORDS, judge_words
from cnitui.domain.causes.base import Cause
from cnitui.domain.facts import Stage
from cnitui.domain.finding import Judgement, NextEvidence
from cnitui.domain.signs import Signs
from cnitui.domain.view import View

_ASK = (
    NextEvidence(
        'ssh {node} \'uname -r; lsmod | grep -E "ip_tables|nf_tables|xt_|ip_set|vxlan|ipip"; sysctl '
        "net.ipv4.conf.all.rp_filter'",
        "kernel, modules and the reverse path filter",
    ),
)
_STAGES: frozenset[Stage] = frozenset({"binaries"})


def judge(view: View) -> Judgement:
    """Words of kernel and packet filter; of install-cni's steps only a copy that the kernel does not support."""
    stages = _STAGES if view.need(Signs).of("kernel-copy") else NO_STAGE
    return judge_words(view, CAUSE.id, stages=stages, ask=_ASK)


CAUSE = Cause(
    "kernel-dataplane",
    "The node's kernel or packet filter does not fit",
    judge=judge,
    needs=(Signs,),
    uses=WORDS,
    fix="load the missing modules on {node}, set the iptables backend, or switch the feature off",
    family="network",
)
