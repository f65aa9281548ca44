"""One pod on one node: its containers started in order, restarted with back-off, and reported.

The kubelet's part, after kubernetes `pkg/kubelet/kuberuntime/kuberuntime_manager.go` (v1.31): init containers one after
another, a failed one again and again, ordinary ones together; the runtime keeps one dead attempt per container.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnitui.lab.clock import go_duration
from cnitui.lab.kubelet.backoff import Backoff
from cnitui.lab.kubelet.containers import Attempt, Container, new_container_id
from cnitui.lab.kubelet.obstacles import exceeds_memory, start_problem, volume_problem
from cnitui.lab.kubelet.pod_status import initialized, pod_status
from cnitui.lab.kubelet.preparing import prepared
from cnitui.lab.kubelet.process import Process, Run
from cnitui.lab.kubelet.programs import host_command, program_of
from cnitui.lab.kubelet.timeline import Timeline, Timer
from cnitui.lab.objects.resources import PODS
from cnitui.lab.shell.commands import login_shell

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cnitui.lab.jsontypes import Object
    from cnitui.lab.kubelet.process import Output
    from cnitui.lab.machine.node import Node
    from cnitui.lab.world import World

SYNC_LAG = (0.4, 2.5)
"""Seconds between the end of a back-off and the start: the kubelet notices at its next sync of the pod."""
ERROR_SHOWN = 15.0
"""Seconds at most that a failed attempt is shown as Error before the back-off is."""
MOUNT_AGAIN, PROBE_PERIOD = 20.0, 10.0
"""Seconds until a volume, or a readiness probe, is tried again."""
OOM_AFTER = 0.3
CANNOT_START, KILLED = 128, 137
"""Exit codes: of a container whose program could not be started, and of one ended by SIGKILL."""


@dataclass
class PodWorker:
    """Drives one pod; everything it does goes through `timeline`, so the past can be replayed."""

    world: World
    node: Node
    pod: Object
    timeline: Timeline
    level: str
    ip: str = ""
    sandbox: bool = False
    started: datetime | None = None
    stopped: bool = False
    inits: list[Container] = field(init=False)
    mains: list[Container] = field(init=False)
    backoffs: dict[str, Backoff] = field(default_factory=dict)
    _runs: dict[str, Run] = field(default_factory=dict)
    _pending: list[Timer] = field(default_factory=list)
    _scripts: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        spec = self.pod["spec"]
        waiting = "PodInitializing" if spec.get("initContainers") else "ContainerCreating"
        self.inits = [Container(c, init=True) for c in spec.get("initContainers") or []]
        self.mains = [Container(c, init=False, reason=waiting) for c in spec["containers"]]

    @property
    def containers(self) -> list[Container]:
        return [*self.inits, *self.mains]

    def find(self, name: str) -> Container | None:
        """A container by name."""
        return next((c for c in self.containers if c.name == name), None)

    # --- start ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begins with the pod as the scheduler left it."""
        self.after(0.2, self._begin)

    def _begin(self) -> None:
        self.started = self.timeline.now()
        host = bool(self.pod["spec"].get("hostNetwork"))
        if host:
            self.ip = self.node.ip
        self.publish()
        self._network()

    def _network(self) -> None:
        unmounted = volume_problem(self.node, self.pod)
        if unmounted:
            self.record("Warning", "FailedMount", unmounted)
            self.after(MOUNT_AGAIN, self._network)
            return
        problem = self.world.sandbox_problem(self.node, self.pod)
        if problem is not None:
            self.record("Warning", *problem)
            self.after(5.0, self._network)
            return
        if not self.pod["spec"].get("hostNetwork"):
            self.ip = self.ip or self.world.pod_ip(self.node)
        self.sandbox = True
        self.after(0.3, self._next)

    def _next(self) -> None:
        """Starts the init container whose turn it is, or all ordinary ones."""
        for container in self.inits:
            if container.state == "terminated" and container.current and container.current.exit_code == 0:
                continue
            self.launch(container)
            return
        for container in self.mains:
            if container.state == "waiting" and container.current is None:
                self.launch(container)

    def launch(self, container: Container) -> None:
        """One more attempt of a container, or what keeps it from being made."""
        if not prepared(self, container):
            return
        self.record("Normal", "Created", f"Created container {container.name}", container)
        now = self.timeline.now()
        label = self.world.process_label(self.node, self.pod, container.spec, self.level)
        attempt = Attempt(
            new_container_id(self.world.rng.getrandbits(256)), self.node.pid(), label, now,
            clock_offset=self.node.clock_offset,
        )  # fmt: skip
        if container.current is not None:
            container.last, container.restarts = container.current, container.restarts + 1
        container.current, container.state, container.message = attempt, "running", ""
        process = Process(
            self.node, self.node.local(now), attempt.pid, attempt.pid - 12, label, container=container.spec,
            pod=self.pod, world=self.world,
        )  # fmt: skip
        run = Run(container, process, program_of(self.node, container.spec)(process), attempt)
        self._runs[container.name] = run
        unstartable = start_problem(container.spec)
        if unstartable:
            self.record("Warning", "Failed", f"Error: {unstartable}", container)
            self._ended(run, CANNOT_START, "StartError", unstartable)
            return
        self.record("Normal", "Started", f"Started container {container.name}", container)
        self._run(run)

    def _run(self, run: Run) -> None:
        container = run.container
        if not container.init:
            self._readiness(container)
        self.publish()
        if exceeds_memory(container.spec):
            self.after(OOM_AFTER, lambda: self._kill_for_memory(run))
        words = host_command(self.pod, container.spec)
        if words and not self.timeline.replaying:
            self._scripts.append(asyncio.create_task(self._run_on_host(run, words)))
        else:
            self._step(run)

    def _kill_for_memory(self, run: Run) -> None:
        """The kernel ends the first process of a container that uses more than its limit, and tells so."""
        process, now = run.process, self.node.local(self.timeline.now())
        killed = f"Memory cgroup out of memory: Killed process {process.pid} ({process.comm}) total-vm:1287660kB, "
        self.node.journal.append((now, "kernel", killed + "anon-rss:16200kB, oom_score_adj:-997"))
        self._ended(run, KILLED, "OOMKilled")

    async def _run_on_host(self, run: Run, words: list[str]) -> None:
        """A command in the node's own root; both its outputs go to the log, as with any container."""
        log = run.attempt.log

        def write(text: str) -> None:
            log.write(self.timeline.now(), text)

        code = await login_shell(self.world, self.node, "root", write, write).call(words)
        if not self.stopped:
            self._ended(run, code)

    def _readiness(self, container: Container) -> None:
        probe = container.spec.get("readinessProbe")
        if probe is None:
            container.ready = True
        else:
            attempt = container.current
            self.after(float(probe.get("initialDelaySeconds") or 0) + 2.0, lambda: self._probe(container, attempt))

    def _probe(self, container: Container, attempt: Attempt | None) -> None:
        """Asks whether an attempt is ready, until it is; what is ready stays so."""
        if container.state != "running" or container.ready or container.current is not attempt:
            return
        why = self.world.not_ready(self.node, container.spec)
        if why:
            self.record("Warning", "Unhealthy", f"Readiness probe failed: {why}", container)
            self.after(PROBE_PERIOD, lambda: self._probe(container, attempt))
            return
        container.ready = True
        self.world.on_ready(self.node, self.pod, self.timeline.now())
        self.publish()

    def look_again(self) -> None:
        """Asks a ready container's probe once more."""
        for container in self.mains:
            if container.ready and container.spec.get("readinessProbe"):
                container.ready = False
                self._probe(container, container.current)
                self.publish()

    # --- running -------------------------------------------------------------------------------------------------

    def _step(self, run: Run) -> None:
        if self._runs.get(run.container.name) is not run:  # killed meanwhile
            return
        run.process.time = self.node.local(self.timeline.now())
        try:
            output = next(run.steps)
        except StopIteration as end:
            if end.value is not None:
                self._ended(run, end.value)
            self.world.node_changed(self.node, self.timeline)
            return
        self.world.node_changed(self.node, self.timeline)
        self.after(output.delay, lambda: self._emit(run, output))

    def _emit(self, run: Run, output: Output) -> None:
        if not output.silent and self._runs.get(run.container.name) is run:
            now = self.node.local(self.timeline.now())
            text = f"{now.isoformat(' ', 'milliseconds')[:23]} {output.text}" if output.stamped else output.text
            run.attempt.log.append(now, text)
        self._step(run)

    def _ended(self, run: Run, code: int, reason: str = "", message: str = "") -> None:
        container, attempt = run.container, run.attempt
        attempt.reason, attempt.message = reason, message
        self._runs.pop(container.name, None)
        attempt.finished, attempt.exit_code = self.timeline.now(), code
        attempt.log.close()
        container.state, container.ready = "terminated", container.init and code == 0
        self.publish()
        if container.init and code == 0:
            self.after(0.3, self._next)
        elif self._restarts(code):
            self._back_off(container)

    def _restarts(self, code: int) -> bool:
        policy = self.pod["spec"].get("restartPolicy", "Always")
        return policy == "Always" or (policy == "OnFailure" and code != 0)

    def _back_off(self, container: Container) -> None:
        attempt = container.current
        assert attempt is not None
        assert attempt.finished is not None
        entry = self.backoffs.setdefault(container.name, Backoff())
        wait = entry.wait(attempt.started, attempt.finished)
        if wait == 0.0:
            self.after(1.2, lambda: self.launch(container))
            return
        shown = min(ERROR_SHOWN, wait * 0.4)
        self.after(shown, lambda: self._show_back_off(container, wait))
        self.after(wait + self.world.rng.uniform(*SYNC_LAG), lambda: self.launch(container))

    def _show_back_off(self, container: Container, wait: float) -> None:
        full = self.full_name
        stated = go_duration(self.world.clock.scaled(wait))
        container.state, container.reason, container.last = "waiting", "CrashLoopBackOff", container.current
        container.message = f"back-off {stated} restarting failed container={container.name} pod={full}"
        text = f"Back-off restarting failed container {container.name} in pod {full}"
        self.record("Warning", "BackOff", text, container)
        self.publish()

    # --- end -----------------------------------------------------------------------------------------------------

    def terminate(self) -> None:
        """A graceful delete: the containers get SIGTERM and obey; the object goes afterwards."""
        if self.stopped:
            return
        for run in list(self._runs.values()):
            self.record("Normal", "Killing", f"Stopping container {run.container.name}", run.container)
        meta = self.pod["metadata"]
        grace = meta.get("deletionGracePeriodSeconds", 30)
        self.world.clock.later(min(1.0, grace), lambda: self.world.remove_pod(meta))

    def stop(self) -> None:
        """The pod is gone: nothing of it happens any more, its logs end."""
        self.stopped = True
        self.forget_timers()
        for script in self._scripts:
            script.cancel()
        for container in self.containers:
            for attempt in container.attempts():
                attempt.log.close()

    # --- telling -------------------------------------------------------------------------------------------------

    def publish(self) -> None:
        """Writes the status; the past is written once, when it is over."""
        if self.timeline.replaying or self.stopped:
            return
        meta = self.pod["metadata"]
        current = self.world.store.find(PODS.key, meta["namespace"], meta["name"])
        if current is None or current["metadata"]["uid"] != meta["uid"]:
            return
        status = pod_status(
            current, self.inits, self.mains, sandbox=self.sandbox, host_ip=self.node.ip, ip=self.ip,
            started=self.started, now=self.timeline.now(),
        )  # fmt: skip
        self.world.store.update(PODS, {**current, "status": status})

    @property
    def initialized(self) -> bool:
        return initialized(self.inits)

    @property
    def full_name(self) -> str:
        """How the kubelet names a pod in messages."""
        meta = self.pod["metadata"]
        return f"{meta['name']}_{meta['namespace']}({meta['uid']})"

    def record(
        self,
        kind: str,
        reason: str,
        message: str,
        container: Container | None = None,
        *,
        time: datetime | None = None,
        count: int = 1,
    ) -> None:
        """An event about this pod, or about one of its containers."""
        path = ""
        if container is not None:
            path = f"spec.{'initContainers' if container.init else 'containers'}{{{container.name}}}"
        self.world.events.record(
            self.pod, kind, reason, message, component="kubelet", host=self.node.name, path=path,
            time=self.node.local(time or self.timeline.now()), count=count,
        )  # fmt: skip

    def forget_timers(self) -> None:
        """Drops everything due."""
        for timer in self._pending:
            timer.cancel()
        self._pending.clear()

    def after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Calls back after so many simulated seconds, unless the pod is gone by then."""

        def fire() -> None:
            if timer in self._pending:
                self._pending.remove(timer)
            if not self.stopped:
                callback()

        timer = self.timeline.later(seconds, fire)
        self._pending.append(timer)
        return timer
