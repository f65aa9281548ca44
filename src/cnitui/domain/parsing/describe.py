"""`kubectl describe pod`, as far as a diagnosis needs it: identity and the state of each container."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from cnitui.domain.facts import ContainerStatus, PodStatus, Run
from cnitui.domain.parsing.lines import numbered

_FIELD = re.compile(r"(?P<indent> {0,12})(?P<key>[A-Z][\w ]{0,40}):(?:\s+(?P<value>\S.{0,300}))?")
_CONTAINER = re.compile(r"  (?P<name>[a-z0-9][\w.-]{0,62}):")
_SECTION = re.compile(r"(?P<name>[A-Z][\w -]{0,40}):.*")
_TIME = "%a, %d %b %Y %H:%M:%S %z"
_States = Literal["waiting", "running", "terminated", ""]
_STATE: Mapping[str, _States] = {"Waiting": "waiting", "Running": "running", "Terminated": "terminated"}


@dataclass(slots=True)
class _Container:
    name: str
    init: bool
    part: str = ""
    words: dict[str, str] = field(default_factory=dict)


def parse_describe(text: str) -> PodStatus | None:
    """The pod that was described; None when this is no description of a pod with containers."""
    head: dict[str, str] = {}
    containers: list[_Container] = []
    section = ""
    for _, line in numbered(text):
        opened = _SECTION.fullmatch(line)
        section = opened["name"] if opened else section
        if section in ("Init Containers", "Containers"):
            _read_container(line, section, containers)
        elif opened:
            key, _, value = line.partition(":")
            head.setdefault(key, value.strip())
    if not containers or "Name" not in head:
        return None
    return _pod(head, tuple(map(_status, containers)))


def containers_described(text: str) -> tuple[ContainerStatus, ...]:
    """The containers alone, from an excerpt that lacks the head of the description."""
    containers: list[_Container] = []
    for _, line in numbered(text):
        name = re.fullmatch(r"\s{0,4}(?P<name>[a-z0-9][\w.-]{0,62}):", line)
        if name and "-" in name["name"]:
            containers.append(_Container(name["name"], name["name"] in _INIT_NAMES))
        elif containers:
            _read_field(line, containers[-1])
    return tuple(status for status in map(_status, containers) if status.state)


_INIT_NAMES = frozenset({"install-cni", "upgrade-ipam", "mount-bpffs", "flexvol-driver", "ebpf-bootstrap"})


def _read_container(line: str, section: str, containers: list[_Container]) -> None:
    name = _CONTAINER.fullmatch(line)
    if name:
        containers.append(_Container(name["name"], section == "Init Containers"))
    elif containers:
        _read_field(line, containers[-1])


def _read_field(line: str, container: _Container) -> None:
    found = _FIELD.match(line)
    if found is None:
        return
    key, value = found["key"], (found["value"] or "").strip()
    if key in ("State", "Last State"):
        container.part = key
        container.words[key] = value
    elif key in ("Reason", "Message", "Exit Code", "Signal", "Started", "Finished") and container.part:
        container.words.setdefault(f"{container.part} {key}", value)
    else:
        container.part = "" if key in ("Ready", "Restart Count") else container.part
        container.words.setdefault(key, value)


def _status(container: _Container) -> ContainerStatus:
    words = container.words
    state = _STATE.get(words.get("State", ""), "")
    status = ContainerStatus(
        name=container.name,
        init=container.init,
        image=words.get("Image", ""),
        ready=words.get("Ready") == "True",
        restart_count=int(words.get("Restart Count", "0")) if words.get("Restart Count", "0").isdigit() else 0,
        state=state,
    )
    if state == "waiting":
        reason, message = words.get("State Reason", ""), words.get("State Message", "")
        status = replace(status, waiting_reason=reason, waiting_message=message)
    else:
        status = replace(status, current=_run(words, "State", words.get("Container ID", "")))
    return replace(status, last=_run(words, "Last State", ""))


def _run(words: Mapping[str, str], part: str, container_id: str) -> Run | None:
    if words.get(part) not in ("Terminated", "Running"):
        return None
    code = words.get(f"{part} Exit Code", "")
    return Run(
        container_id=container_id,
        started_at=_time(words.get(f"{part} Started", "")),
        finished_at=_time(words.get(f"{part} Finished", "")),
        exit_code=int(code) if code.isdigit() else None,
        reason=words.get(f"{part} Reason", ""),
        message=words.get(f"{part} Message", ""),
    )


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _TIME).astimezone(UTC)
    except ValueError:
        return None


def _pod(head: Mapping[str, str], containers: tuple[ContainerStatus, ...]) -> PodStatus:
    ordinary = [container for container in containers if not container.init]
    return PodStatus(
        namespace=head.get("Namespace", ""),
        name=head["Name"],
        uid="",
        node=head.get("Node", "").partition("/")[0].replace("<none>", ""),
        status=head.get("Reason", "") if head.get("Status") == "Failed" else "",
        phase=head.get("Status", ""),
        ready=sum(container.ready for container in ordinary),
        total=len(ordinary),
        restarts=sum(container.restart_count for container in containers),
        created_at=_time(head.get("Start Time", "")),
        owner=head.get("Controlled By", ""),
        containers=containers,
    )
