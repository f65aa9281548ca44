"""The lab's users and their kubeconfigs."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from cnitui.lab.api import pki
from cnitui.lab.machine.users import ADMIN, NO_LOGS, VIEW, User

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cnitui.lab.jsontypes import Object

ADMIN_USER = "kubernetes-admin"
_CREDENTIALS = "client.authentication.k8s.io/v1"
_FILES = {
    "viewer": "viewer",
    "no-logs": "no-logs",
    "nobody": "nobody",
    "token": "token-admin",
    "token-expired": "token-expired",
}
"""Kubeconfig to user, for those that sign in with a token."""


def accounts(new_token: Callable[[], str]) -> dict[str, User]:
    """Everyone the API knows: an administrator with a certificate, the others with tokens."""
    listed = (
        User(ADMIN_USER, ("kubeadm:cluster-admins", "system:masters"), ADMIN),
        User("token-admin", ("system:masters",), ADMIN, new_token()),
        User("viewer", (), VIEW, new_token()),
        User("no-logs", (), NO_LOGS, new_token()),
        User("nobody", (), (), new_token()),
        User("token-expired", ("system:masters",), ADMIN, new_token(), expired=True),
    )
    return {user.name: user for user in listed}


def write_kubeconfigs(directory: Path, url: str, ca: pki.Pair, users: dict[str, User]) -> None:
    """Writes NAME.kubeconfig for each, ca.crt, and admin's token for curl and for those that fetch it."""
    authority = ca.certificate_pem
    pair = pki.client(ca, ADMIN_USER, users[ADMIN_USER].groups)
    admin: Object = {"client-certificate-data": _base64(pair.certificate_pem), "client-key-data": _base64(pair.key_pem)}
    _write(directory, "admin", url, authority, ADMIN_USER, admin)
    for name, user in _FILES.items():
        _write(directory, name, url, authority, user, {"token": users[user].token})
    write_tokens(directory, users)
    _write(directory, "plugin", url, authority, "token-admin", {"exec": _plugin(directory)})
    _write(directory, "token-file", url, authority, "token-admin", {"tokenFile": str(directory / "token")})
    stranger = pki.authority("another cluster").certificate_pem
    _write(directory, "wrong-ca", url, stranger, ADMIN_USER, admin)
    (directory / "ca.crt").write_bytes(authority)


def write_tokens(directory: Path, users: dict[str, User]) -> None:
    """Admin's token of this moment, as a file and as a credential plugin's answer."""
    token = users["token-admin"].token
    _private(directory / "token", token + "\n")
    answer = {"apiVersion": _CREDENTIALS, "kind": "ExecCredential", "status": {"token": token}}
    _private(directory / "credential.json", json.dumps(answer) + "\n")


def _plugin(directory: Path) -> Object:
    """A login whose token can be fetched anew: the plugin is `cat`."""
    return {
        "apiVersion": _CREDENTIALS,
        "command": "cat",
        "args": [str(directory / "credential.json")],
        "interactiveMode": "Never",
    }


def _write(directory: Path, name: str, url: str, authority: bytes, user: str, credentials: Object) -> None:
    cluster = {"server": url, "certificate-authority-data": _base64(authority)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": cluster}],
        "users": [{"name": user, "user": credentials}],
        "contexts": [{"name": f"{user}@lab", "context": {"cluster": "lab", "user": user}}],
        "current-context": f"{user}@lab",
        "preferences": {},
    }
    _private(directory / f"{name}.kubeconfig", json.dumps(config, indent=2) + "\n")


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
