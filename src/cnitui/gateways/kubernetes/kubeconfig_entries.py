"""What a kubeconfig file holds, and reading what its entries point to.

Shapes: kubernetes/client-go tools/clientcmd/api/v1/types.go@v0.35.4.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

import msgspec

from cnitui.errors import KubeconfigError

_LARGEST_PART = 2**20


class Part(msgspec.Struct, rename="kebab"):
    """Base of all: kebab-case in the file."""


class Cluster(Part):
    """How to reach an API server."""

    server: str | None = None
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    insecure_skip_tls_verify: bool | None = None
    tls_server_name: str | None = None
    proxy_url: str | None = None


class ExecVariable(Part):
    """An environment variable for an exec plugin."""

    name: str
    value: str = ""


class Exec(Part, rename="camel"):
    """A program that prints credentials."""

    command: str
    api_version: str = "client.authentication.k8s.io/v1"
    args: list[str] | None = None
    env: list[ExecVariable] | None = None
    install_hint: str | None = None
    interactive_mode: str | None = None
    provide_cluster_info: bool | None = None


class AuthProvider(Part):
    """The older way of login plugins; only oidc is left of it."""

    name: str = ""
    config: dict[str, str | None] | None = None


class User(Part):
    """How to say who we are."""

    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    token: str | None = None
    token_file: str | None = msgspec.field(name="tokenFile", default=None)
    username: str | None = None
    password: str | None = None
    impersonate: str | None = msgspec.field(name="as", default=None)
    impersonate_uid: str | None = msgspec.field(name="as-uid", default=None)
    impersonate_groups: list[str] | None = msgspec.field(name="as-groups", default=None)
    impersonate_extra: dict[str, list[str]] | None = msgspec.field(name="as-user-extra", default=None)
    exec: Exec | None = None
    auth_provider: AuthProvider | None = None


class Context(Part):
    """A cluster, a user and a namespace, by name."""

    cluster: str = ""
    user: str = ""
    namespace: str | None = None


class NamedCluster(Part):
    """A cluster in the list of clusters."""

    name: str
    cluster: Cluster | None = None


class NamedUser(Part):
    """A user in the list of users."""

    name: str
    user: User | None = None


class NamedContext(Part):
    """A context in the list of contexts."""

    name: str
    context: Context | None = None


class File(Part):
    """One kubeconfig file."""

    current_context: str | None = None
    clusters: list[NamedCluster] | None = None
    users: list[NamedUser] | None = None
    contexts: list[NamedContext] | None = None


def data_or_file(data: str | None, file: str | None, folder: Path, what: str) -> bytes:
    """The PEM of a `what-data` or `what` entry (data wins), empty when neither is there; raises KubeconfigError."""
    if data:
        try:
            return base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError) as error:
            raise KubeconfigError(f"{what}-data of the kubeconfig is no base64") from error
    return read_file(folder / file, what) if file else b""


def read_file(path: Path, what: str) -> bytes:
    """A file the kubeconfig names; raises KubeconfigError."""
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_PART)
    except OSError as error:
        raise KubeconfigError(
            f"The {what} {path} of the kubeconfig cannot be read: {error.strerror}", "Check the path in the kubeconfig"
        ) from error
