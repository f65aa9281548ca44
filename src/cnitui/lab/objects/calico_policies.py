"""A Calico policy that closes hosts: host endpoints, a policy without a way out, and no failsafe ports.

Shapes: projectcalico/calico api/pkg/apis/projectcalico/v3 hostendpoint.go, globalnetworkpolicy.go, felixconfig.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.objects.resources import GLOBAL_NETWORK_POLICIES, HOST_ENDPOINTS

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.objects.resources import Resource

NO_FAILSAFE: dict[str, object] = {"failsafeInboundHostPorts": [], "failsafeOutboundHostPorts": []}


def closed_hosts() -> list[tuple[Resource, Object]]:
    """A host endpoint that stands for every worker, and a policy for it that allows DNS and nothing else out."""
    endpoint = {"metadata": {"name": "workers-eth0", "labels": {"role": "worker"}}}
    endpoint["spec"] = {"interfaceName": "eth0", "node": "worker-01"}
    dns = {"action": "Allow", "protocol": "UDP", "destination": {"ports": [53]}}
    policy: Object = {"metadata": {"name": "default.lock-workers"}}
    policy["spec"] = {"order": 10, "selector": "role == 'worker'", "types": ["Egress"], "egress": [dns]}
    return [(HOST_ENDPOINTS, endpoint), (GLOBAL_NETWORK_POLICIES, policy)]
