"""kube-proxy did not program the API server's Service address on the node.

What it looks like
The same timeout or refusal of the Service address (10.96.0.1:443 by default) as apiserver-unreachable; `ping` may
answer all the same. Asking the endpoint itself works.

Why it breaks
The Service address exists only as rules that kube-proxy (or its replacement) writes on every node. Without them, or
with rules in the wrong packet filter backend, nothing translates it.

How we know
From the failing node the endpoint answers and the Service address does not; the packet filter holds no rule for it;
kube-proxy itself fails there.

What rules it out
The Service address answers; the node has no route to it (`network is unreachable`, at once); the rules are there and
the endpoint is silent; the log names another fault; install-cni stopped before it asked the API server; no container
was started at all, for the kubelet does not use that address.

Fix and its risk
Repair kube-proxy on the node (its pod, its kubeconfig, the iptables, nft or IPVS backend). Restarting it rewrites all
rules of the node.

References
projectcalico/calico#8463; kubernetes documentation, Virtual IPs and Service proxies.
"""

from __future__ import annotations

from cnitui.domain.causes._reach import (
    ASK_REACH,
    BY_THE_ENDPOINT,
    REACH_FACTS,
    both_ways,
    programmed,
    silent,
    told,
    without_route,
)
from cnitui.domain.causes._words import API_STAGES, WORDS, judge_words, never_started, stopped_elsewhere
from cnitui.domain.causes.base import Cause, confirmed, likely, possible, ruled_out, undetermined
from cnitui.domain.facts import Reach, ServiceRules
from cnitui.domain.finding import Judgement
from cnitui.domain.signs import Signs
from cnitui.domain.view import View


def judge(view: View) -> Judgement:
    """Service address and endpoint asked from the node, then the rules, then what the log says."""
    elsewhere = stopped_elsewhere(view, API_STAGES) or never_started(view)  # the kubelet does not use that address
    if elsewhere:
        return elsewhere
    spoken = judge_words(view, CAUSE.id, ask=ASK_REACH)
    service, endpoint = both_ways(view)
    if not spoken.evidence_for:
        return spoken
    if service is not None and service.outcome == "answered":
        return ruled_out(f"the Service address {service.address} answers from here", told(view, service))
    if service is not None and without_route(service):
        return ruled_out(
            "the node has no route to the Service address: that comes before any rule", told(view, service)
        )
    return _from_endpoint(view, spoken, endpoint) or _endpoint_said_to_answer(view, spoken) or _from_rules(view, spoken)


def _endpoint_said_to_answer(view: View, spoken: Judgement) -> Judgement | None:
    signs = view.need(Signs)
    answers = signs.of("endpoint-answers", "endpoint-said-to-answer")
    if not answers or spoken.verdict.confident or not signs.of("service-address"):
        return None
    because = "the Service address does not answer and the endpoint is said to"
    quotes = (answers[0].evidence, *spoken.evidence_for)
    if not signs.of("endpoint-answers"):
        return possible(because, *quotes, ask=ASK_REACH, weight=2)
    return likely(because, *quotes, ask=ASK_REACH)


def _from_endpoint(view: View, spoken: Judgement, endpoint: Reach | None) -> Judgement | None:
    if endpoint is None or (endpoint.outcome != "answered" and not silent(endpoint)):
        return None
    quote = told(view, endpoint)
    if endpoint.outcome == "answered":
        return confirmed(
            f"the endpoint {endpoint.address} answers from here, the Service address does not",
            quote,
            *spoken.evidence_for,
        )
    if programmed(view) is True:
        rules = view.quote(ServiceRules, "the Service address is in the packet filter")
        return ruled_out("its rules are there; it is the endpoint that does not answer", rules, quote)
    return undetermined(f"the endpoint {endpoint.address} does not answer either, which hides it", quote)


def _from_rules(view: View, spoken: Judgement) -> Judgement:
    rules = view.use(ServiceRules)
    if rules is None or rules.programmed is not False:
        return spoken
    quote = view.quote(ServiceRules, rules.raw or f"no rule for {rules.address}")
    return likely(
        f"the packet filter of the node has no rule for {rules.address}", quote, *spoken.evidence_for, ask=ASK_REACH
    )


CAUSE = Cause(
    "kube-proxy-service-vip",
    "kube-proxy did not program the API server's address",
    judge=judge,
    needs=(Signs,),
    uses=(*WORDS, *REACH_FACTS),
    fix="repair kube-proxy (or its replacement) on {node}: its pod, its kubeconfig, its packet filter backend",
    family="control-plane",
    variant=BY_THE_ENDPOINT,
)
