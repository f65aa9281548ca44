"""What a machine's network does with a connection to the API server, and what stands on its interfaces."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

REACHABLE = "ok"
API_PORT, BGP_PORT, TYPHA_PORT = 6443, 179, 5473


@dataclass(frozen=True)
class Interface:
    """A link with an IPv4 address."""

    name: str
    address: str


@dataclass
class Network:
    """How this node reaches the API server: each of `ok`, `timeout`, `refused`, `unreachable`, `noroute`."""

    service: str = REACHABLE
    endpoint: str = REACHABLE
    rules_written: datetime | None = None
    """When kube-proxy wrote the NAT rule of 10.96.0.1; it does when it starts, and syncs in full seldom after that."""
    flushed: datetime | None = None
    """When somebody emptied the packet filter."""
    iptables_works: bool = True
    conntrack_writable: bool = True
    """Whether kube-proxy may set the size of the connection table, as it does before anything else."""
    default_route: bool = True
    dropped: set[int] = field(default_factory=set)
    """TCP ports that a firewall between this node and the others drops, in both directions."""
    felix_drops: set[int] = field(default_factory=set)
    """TCP ports of other hosts that rules of Felix drop; they stay in the kernel while Felix does not run."""
    interfaces: list[Interface] = field(default_factory=list)

    @property
    def service_rules(self) -> bool:
        """Whether the NAT rule of 10.96.0.1 is there."""
        return self.rules_written is not None and (self.flushed is None or self.flushed < self.rules_written)

    def through_service(self) -> str:
        """What a connection to 10.96.0.1:443 meets.

        Routing comes before any rule (ENETUNREACH without a route); without the rule it leaves by the default route
        and is lost.
        """
        if not self.default_route:
            return "unreachable"
        if not self.service_rules:
            return "timeout"
        return self.service if self.service != REACHABLE else self.to_endpoint()

    def to_endpoint(self) -> str:
        """What a connection to the API server's own address meets."""
        return "timeout" if self.closed(API_PORT) else self.endpoint

    def closed(self, port: int) -> bool:
        """Whether packets to that port of another node are lost."""
        return port in self.dropped or port in self.felix_drops
