"""What the API server shows in TLS, what pods are told to trust, and whose tokens it accepts.

Words: Go crypto/x509 verify.go and crypto/tls (go1.21, which built Calico v3.27.0); kubernetes
staging/src/k8s.io/apiserver pkg/endpoints/filters/authentication.go for the 401.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cnitui.lab.clock import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

CLUSTER_CA = "kubernetes"


@dataclass
class Trust:
    """The serving certificate of the nodes' API server, valid from `begins` for `lasts`, and the keys behind tokens.

    Administrators come by a load balancer that shows a certificate of its own.
    """

    begins: datetime
    lasts: timedelta = timedelta(days=365)
    issuer: str = CLUSTER_CA
    names_service: bool = True
    """Whether the Service's address is among the certificate's names, as kubeadm puts it there."""
    published_ca: str = CLUSTER_CA
    """Of the ConfigMap kube-root-ca.crt, which every pod gets."""
    signs_as_it_verifies: bool = True
    """Whether tokens are signed by the key that they are verified with."""

    def refusal(self, now: datetime, master: str) -> str:
        """What a pod's client says when it verifies the certificate at `now` of its own clock; "" when it trusts it."""
        problem = self._problem(now.replace(microsecond=0), master)
        return f"tls: failed to verify certificate: x509: {problem}" if problem else ""

    def _problem(self, now: datetime, master: str) -> str:
        current = f"certificate has expired or is not yet valid: current time {rfc3339(now)} is"
        if now < self.begins:
            return f"{current} before {rfc3339(self.begins)}"
        if now > self.begins + self.lasts:
            return f"{current} after {rfc3339(self.begins + self.lasts)}"
        if not self.names_service:
            return f"certificate is valid for {master}, not 10.96.0.1"
        return "" if self.issuer == self.published_ca else "certificate signed by unknown authority"
