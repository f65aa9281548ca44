"""One request, understood: which resource, which verb, whose, with which options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnitui.lab.api.errors import ApiError, invalid, no_such_path
from cnitui.lab.machine.users import User, forbidden
from cnitui.lab.objects.resources import BY_PATH, NAMESPACES, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


@dataclass(frozen=True)
class Call:
    """A resource request; `body` is raw, `query` single-valued."""

    method: str
    path: str
    resource: Resource
    namespace: str
    name: str
    subresource: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    user: User
    body: bytes = b""
    warnings: list[str] = field(default_factory=list)
    """Sent with the answer, as `Warning` headers."""

    @property
    def watching(self) -> bool:
        return self.query.get("watch", "") in ("1", "true", "True")

    @property
    def verb(self) -> str:
        """Kubernetes' request verb."""
        if self.method == "GET":
            if self.watching and not self.name:
                return "watch"
            return "get" if self.name else "list"
        if self.method == "DELETE":
            return "delete" if self.name else "deletecollection"
        return _VERBS.get(self.method, self.method.lower())

    @property
    def full_resource(self) -> str:
        """With its subresource, as rules name it."""
        return self.resource.plural + (f"/{self.subresource}" if self.subresource else "")

    @property
    def dry_run(self) -> bool:
        """`dryRun=All`; 422 for anything else given."""
        value = self.query.get("dryRun", "")
        if value not in ("", "All"):
            cause = ("dryRun", f'Unsupported value: ["{value}"]: supported values: "All"')
            raise invalid(f"{self.verb.removesuffix('collection').capitalize()}Options", "meta.k8s.io", "", [cause])
        return value == "All"


def is_served(path: str) -> bool:
    """Whether a path lies in one of the groups and versions that the lab has."""
    parts = path.strip("/").split("/")
    group = ("", parts[1]) if parts[0] == "api" and len(parts) > 1 else tuple(parts[1:3]) if parts[0] == "apis" else ()
    return any(group == (known, version) for known, version, _ in BY_PATH)


def not_served(method: str, path: str, user: User) -> ApiError:
    """403 for those who may not ask there, else the page (no Status) that the server has for paths of nobody."""
    parts = path.strip("/").split("/")
    verb = _VERBS.get(method, method.lower())
    if parts[0] == "apis" and len(parts) >= 4:
        group, rest = parts[1], parts[3:]
        namespace, rest = (rest[1], rest[2:]) if rest[0] == "namespaces" and len(rest) > 2 else ("", rest)
        plural, name = rest[0], rest[1] if len(rest) > 1 else ""
        verb = "list" if verb == "get" and not name else verb
        if not user.may(verb, group, plural):
            return forbidden(user, verb, group, plural, namespace, name)
    elif not user.may(verb, "", path):
        return ApiError(403, f'forbidden: User "{user.name}" cannot {verb} path "{path}"', details={})
    return ApiError(404, "404 page not found", plain=True)


def split_path(path: str) -> tuple[Resource, str, str, str]:
    """(resource, namespace, name, subresource) of a resource path; 404 for any other."""
    parts = [part for part in path.split("/") if part]
    if len(parts) >= 3 and parts[:2] == ["api", "v1"]:
        group, version, rest = "", "v1", parts[2:]
    elif len(parts) >= 4 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        raise no_such_path()
    namespace = ""
    if rest[0] == "namespaces" and not group and len(rest) <= 2:
        return NAMESPACES, "", rest[1] if len(rest) == 2 else "", ""
    if rest[0] == "namespaces" and len(rest) == 3 and rest[2] in NAMESPACES.subresources:
        return NAMESPACES, "", rest[1], rest[2]
    if rest[0] == "namespaces" and len(rest) >= 3:
        namespace, rest = rest[1], rest[2:]
    resource = BY_PATH.get((group, version, rest[0]))
    if resource is None or len(rest) > 3 or (namespace and not resource.namespaced):
        raise no_such_path()
    name = rest[1] if len(rest) > 1 else ""
    subresource = rest[2] if len(rest) > 2 else ""
    if subresource and subresource not in resource.subresources:
        raise no_such_path()
    return resource, namespace, name, subresource
