"""Kubeconfig files: found, merged and checked as kubectl does, with errors that name file and key.

Merged here and not by `kubernetes.aio`, whose merger lets the last file's current-context win; in kubectl the first
file to say something wins (kubernetes/client-go tools/clientcmd/loader.go@v0.35.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec

from cnitui.domain.exchange import NamedContext
from cnitui.errors import ConfigurationError, KubeconfigError
from cnitui.gateways.documents import load_yaml
from cnitui.gateways.kubernetes.kubeconfig_entries import Cluster, Context, File, NamedCluster, NamedUser, User
from cnitui.gateways.kubernetes.plain import one_line
from cnitui.late_dataclass import dataclass

_LARGEST_FILE = 16 * 2**20
_MOST_NAMES = 20
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True)
class Target:
    """One context, resolved: whom we talk to, as whom; relative paths start at the folder of the file they are in.

    Its repr shows no part of cluster and user, which hold secrets.
    """

    context: str
    namespace: str
    cluster_name: str
    user_name: str
    cluster: Cluster = field(repr=False)
    user: User = field(repr=False)
    cluster_folder: Path
    user_folder: Path
    origin: str
    """The file that holds the context, or "in-cluster"."""


def load_target(paths: Sequence[Path], context: str, environment: Mapping[str, str]) -> Target:
    """The context to use; without any kubeconfig file the pod's own service account; raises KubeconfigError."""
    files = _files(paths)
    if not files:
        return _in_cluster(paths, environment)
    name = context or next((file.current_context for _, file in files if file.current_context), "")
    contexts = _first_of((path, file.contexts) for path, file in files)
    if not name:
        raise KubeconfigError(
            f"{_names(paths)} names no current-context", f"Choose one with --context: {_listed(contexts)}"
        )
    origin, chosen = _chosen(contexts, name, "context", origin=_names(paths))
    wanted = chosen.context or Context()
    clusters = _first_of((path, file.clusters) for path, file in files)
    cluster_path, cluster = _chosen(clusters, wanted.cluster, f"cluster of context {one_line(name, 100)!r}", origin)
    if cluster.cluster is None or not _is_address(cluster.cluster.server or ""):
        raise KubeconfigError(
            f"Cluster {one_line(wanted.cluster, 100)!r} in {cluster_path} names no server",
            "Its server must be an address such as https://10.0.0.1:6443",
        )
    users = _first_of((path, file.users) for path, file in files)
    user_path, user = (
        _chosen(users, wanted.user, f"user of context {one_line(name, 100)!r}", origin)
        if wanted.user
        else (origin, NamedUser(""))
    )
    return Target(
        context=name,
        namespace=wanted.namespace or "",
        cluster_name=wanted.cluster,
        user_name=wanted.user,
        cluster=cluster.cluster,
        user=user.user or User(),
        cluster_folder=Path(cluster_path).parent,
        user_folder=Path(user_path).parent,
        origin=str(origin),
    )


def named_contexts(paths: Sequence[Path]) -> tuple[NamedContext, ...]:
    """All contexts by name, whether they can be used or not; none without any file. Raises KubeconfigError."""
    files = _files(paths)
    clusters = _first_of((path, file.clusters) for path, file in files)
    contexts = _first_of((path, file.contexts) for path, file in files)
    return tuple(_named(name, contexts[name][1].context or Context(), clusters) for name in sorted(contexts))


def _named(name: str, context: Context, clusters: Mapping[str, tuple[Path, NamedCluster]]) -> NamedContext:
    found = clusters[context.cluster][1].cluster if context.cluster in clusters else None
    return NamedContext(name, (found.server or "") if found is not None else "", context.namespace or "")


def _is_address(server: str) -> bool:
    try:
        parts = urlsplit(server)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


# --- reading --------------------------------------------------------------------------------------------------------


def _files(paths: Sequence[Path]) -> list[tuple[Path, File]]:
    """Those that are there, each read once."""
    read = ((path, _read(path)) for path in dict.fromkeys(paths))
    return [(path, file) for path, file in read if file is not None]


def _read(path: Path) -> File | None:
    """The file's content, None when there is no such file; pipes such as /dev/fd/63 can be read once."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_FILE + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KubeconfigError(f"{path} cannot be read: {error.strerror}", "Check the file's owner and mode") from error
    if len(text) > _LARGEST_FILE:
        raise KubeconfigError(f"{path} is too large for a kubeconfig", "Choose another file with --kubeconfig")
    try:
        return msgspec.convert(load_yaml(text, str(path)) or {}, File)
    except msgspec.ValidationError as error:
        raise KubeconfigError(f"{path} is no kubeconfig: {one_line(str(error), 300)}") from error
    except ConfigurationError as error:
        raise KubeconfigError(one_line(error.what), error.next_step) from error


# --- choosing -------------------------------------------------------------------------------------------------------


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def _first_of(files: Iterable[tuple[Path, Sequence[N] | None]]) -> dict[str, tuple[Path, N]]:
    """Entries by name; the first file that has a name wins."""
    found: dict[str, tuple[Path, N]] = {}
    for path, entries in files:
        for entry in entries or ():
            found.setdefault(entry.name, (path, entry))
    return found


def _chosen(entries: Mapping[str, tuple[Path, N]], name: str, what: str, origin: object) -> tuple[Path, N]:
    if name in entries:
        return entries[name]
    raise KubeconfigError(f"The {what} is {one_line(name, 100)!r}, which {origin} does not have", _listed(entries))


def _listed(entries: Mapping[str, object]) -> str:
    if not entries:
        return "There are none"
    names = ", ".join(one_line(name, 100) for name in sorted(entries)[:_MOST_NAMES])
    more = len(entries) - _MOST_NAMES
    return f"There are: {names}{f' and {more} more' if more > 0 else ''}"


def _names(paths: Sequence[Path]) -> str:
    return ", ".join(map(str, paths))


# --- in a pod -------------------------------------------------------------------------------------------------------


def _in_cluster(paths: Sequence[Path], environment: Mapping[str, str]) -> Target:
    host, port = environment.get("KUBERNETES_SERVICE_HOST", ""), environment.get("KUBERNETES_SERVICE_PORT", "")
    token = SERVICE_ACCOUNT / "token"
    if not (host and port and token.exists()):
        raise KubeconfigError(
            f"No kubeconfig found: {_names(paths)} does not exist",
            "Name one with --kubeconfig or KUBECONFIG, or try the built-in lab: cnitui demo",
        )
    address = f"[{host}]" if ":" in host else host
    return Target(
        context="in-cluster",
        namespace=_text_of(SERVICE_ACCOUNT / "namespace"),
        cluster_name="in-cluster",
        user_name="service account of this pod",
        cluster=Cluster(server=f"https://{address}:{port}", certificate_authority=str(SERVICE_ACCOUNT / "ca.crt")),
        user=User(token_file=str(token)),
        cluster_folder=SERVICE_ACCOUNT,
        user_folder=SERVICE_ACCOUNT,
        origin="in-cluster",
    )


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
