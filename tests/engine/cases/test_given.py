"""Facts that somebody recorded by hand, in the screens' state: judged as they are, nothing asked, nothing made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cnitui.compose import open_case
from cnitui.domain.diagnosis import diagnose
from cnitui.domain.report import as_data
from cnitui.engine.cases.given import UNNAMED, given_state, placed, seated
from cnitui.engine.guide import guide
from cnitui.engine.logs.kept import line_of
from cnitui.engine.state import State
from cnitui.errors import ConfigurationError, UsageError
from cnitui.gateways.casefile import paste_case, read_case
from cnitui.settings import Settings
from tests.engine.lab_case import claims

LOG = """\
Running as a Kubernetes pod
cp: error writing '/host/opt/cni/bin/calico': No space left on device
"""
TABLE = """\
$ kubectl get pods -n kube-system -o wide
NAME                READY   STATUS                  RESTARTS   AGE   IP          NODE
calico-node-aaaaa   1/1     Running                 0          1d    10.0.0.1    master-01
calico-node-bbbbb   0/1     Init:CrashLoopBackOff   7          1d    10.0.0.2    worker-01
"""


def state_of(text: str) -> State:
    case = placed(paste_case(text))
    return given_state(State(), case, diagnose(case))


def test_a_log_alone_gets_a_stand_in_of_which_nothing_is_made_up() -> None:
    state = state_of(LOG)
    (pod,) = state.failing
    assert (pod.node, pod.status) == (UNNAMED, "failing")
    (container,) = pod.containers
    assert (container.name, container.last, container.current) == ("install-cni", None, None)
    assert state.diagnosis is not None
    assert state.diagnosis.confident[0].cause == "disk-full"
    assert state.settled


def test_the_diagnosis_is_that_of_the_facts_alone_but_for_the_name_of_the_node() -> None:
    case = paste_case(LOG)
    plain = [(cause, verdict) for cause, verdict, _ in claims(diagnose(case))]
    assert [(cause, verdict) for cause, verdict, _ in claims(diagnose(placed(case)))] == plain


def test_rows_of_a_pod_table_are_the_rows_on_the_screen() -> None:
    state = state_of(TABLE + "\n$ kubectl logs calico-node-bbbbb -c install-cni\n" + LOG)
    assert [(row.name, row.failing) for row in state.rows] == [("master-01", False), ("worker-01", True)]
    assert state.failing[0].status == "Init:CrashLoopBackOff"
    assert state.failing[0].restarts == 7


async def test_a_yaml_case_opens_read_only_with_its_logs_and_asks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(
        f"evidence:\n  logs:\n    install-cni: |\n{''.join(f'      {line}' for line in LOG.splitlines(True))}"
    )
    services = open_case(path, Settings(state_dir=tmp_path / "state"))
    assert services.shell is None
    session = seated(services)
    state = session.give_up("nobody can be asked")
    assert state.readonly
    assert state.recorded is not None
    assert state.recorded.name == "case.yaml"
    assert as_data(replace(state.diagnosis or diagnose(state.case)))["status"] == "failing"
    lines = [line_of(entry) for entry in session.logs.feed(UNNAMED).lines.since(0)]
    assert b"Running as a Kubernetes pod" in lines


def test_what_holds_nothing_to_show_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text("evidence: {}\n")
    with pytest.raises(UsageError, match="no pod, log or event"):
        open_case(path, Settings())
    path.write_text("- a list\n")
    with pytest.raises(ConfigurationError, match="expected a map"):
        open_case(path, Settings())
    with pytest.raises(UsageError, match="cannot be read"):
        open_case(tmp_path / "missing", Settings())


def test_every_case_of_the_reference_makes_a_guide(shared: Path) -> None:
    silent = []
    for path in sorted((shared / "corpus" / "cases").glob("*.yaml")):
        case = placed(read_case(path))
        diagnosis = diagnose(case)
        state = given_state(State(), case, diagnosis)
        assert len(guide(state)) == 11
        if diagnosis.status == "failing" and not state.failing:
            silent.append(path.name)
    assert silent == []
