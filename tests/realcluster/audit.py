"""What an API server's own audit log proves: every write it stored, by whom, of what.

Set aside is only what stores nothing: access reviews and dry runs. The control plane's own writes are left out by its
users' names; a service account outside kube-system is not among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

ADMIN = "kubernetes-admin"
Entry = Mapping[str, object]
_WRITING = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_CONTROL_PLANE = ("system:apiserver", "system:kube-", "system:serviceaccount:kube-system:", "system:node:")
_REVIEWS = frozenset({"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"})


@dataclass(frozen=True, slots=True)
class Write:
    """A write request that was answered: user, verb, `resource/name`, HTTP status, and the body where it is logged."""

    user: str
    verb: str
    target: str
    code: int
    body: object = None

    @property
    def told(self) -> tuple[str, str, str]:
        """User, verb and target."""
        return self.user, self.verb, self.target


def stored(entries: Iterable[Entry]) -> list[Write]:
    """The writes of everybody but the control plane that were no access review and no dry run, also refused ones."""
    return [write_of(entry) for entry in entries if _is_persons_write(entry) and not is_dry(entry) and not _asks(entry)]


def dry_runs(entries: Iterable[Entry]) -> list[Write]:
    """The dry runs of everybody but the control plane."""
    return [write_of(entry) for entry in entries if _is_persons_write(entry) and is_dry(entry)]


def is_dry(entry: Entry) -> bool:
    """Whether the server was told to store nothing."""
    return parse_qs(urlsplit(str(entry["requestURI"])).query).get("dryRun") == ["All"]


def write_of(entry: Entry) -> Write:
    """One entry; a created object is named only in what was answered."""
    about, answer = _map(entry.get("objectRef")), _map(entry.get("responseObject"))
    name = about.get("name") or _map(answer.get("metadata")).get("name", "")
    code = _map(entry.get("responseStatus")).get("code", 0)
    assert isinstance(code, int)
    return Write(_user(entry), str(entry["verb"]), f"{about.get('resource')}/{name}", code, entry.get("requestObject"))


def _is_persons_write(entry: Entry) -> bool:
    finished = entry["stage"] == "ResponseComplete" and entry["verb"] in _WRITING
    return finished and not _user(entry).startswith(_CONTROL_PLANE)


def _asks(entry: Entry) -> bool:
    return _map(entry.get("objectRef")).get("resource") in _REVIEWS


def _user(entry: Entry) -> str:
    return str(_map(entry.get("user")).get("username", ""))


def _map(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
