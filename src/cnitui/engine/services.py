"""Everything a session works with, chosen and opened by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from cnitui.domain.evidence import CaseFile
from cnitui.domain.recording import Recorded
from cnitui.engine.jobs.shell import JobShell
from cnitui.engine.ports import CaseFiles, Clock, ClusterApi, Journal, NodeShell, NodeWriter, Settings, Shelf
from cnitui.engine.repair.workbench import Workbench
from cnitui.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Services:
    """The opened ports; `render` turns an object of the API into text, `close` ends all of them.

    `writer` changes nodes, None where they are left alone; `files` writes case files; `recorded` tells that the ports
    answer from one; `given` are facts that stand for all that could be asked; `investigations` keeps how far the
    sitting came, where a later one may go on from it.
    """

    cluster: ClusterApi
    shell: NodeShell | None
    journal: Journal
    clock: Clock
    settings: Settings
    render: Callable[[Mapping[str, object]], str]
    close: Callable[[], Awaitable[None]]
    files: CaseFiles | None = None
    recorded: Recorded | None = None
    given: CaseFile | None = None
    investigations: Shelf | None = None
    writer: NodeWriter | None = None

    @property
    def keeps(self) -> bool:
        """Whether anything may be written on this machine: case files, logs, keys of nodes."""
        return self.files is not None

    @property
    def bench(self) -> Workbench:
        """What a write needs at hand; the same for Jobs that read and for all else, so that they are one sitting's."""
        if self.jobs is not None:
            return replace(self.jobs.bench, shell=self.shell, writer=self.writer)
        made = Workbench(self.cluster, self.journal, self.clock, self.render, self.settings.readonly)
        return replace(made, shell=self.shell, writer=self.writer)

    @property
    def jobs(self) -> JobShell | None:
        """The shell, when it reads nodes by Jobs, which have to be confirmed."""
        return self.shell if isinstance(self.shell, JobShell) else None


Opening = Callable[[], Awaitable[Services]]
"""Opens the services; called after the first paint, because what it imports takes half a second."""
