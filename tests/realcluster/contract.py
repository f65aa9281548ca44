"""The two servers that must keep one contract: plain HTTPS, no Kubernetes client in between."""

from __future__ import annotations

import base64
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml

JSON = "application/json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"

DEFAULT = "/api/v1/namespaces/default"
MAPS, PODS = f"{DEFAULT}/configmaps", f"{DEFAULT}/pods"
SETS = "/apis/apps/v1/namespaces/default/daemonsets"
SYSTEM = "/api/v1/namespaces/kube-system"
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is decoded where it is JSON."""

    code: int
    headers: dict[str, str]
    body: Any

    @property
    def told(self) -> tuple[int, str, str]:
        """Code, reason and message of a Status."""
        body = self.body if isinstance(self.body, dict) else {"message": self.body}
        return self.code, body.get("reason", ""), body.get("message", "")


@dataclass
class Server:
    """One API server and its users, by kubeconfig."""

    name: str
    folder: Path
    sessions: dict[str, tuple[str, aiohttp.ClientSession]] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    """Paths to delete at the end."""

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        kind: str = JSON,
        *,
        user: str = "admin",
        accept: str = JSON,
        **query: str,
    ) -> Answer:
        """One request, to its end."""
        async with self.open(method, path, body, kind, user=user, accept=accept, **query) as answer:
            raw = await answer.read()
            try:
                decoded = json.loads(raw)
            except ValueError:
                decoded = raw.decode(errors="replace")
            return Answer(answer.status, dict(answer.headers), decoded)

    def open(
        self,
        method: str,
        path: str,
        body: object = None,
        kind: str = JSON,
        *,
        user: str = "admin",
        accept: str = JSON,
        **query: str,
    ) -> Any:
        """The same to be read as a stream."""
        url, session = self._session(user)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": kind, "Accept": accept}
        return session.request(method, url + path, data=data, headers=headers, params=query)

    async def create(self, path: str, body: dict[str, Any]) -> Any:
        """A new object, removed at the end."""
        self.made.append(f"{path}/{body['metadata']['name']}")
        answer = await self.call("POST", path, body)
        assert answer.code == 201, answer
        return answer.body

    def _session(self, user: str) -> tuple[str, aiohttp.ClientSession]:
        if user not in self.sessions:
            self.sessions[user] = _connected(self.folder / f"{user}.kubeconfig")
        return self.sessions[user]

    async def close(self) -> None:
        """Removes what was made, and lets go."""
        for path in self.made:
            await self.call("DELETE", path, {"gracePeriodSeconds": 0})
        for _, session in self.sessions.values():
            await session.close()


@contextlib.asynccontextmanager
async def serving(name: str, folder: Path) -> AsyncIterator[Server]:
    """A server by the folder of its kubeconfigs."""
    server = Server(name, folder)
    try:
        yield server
    finally:
        await server.close()


def _connected(kubeconfig: Path) -> tuple[str, aiohttp.ClientSession]:
    config = yaml.safe_load(kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # OpenSSL asks more of an authority than Go does
    headers = {"User-Agent": "contract/1.0"}
    if "token" in user:
        headers["Authorization"] = f"Bearer {user['token']}"
    else:
        pair = kubeconfig.with_suffix(".contract.pem")
        pair.touch(mode=0o600)
        pair.write_bytes(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
        context.load_cert_chain(pair)
        pair.unlink()
    connector = aiohttp.TCPConnector(ssl=context)
    return cluster["server"], aiohttp.ClientSession(connector=connector, headers=headers)


# --- objects ---------------------------------------------------------------------------------------------------------


def config_map(name: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": labels}, "data": {"k": "v"}}


def pod(name: str) -> dict[str, Any]:
    """A pod that nobody schedules."""
    containers = {"initContainers": [{"name": "i", "image": "i"}, {"name": "j", "image": "i"}]}
    return {
        "metadata": {"name": name},
        "spec": {"schedulerName": "nobody", "containers": [{"name": "c", "image": "i"}], **containers},
    }


def daemon_set(name: str) -> dict[str, Any]:
    """One that fits on no node."""
    spec = {
        "nodeSelector": {"no": "where"},
        "initContainers": [{"name": "i", "image": "i"}, {"name": "j", "image": "j"}],
        "containers": [
            {"name": "c", "image": "c", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
             "ports": [{"containerPort": 80}], "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
        ],
        "volumes": [{"name": "v", "hostPath": {"path": "/v"}}],
        "tolerations": [{"operator": "Exists"}],
    }  # fmt: skip
    template = {"metadata": {"labels": {"a": "b"}}, "spec": spec}
    return {"metadata": {"name": name}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}}


def template(**fields: Any) -> dict[str, Any]:
    """A patch of a workload's pod template."""
    return {"spec": {"template": {"spec": fields}}}
