"""The API server (or etcd) cannot be reached from the node.

What it looks like
`Unable to create token for CNI kubeconfig … i/o timeout`, `connection refused`, `no route to host`, `network is
unreachable`, about 30 s after the binaries were written. Control-plane nodes run, workers do not: a control-plane
node reaches itself.

Why it breaks
From v3.23.2 the installer asks the API server for a token. A firewall between worker and control plane, a missing
route, a wrong advertised address, a proxy, or a wrong `kubernetes-services-endpoint` keep the answer away.

How we know
The API server's own address (port 6443, or etcd's 2379) does not answer from the failing node. A timeout of the
Service address alone does not tell it from kube-proxy; `network is unreachable` at once does: the node has no route
there at all, whatever the rules say.

What rules it out
The endpoint answers from the failing node; the server answered with words of its own (forbidden, Unauthorized, x509);
install-cni stopped before it asked.

Fix and its risk
Open, route or correct the endpoint: TCP 6443 from workers to the control plane, a default route, the right advertise
address. Changing the advertise address restarts the API server.

References
projectcalico/calico#8463, #7122, #7529, #8481; projectcalico/calico node/pkg/cni/token_watch.go@v3.27.0.
"""

from __future__ import annotations

from cnitui.domain.causes._reach import ASK_REACH, REACH_FACTS, both_ways, silent, told, without_route
from cnitui.domain.causes._words import API_STAGES, WORDS, judge_words, stopped_elsewhere
from cnitui.domain.causes.base import Cause, confirmed, possible, ruled_out
from cnitui.domain.finding import Judgement
from cnitui.domain.signs import Signs
from cnitui.domain.view import View


def judge(view: View) -> Judgement:
    """The endpoint asked from the node, when somebody asked it; else what the log says."""
    elsewhere = stopped_elsewhere(view, API_STAGES)
    if elsewhere:
        return elsewhere
    spoken = judge_words(view, CAUSE.id, ask=ASK_REACH)
    service, endpoint = both_ways(view)
    if endpoint is None or not spoken.evidence_for:
        return _doubted(view, spoken)
    quote = told(view, endpoint)
    if service is not None and without_route(service):
        because = f"the node has no route to the Service address {service.address}: its default route is missing"
        return confirmed(because, told(view, service), *spoken.evidence_for)
    if silent(endpoint):
        return confirmed(
            f"the API server's own address {endpoint.address} does not answer from here", quote, *spoken.evidence_for
        )
    if endpoint.outcome != "answered":
        return spoken
    also = " and so does its Service address by now" if service and service.outcome == "answered" else ""
    return ruled_out(f"the API server's own address {endpoint.address} answers from here{also}", quote)


def _doubted(view: View, spoken: Judgement) -> Judgement:
    """Weaker, when somebody says that the endpoint answers."""
    answers = view.need(Signs).of("endpoint-answers", "endpoint-said-to-answer")
    if not answers or spoken.verdict.value != "possible":
        return spoken
    return possible(spoken.because, *spoken.evidence_for, against=(answers[0].evidence,), ask=ASK_REACH)


CAUSE = Cause(
    "apiserver-unreachable",
    "The API server cannot be reached from the node",
    judge=judge,
    needs=(Signs,),
    uses=(*WORDS, *REACH_FACTS),
    fix="open, route or correct the way from {node} to the API server's endpoint",
    family="control-plane",
)
