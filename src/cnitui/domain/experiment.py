"""A controlled experiment on one failing node: the failing container as it is, and again with one thing changed.

The control has to fail as the container does in the DaemonSet; else the experiment says what differs and proves
nothing. Control fails and variant succeeds: that one thing is what matters, cause and effect on the failing node. Both
fail alike: it is not, and a remedy that changes just that is refuted before anybody rolled it out.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from cnitui.domain.documents import Document, as_mapping
from cnitui.domain.facts import LISTED_FACTS, LogLine
from cnitui.domain.node_job import Job, document, reference
from cnitui.domain.parsing.installer_log import parse_record
from cnitui.domain.remedies.template import at, locate
from cnitui.domain.variant import Variant
from cnitui.late_dataclass import dataclass

SECONDS = 180
"""A container of an experiment is ended after this time: an installer that waits for the API takes half a minute."""

LONGEST_WORDS = 300
Conclusion = Literal["confirmed", "ruled_out", "works_now", "differs", "further"]
_NUMBERS = re.compile(r"\d+|0x[0-9a-f]+")
_NOT_IN_A_JOB = ("initContainers", "ephemeralContainers", "containers", "nodeName", "restartPolicy", "affinity")
_NOT_FOR_A_JOB = ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "restartPolicy")


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one run of the container ended; `words` is its last line, without its time."""

    exit_code: int | None
    words: str
    log: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """`exit 1: found no writeable directory, exiting error=<nil>`."""
        return f"exit {self.exit_code}" + (f": {self.words}" if self.words else "")

    def ends_like(self, other: Attempt) -> bool:
        """Whether both ended in the same way: exit code and last words, numbers aside."""
        return self.exit_code == other.exit_code and _plain(self.words) == _plain(other.words)


def attempt_of(exit_code: int | None, lines: Sequence[LogLine]) -> Attempt:
    """An attempt from its log."""
    said = [parse_record(line) for line in lines if line.text.strip()]
    last = f"{said[-1].message} {said[-1].error}".strip() if said else ""
    return Attempt(exit_code, last[:LONGEST_WORDS], tuple(line.text for line in lines))


def _plain(words: str) -> str:
    return _NUMBERS.sub("#", words)


@dataclass(frozen=True, slots=True)
class Experiment:
    """What was tried where, and how it ended; `variant` is None when the control alone ended it.

    `changed` completes "with …"; `revision` is that of the pod's template, `at` when it ended (UTC).
    """

    cause: str
    title: str
    changed: str
    node: str
    container: str
    expected: Attempt
    control: Attempt
    variant: Attempt | None = None
    revision: str = ""
    at: datetime | None = None

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """What it rests on: which attempt, and how that ended."""
        ends = (("in the DaemonSet", self.expected.told), ("control, as it is", self.control.told))
        return (*ends, (f"variant, with {self.changed}", self.variant.told)) if self.variant else ends

    @property
    def conclusion(self) -> Conclusion:
        """What follows from it."""
        if self.control.exit_code == 0:
            return "works_now"
        if not self.control.ends_like(self.expected) or self.variant is None:
            return "differs"
        if self.variant.exit_code == 0:
            return "confirmed"
        return "ruled_out" if self.variant.ends_like(self.control) else "further"

    @property
    def sentence(self) -> str:
        """The conclusion for people."""
        name, node = self.container, self.node
        match self.conclusion:
            case "confirmed":
                return f"{name} fails on {node} as it is, and succeeds with {self.changed}: {self.title}"
            case "ruled_out":
                return f"{name} fails on {node} in the same way with {self.changed}: it is not that, or not that alone"
            case "works_now":
                return f"{name} does not fail on {node} any more: it succeeded as it is"
            case "further":
                return f"with {self.changed} {name} fails otherwise on {node}: one obstacle is gone, another follows"
            case "differs":
                return f"{name} by itself does not fail on {node} as it does in the DaemonSet, so nothing is proven"

    @property
    def source(self) -> str:
        """Where its evidence comes from: `experiment by Jobs on worker-01, 12:30:01 UTC`."""
        return f"experiment by Jobs on {self.node}" + (f", {self.at:%Y-%m-%d %H:%M:%S} UTC" if self.at else "")


@dataclass(frozen=True, slots=True)
class Try:
    """The container as a plan would leave it, run once on one failing node before the plan is applied."""

    plan_id: str
    title: str
    node: str
    container: str
    expected: Attempt
    tried: Attempt
    at: datetime | None = None

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """How the container ends now, and how it did with the change."""
        return ("now", self.expected.told), ("with this change", self.tried.told)

    @property
    def works(self) -> bool:
        """Whether it did what it fails to do in the DaemonSet."""
        return self.tried.exit_code == 0

    @property
    def sentence(self) -> str:
        """The outcome for people."""
        if self.works:
            return f"with this change {self.container} succeeds on {self.node}"
        alike = "in the same way" if self.tried.ends_like(self.expected) else "otherwise"
        return f"with this change {self.container} still fails on {self.node}, {alike}: the plan would not help"


@dataclass(frozen=True, slots=True)
class Experiments:
    """All experiments made on a node, oldest first: a fact about that node."""

    made: tuple[Experiment, ...]


@dataclass(frozen=True, slots=True)
class Tries:
    """All tries of plans on a node, oldest first: a fact about that node."""

    made: tuple[Try, ...]


UNREAD_FACTS = LISTED_FACTS | {Experiments, Tries}
"""Facts that may be there although nobody has read the node."""


def trial(
    name: str, daemonset: Document, container: str, node: str, change: Variant | None, endpoint: tuple[str, str]
) -> Job:
    """The container of the DaemonSet's template alone on a node, as a Job; raises Missing without such a container.

    `endpoint` is the API server's host and port, for a variant that wants it. Everything else is as the template has
    it: volumes, service account, the pod's own security.
    """
    template = as_mapping(at(daemonset, ("spec", "template", "spec")))
    pod = {key: copy.deepcopy(value) for key, value in template.items() if key not in _NOT_IN_A_JOB}
    found = locate(daemonset, container).container
    tried = {key: copy.deepcopy(value) for key, value in found.items() if key not in _NOT_FOR_A_JOB}
    if change is not None:
        _apply(tried, change, endpoint)
    pod |= {
        "nodeName": node,
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 0,
        "tolerations": [{"operator": "Exists"}],
        "containers": [tried],
    }
    namespace = str(at(daemonset, ("metadata", "namespace")))
    image = str(found.get("image", ""))
    made = document(name, namespace, pod, SECONDS)
    return Job(reference(name, namespace), node, image, made, (container,), SECONDS)


def _apply(container: dict[str, object], change: Variant, endpoint: tuple[str, str]) -> None:
    if change.security:
        container["securityContext"] = {**as_mapping(container.get("securityContext")), **change.security}
    if change.endpoint:
        names = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")
        held = container.get("env")
        kept = [one for one in held if as_mapping(one).get("name") not in names] if isinstance(held, list) else []
        given = [{"name": key, "value": value} for key, value in zip(names, endpoint, strict=True)]
        container["env"] = [*kept, *given]
