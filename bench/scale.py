"""The whole program at every size, as a person meets it, against kubectl (and k9s where it is on the PATH).

`python bench/scale.py [--nodes 3,300,2000] [--size 200x50] [--kubeconfig FILE] [--seconds 20]`

A lab of its own runs for each size, or the cluster of a kubeconfig is taken. The program runs in a pseudo-terminal;
peers are asked in the same run, so that the figures can be compared although machines differ. A figure that misses its
goal carries the goal. Nothing here fails by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.terminal import Terminal

ROWS = re.compile(r"(worker|master)-\d\d| nodes · ")
PODS = re.compile(r"calico-node-\w")
VERDICT = re.compile(r"CONFIRMED|LIKELY|NOT PROVEN|UNDETERMINED|Calico runs on every node")
LONGEST = 240.0
KEYS = 60


@dataclass(frozen=True)
class Goal:
    """The most a figure may be at a number of nodes."""

    rows: float
    verdict: float
    key: float
    idle: float
    quit: float
    memory: float


SMALL = Goal(rows=0.6, verdict=3.6, key=0.016, idle=1, quit=0.5, memory=80)
GOALS = {3: SMALL, 30: SMALL, 300: Goal(1.5, 4.5, 0.05, 5, 0.5, 250), 2000: Goal(3, 6, 0.05, 5, 0.5, 250)}
HUGE = Goal(rows=float("inf"), verdict=float("inf"), key=0.05, idle=10, quit=0.5, memory=250)


@dataclass
class Run:
    """What one run of the program showed; seconds, percent of a core, MiB, bytes."""

    first: float = 0
    rows: float = 0
    verdict: float = 0
    until_rows: int = 0
    settled: float = 0
    keys: list[float] = field(default_factory=list)
    idle: float = 0
    idle_bytes: float = 0
    memory: float = 0
    quit: float = 0

    @property
    def p95(self) -> float:
        """What nineteen of twenty keys stay below."""
        return sorted(self.keys)[int(len(self.keys) * 0.95)]


def main() -> None:
    asked = _arguments()
    environment = {name: value for name, value in os.environ.items() if name not in ("LINES", "COLUMNS")}
    for nodes in asked.nodes:
        with _cluster(asked, nodes) as more:
            own = {**environment, **more, "XDG_STATE_HOME": tempfile.mkdtemp(prefix="cnitui-bench-")}
            print(f"\n=== {nodes} nodes, {asked.size[0]}x{asked.size[1]}, {asked.cluster} ===")
            ours = _run(asked, own)
            _tell(ours, GOALS.get(nodes, HUGE))
            _tell_late(_late(asked, own))
            print(f"  quit while starting  {_quit_while_starting(asked, own):.2f} s")
            _peers(own)
            _k9s(asked, own, ours)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", default="3,300,2000", help="sizes, with commas; of a given cluster its own size")
    parser.add_argument("--size", default="200x50", help="columns x rows of the terminal")
    parser.add_argument("--scenario", default="selinux-denial", help="what the lab shows")
    parser.add_argument("--kubeconfig", default="", help="a cluster instead of the lab")
    parser.add_argument("--seconds", type=float, default=20, help="how long to look on while nothing is pressed")
    parser.add_argument("--rest", type=float, default=0, help="seconds to wait before that, for the rest to be read")
    asked = parser.parse_args()
    asked.size = tuple(int(part) for part in asked.size.split("x"))
    asked.nodes = [int(part) for part in asked.nodes.split(",")]
    asked.cluster = asked.kubeconfig or f"lab {asked.scenario}"
    return asked


@contextmanager
def _cluster(asked: argparse.Namespace, nodes: int) -> Iterator[dict[str, str]]:
    """The environment in which the cluster is found; a lab lives as long as its standard input."""
    if asked.kubeconfig:
        yield {"KUBECONFIG": asked.kubeconfig, "CNITUI_NODE_ACCESS": "none"}
        return
    command = [sys.executable, "-m", "cnitui.lab", asked.scenario, "--nodes", str(nodes), "--with-parent"]
    begun = time.perf_counter()
    lab = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert lab.stdout is not None
    assert lab.stdin is not None
    lines = [lab.stdout.readline().decode().strip().removeprefix("export ").partition("=") for _ in range(2)]
    print(f"\nthe lab of {nodes} nodes answered after {time.perf_counter() - begun:.1f} s", end="")
    try:
        yield {name: value for name, _, value in lines}
    finally:
        lab.stdin.close()
        lab.wait()


def _program() -> list[str]:
    return [sys.executable, "-c", "from cnitui.cli import main; main()"]


# --- one run --------------------------------------------------------------------------------------------------------


def _run(asked: argparse.Namespace, environment: dict[str, str]) -> Run:
    terminal, run = Terminal(_program(), asked.size, environment), Run()
    run.first = terminal.until(lambda seen: "cnitui" in seen, LONGEST)
    run.rows = terminal.until(ROWS.search, LONGEST)
    run.until_rows = terminal.painted
    run.verdict = terminal.until(VERDICT.search, LONGEST)
    _use(terminal, run, asked, b"q")
    return run


def _use(terminal: Terminal, run: Run, asked: argparse.Namespace, bye: bytes) -> None:
    """Press keys, look on while nothing is pressed, and leave."""
    terminal.idle(3)
    run.keys = [_key(terminal, number) for number in range(KEYS)]
    terminal.idle(asked.rest)
    used, painted = terminal.processor(), terminal.idle(asked.seconds)
    run.idle = (terminal.processor() - used) / asked.seconds * 100
    run.idle_bytes = painted / asked.seconds
    run.memory = terminal.memory()
    run.quit = terminal.quit(bye)


def _key(terminal: Terminal, number: int) -> float:
    """A cursor key at a human pace: down for a while, then up."""
    answered = terminal.press(b"j" if number % 20 < 10 else b"k")
    terminal.idle(0.12)
    return answered


def _quit_while_starting(asked: argparse.Namespace, environment: dict[str, str]) -> float:
    terminal = Terminal(_program(), asked.size, environment)
    terminal.until(lambda seen: "cnitui" in seen, LONGEST)
    terminal.idle(0.4)
    return terminal.quit()


def _late(asked: argparse.Namespace, environment: dict[str, str]) -> dict[str, float]:
    """How late the event loop was, in ms: in a run of its own, because watching it costs."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "late.json"
        terminal = Terminal([sys.executable, "-m", "bench.late", str(out)], asked.size, environment)
        terminal.until(VERDICT.search, LONGEST)
        for number in range(KEYS):
            _key(terminal, number)
        terminal.idle(asked.seconds / 2)
        terminal.quit()
        found: dict[str, float] = json.loads(out.read_text()) if out.exists() else {}
        return found


# --- telling --------------------------------------------------------------------------------------------------------


def _tell(run: Run, goal: Goal) -> None:
    print(f"  first frame {run.first:.2f} s · {_told('rows', run.rows, goal.rows, 's')} · ", end="")
    print(f"{_told('verdict', run.verdict, goal.verdict, 's')} · {_told('quit', run.quit, goal.quit, 's')}")
    key = _told("p95", run.p95 * 1e3, goal.key * 1e3, "ms")
    print(f"  key p50 {statistics.median(run.keys) * 1e3:.0f} ms · {key} · ", end="")
    print(f"{_told('idle CPU', run.idle, goal.idle, '%')} · {_told('RSS', run.memory, goal.memory, 'MiB')}")
    print(f"  painted {run.until_rows / 1e3:.0f} kB until the rows, then {run.idle_bytes / 1e3:.2f} kB/s")


def _told(name: str, value: float, goal: float, unit: str) -> str:
    missed = f" (goal {goal:g})" if value > goal else ""
    return f"{name} {value:.2f} {unit}{missed}"


def _tell_late(late: dict[str, float]) -> None:
    words = ", ".join(f"{name} {value:.0f}" for name, value in late.items())
    print(f"  loop late by ms: {words or 'not measured'}")


def _peers(environment: dict[str, str]) -> None:
    """kubectl's and our own figures for the same questions, one after the other."""
    if not shutil.which("kubectl"):
        print("  kubectl is not on the PATH")
        return
    table = _timed(["kubectl", "get", "pods", "-A", "-l", "k8s-app=calico-node"], environment)
    whole = _timed(["kubectl", "get", "pods", "-A", "-l", "k8s-app=calico-node", "-o", "json"], environment)
    judged = _timed([*_program(), "diagnose", "-o", "json"], environment)
    print(f"  kubectl get pods {table[0]:.2f} s, {table[1]:.0f} MiB · -o json {whole[0]:.2f} s, {whole[1]:.0f} MiB")
    ratio = judged[0] / whole[0]
    print(f"  cnitui diagnose -o json {judged[0]:.2f} s, {judged[1]:.0f} MiB: {ratio:.2f}x kubectl get pods -o json")


def _k9s(asked: argparse.Namespace, environment: dict[str, str], ours: Run) -> None:
    """The same for k9s on all pods, and our figures as ratios of its own; it keeps a configuration of its own."""
    if not shutil.which("k9s"):
        print("  k9s is not on the PATH")
        return
    with tempfile.TemporaryDirectory() as folder:
        own = {**environment, "K9S_CONFIG_DIR": folder, "XDG_STATE_HOME": folder}
        terminal, run = Terminal(["k9s", "--all-namespaces", "--command", "pods"], asked.size, own), Run()
        run.rows = terminal.until(PODS.search, LONGEST)
        run.until_rows = terminal.painted
        _use(terminal, run, asked, b"\x03")
    print(
        f"  k9s rows {run.rows:.2f} s · key p95 {run.p95 * 1e3:.0f} ms · idle CPU {run.idle:.1f} % · "
        f"RSS {run.memory:.0f} MiB · quit {run.quit:.2f} s · painted {run.until_rows / 1e3:.0f} kB until the rows, "
        f"then {run.idle_bytes / 1e3:.2f} kB/s"
    )
    pairs = (("rows", ours.rows, run.rows), ("key p95", ours.p95, run.p95), ("RSS", ours.memory, run.memory))
    print("  ours against k9s: " + " · ".join(f"{name} {mine / theirs:.2f}x" for name, mine, theirs in pairs))


def _timed(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Wall seconds and the largest resident MiB of a command."""
    begun = time.perf_counter()
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    assert isinstance(usage, resource.struct_rusage)
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
