"""A service account with the rights of some manifests and no others, and what the audit log says of its requests."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.rbac import Right, kind, text_of
from tests.realcluster.audit import Entry
from tests.realcluster.conftest import RealCluster

ONCALL = "oncall"
"""The name of its kubeconfig, as `admin` is one."""


@dataclass(frozen=True)
class Account:
    """A user of the cluster, as its only kubeconfig, and where the audit log was before it asked for anything."""

    real: RealCluster
    user: str
    begun: int

    @property
    def entries(self) -> Sequence[Entry]:
        """The audit log since then, of everybody."""
        return self.real.audited()[self.begun :]

    @property
    def used(self) -> set[Right]:
        """The rights that it made use of."""
        return {_right(entry) for entry in self._own if _code(entry) < 300}

    @property
    def refused(self) -> set[Right]:
        """The rights that it lacked."""
        return {_right(entry) for entry in self._own if _code(entry) == 403}

    @property
    def _own(self) -> Sequence[Entry]:
        return [entry for entry in self.entries if _map(entry["user"])["username"] == self.user]


@contextmanager
def account_with(real: RealCluster, folder: Path, *manifests: str) -> Iterator[Account]:
    """The account, made as docs/rbac tells; account and rights are taken back at the end."""
    namespace = f"oncall-{secrets.token_hex(3)}"
    file = folder / "rights.yaml"
    file.write_text(text_of(*manifests, group=f"system:serviceaccounts:{namespace}"))
    real.kubectl("create", "namespace", namespace)
    real.kubectl("-n", namespace, "create", "serviceaccount", "cnitui")
    real.kubectl("apply", "-f", str(file))
    try:
        (folder / f"{ONCALL}.kubeconfig").write_text(_kubeconfig(real, namespace))
        user = f"system:serviceaccount:{namespace}:cnitui"
        yield Account(replace(real, kubeconfigs=folder), user, len(real.audited()))
    finally:
        real.kubectl("delete", "-f", str(file))
        real.kubectl("delete", "namespace", namespace, "--wait=false")


def _kubeconfig(real: RealCluster, namespace: str) -> str:
    config = json.loads(real.kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
    token = real.kubectl("-n", namespace, "create", "token", "cnitui")
    config["users"][0]["user"] = {"token": token.strip()}
    return json.dumps(config)


def _right(entry: Entry) -> Right:
    """`("get", "pods/log")`; what is no object of the API is told by its path."""
    about = _map(entry.get("objectRef"))
    if not about:
        return str(entry["verb"]), str(entry["requestURI"])
    resource = "/".join(filter(None, (str(about.get("resource")), str(about.get("subresource", "")))))
    return str(entry["verb"]), kind(str(about.get("apiGroup", "")), resource)


def _code(entry: Entry) -> int:
    code = _map(entry.get("responseStatus")).get("code", 0)
    assert isinstance(code, int)
    return code


def _map(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
