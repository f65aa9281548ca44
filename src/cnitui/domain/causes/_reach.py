"""The API server asked from the failing node by both of its addresses.

Not a cause.
"""

from __future__ import annotations

from cnitui.domain.facts import ApiEndpoints, ApiReach, Reach, ServiceRules
from cnitui.domain.finding import Evidence, NextEvidence
from cnitui.domain.variant import Variant
from cnitui.domain.view import View

REACH_FACTS: tuple[type[object], ...] = (ApiReach, ServiceRules, ApiEndpoints)
ASK_REACH = (
    NextEvidence(
        "ssh {node} 'curl -k -m 5 https://{service}/version; curl -k -m 5 https://{endpoint}/version'",
        "the Service address silent and the endpoint answering means kube-proxy, both silent the network",
    ),
    NextEvidence("kubectl -n kube-system get pods -l k8s-app=kube-proxy -o wide", "kube-proxy on the failing nodes"),
)
BY_THE_ENDPOINT = Variant("the API server's own address instead of the Service's", endpoint=True)
"""Takes away nothing but what kube-proxy does."""


def both_ways(view: View) -> tuple[Reach | None, Reach | None]:
    """What the Service address and the endpoint answered, each None when nobody asked."""
    reach = view.use(ApiReach)
    return (reach.service, reach.endpoint) if reach else (None, None)


def told(view: View, reach: Reach) -> Evidence:
    """What an attempt said, under the very command that made it."""
    return Evidence(reach.source or view.source(ApiReach).command, reach.raw or reach.outcome, reach.address)


def without_route(reach: Reach) -> bool:
    """Whether the node itself knows no way there (ENETUNREACH): routing comes before any rule of kube-proxy.

    `no route to host` is another thing: somebody on the way said so.
    """
    return reach.outcome == "unreachable" and "network is unreachable" in reach.raw.lower()


def silent(reach: Reach) -> bool:
    """Whether an address did not answer."""
    return reach.outcome in ("refused", "timeout", "unreachable")


def programmed(view: View) -> bool | None:
    """Whether the packet filter knows the Service address; None when that could not be told."""
    rules = view.use(ServiceRules)
    return rules.programmed if rules else None
