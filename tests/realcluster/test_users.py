"""The harness's other users at a real API server: little or nothing may be read, and that is what is said.

`cnitui diagnose` runs as a process of its own, as a script would call it. How to run all states: see test_walk.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.realcluster.audit import stored
from tests.realcluster.conftest import RENEWABLE, RealCluster, only_in
from tests.realcluster.sitting import begin_anew, sitting

pytestmark = pytest.mark.realcluster

EXPIRED = "The API server does not accept our credentials (401): the token or certificate has expired"
UNTRUSTED = "is not trusted: its certificate is not signed by the authority the kubeconfig trusts"
NO_PODS = "User nobody may not list pods"


@dataclass(frozen=True)
class Told:
    """What a command answered: its exit code and both streams."""

    code: int
    stdout: str
    stderr: str

    @property
    def diagnosis(self) -> dict[str, object]:
        """stdout as JSON."""
        parsed = json.loads(self.stdout)
        assert isinstance(parsed, dict)
        return parsed

    def causes(self, *verdicts: str) -> list[str]:
        """The causes with one of these verdicts."""
        listed = self.diagnosis["causes"]
        assert isinstance(listed, list)
        return [cause["id"] for cause in listed if cause["verdict"] in verdicts]

    def unavailable(self) -> str:
        """All that could not be read, and why."""
        return json.dumps(self.diagnosis["unavailable"])


def diagnose(real: RealCluster, folder: Path, user: str, *more: str) -> Told:
    """`cnitui diagnose -o json` as that user."""
    return cnitui(real, folder, user, "diagnose", "-o", "json", *more)


def cnitui(real: RealCluster, folder: Path, user: str, *arguments: str) -> Told:
    """The program as that user, without node access and with nothing of the caller's environment."""
    home = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"), "XDG_CONFIG_HOME": str(folder / "config")}
    program = str(Path(sys.executable).with_name("cnitui"))
    command = [program, *arguments, "--node-access", "none", "--kubeconfig", str(real.kubeconfig(user))]
    environment = {"PATH": os.environ["PATH"], **home}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr
    return Told(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("user", ["admin", "viewer"])
async def test_diagnose_names_candidates_only_and_what_would_decide(
    state: str, realcluster: RealCluster, tmp_path: Path, user: str
) -> None:
    only_in(state, *RENEWABLE)
    workers = await begin_anew(realcluster)
    told = diagnose(realcluster, tmp_path, user)
    assert told.code == 4
    assert told.diagnosis["schema"] == "cnitui/diagnosis/v2"
    assert told.diagnosis["status"] == "failing"
    assert told.causes("confirmed", "likely") == []
    assert {"selinux-denial", "read-only-filesystem", "disk-full"} <= set(told.causes("possible"))
    asked = json.dumps(told.diagnosis["next_evidence"])
    assert f"ssh {workers[0]} " in asked
    assert "ausearch" in asked
    assert "selinux mode" in told.unavailable()
    assert ("viewer may not list nodes" in told.unavailable()) == (user == "viewer")


async def test_diagnose_without_logs_says_that_they_may_not_be_read(
    state: str, realcluster: RealCluster, tmp_path: Path
) -> None:
    only_in(state, *RENEWABLE)
    await begin_anew(realcluster)
    told = diagnose(realcluster, tmp_path, "no-logs")
    assert told.code == 4
    assert told.causes("confirmed", "likely", "possible") == []
    assert "no-logs may not get pods/log" in told.unavailable()


def test_diagnose_with_no_rights_at_all_judges_nothing_and_says_why(realcluster: RealCluster, tmp_path: Path) -> None:
    told = diagnose(realcluster, tmp_path, "nobody")
    assert told.code == 4
    assert told.diagnosis["status"] == "undetermined"
    assert told.causes("confirmed", "likely", "possible") == []
    assert NO_PODS in told.unavailable()


@pytest.mark.parametrize(
    ("user", "words"), [("token-expired", EXPIRED), ("wrong-ca", UNTRUSTED)], ids=["token-expired", "wrong-ca"]
)
def test_diagnose_ends_with_the_reason_when_there_is_no_contact(
    realcluster: RealCluster, tmp_path: Path, user: str, words: str
) -> None:
    told = diagnose(realcluster, tmp_path, user)
    assert told.code == 1
    assert told.stdout == ""
    assert words in told.stderr


def test_diagnose_of_a_stock_cluster_is_healthy(state: str, realcluster: RealCluster, tmp_path: Path) -> None:
    only_in(state, "stock")
    realcluster.kubectl("-n", "kube-system", "rollout", "status", "daemonset/calico-node", "--timeout=60s")
    told = diagnose(realcluster, tmp_path, "admin")
    assert told.code == 0
    assert told.diagnosis["status"] == "healthy"
    assert told.causes("confirmed", "likely", "possible", "undetermined") == []
    assert "selinux-denial" in told.causes("ruled_out")


@pytest.mark.parametrize("size", [(200, 50), (80, 24)], ids=["200x50", "80x24"])
@pytest.mark.parametrize(
    ("user", "words"),
    [("nobody", NO_PODS), ("token-expired", EXPIRED), ("wrong-ca", UNTRUSTED)],
    ids=["nobody", "token-expired", "wrong-ca"],
)
async def test_the_screens_say_why_nothing_is_seen_and_nothing_is_called_fine(
    realcluster: RealCluster, tmp_path: Path, user: str, words: str, size: tuple[int, int]
) -> None:
    async with sitting(realcluster, tmp_path, user, size) as seat:
        await seat.shows(words[:50])
        await seat.to_step(1)
        await seat.reads(words)
        assert not [view.number for view in seat.guide.views[:7] if view.state == "pass"]
        await seat.press("f3")
        assert "Nothing fails" not in seat.text()
        await seat.press("question_mark")
        await seat.shows("Keys")
        await seat.press("escape", "f1")
        assert seat.screen.single != "guide"
        await seat.press("q")
    assert seat.app.return_code == 0


async def test_a_viewer_sees_pods_and_logs_and_which_rights_are_missing(
    state: str, realcluster: RealCluster, tmp_path: Path
) -> None:
    only_in(state, *RENEWABLE)
    await begin_anew(realcluster)
    begun = len(realcluster.audited())
    async with sitting(realcluster, tmp_path, "viewer") as seat:
        await seat.judged()
        await seat.shows("found no writeable directory")
        await seat.press("f")
        await seat.shows("? not read")
        await seat.to_step(6)
        await seat.reads("viewer may not list nodes")
        await seat.choose("patch-daemonset")
        seen = seat.state.repair.preview
        assert seen is not None
        assert not seen.by_server
        await seat.reads("viewer may not patch daemonsets")
        await seat.press("a")
        assert seat.app.screen is seat.screen, "there is no dialog for what cannot be applied"
    refused = stored(realcluster.audited()[begun:])
    assert refused == []


async def test_without_the_right_to_logs_the_panes_say_so_and_the_rest_is_there(
    state: str, realcluster: RealCluster, tmp_path: Path
) -> None:
    only_in(state, *RENEWABLE)
    await begin_anew(realcluster)
    async with sitting(realcluster, tmp_path, "no-logs") as seat:
        await seat.judged()
        await seat.shows("forbidden")
        await seat.shows("may not read this log")
        await seat.shows("NotReady")
        assert seat.state.diagnosis is not None
        assert seat.state.diagnosis.confident == ()
        await seat.to_step(2)
        await seat.reads("no-logs may not get pods/log")
