"""`diagnose`, `undo` and the rest as a script sees them: exit code, data on stdout, narration on stderr."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from cnitui.domain.causes import CATALOGUE
from cnitui.lab import Lab
from cnitui.lab.controllers.daemonset import delete_pod
from cnitui.lab.scenarios import SCENARIOS
from tests.lab_jobs import jobs_made, left_behind
from tests.running import PROGRAM, Ended, cnitui, ended, environment, started
from tests.schemas import objections

RIGHT = {
    "selinux-denial": "selinux-denial",
    "selinux-wrong-context": "selinux-wrong-context",
    "read-only-filesystem": "read-only-filesystem",
    "text-file-busy": "text-file-busy",
    "disk-full": "disk-full",
    "apiserver-unreachable": "apiserver-unreachable",
    "kube-proxy-service-vip": "kube-proxy-service-vip",
}


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start("selinux-denial", speed=20, seed=7) as running:
        yield running


def of(lab: Lab, user: str = "admin") -> tuple[object, ...]:
    return "--kubeconfig", lab.kubeconfig_of(user), "--ssh-config", lab.ssh_config


def valid(text: str) -> dict[str, Any]:
    """The document, which must keep to the published schema of diagnoses."""
    document: dict[str, Any] = json.loads(text)
    assert document["schema"] == "cnitui/diagnosis/v2"
    assert objections(document) == []
    if document["status"] != "healthy":
        assert {cause["id"] for cause in document["causes"]} == {cause.id for cause in CATALOGUE}
    return document


def missing(document: dict[str, Any]) -> str:
    return "\n".join(f"{piece['what']}: {piece['why']}" for piece in document["unavailable"])


# --- diagnose: right on the lab -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", RIGHT)
async def test_each_scenario_is_told_for_what_it_is(scenario: str, tmp_path: Path) -> None:
    async with Lab.start(scenario, speed=20, seed=7) as lab:
        told = await cnitui(tmp_path, "diagnose", "-o", "json", *of(lab))
        document = valid(told.out)
        assert (told.code, told.err) == (3, "")
        first = document["causes"][0]
        assert (first["id"], first["verdict"]) == (RIGHT[scenario], "confirmed")
        assert first["nodes"] == ["worker-01", "worker-02"]
        assert first["for"]
        assert not [entry for entry in lab.audit if not entry.dry_run]


def test_the_scenarios_diagnosed_by_command_exist() -> None:
    assert {*RIGHT, "healthy", "runtime-failure"} <= {scenario.name for scenario in SCENARIOS}


async def test_a_healthy_cluster_is_zero_in_every_form(tmp_path: Path) -> None:
    async with Lab.start("healthy", speed=20, seed=7) as lab:
        forms = [cnitui(tmp_path, "diagnose", "-o", form, *of(lab)) for form in ("json", "text", "markdown")]
        data, text, markdown = await asyncio.gather(*forms)
        assert valid(data.out)["status"] == "healthy"
        assert "healthy" in text.out
        assert markdown.out.startswith("# ")
        assert {data.code, text.code, markdown.code} == {0}


async def test_the_nodes_of_a_cause_are_names_for_other_programs(tmp_path: Path) -> None:
    async with Lab.start("disk-full", speed=20, seed=7) as lab:
        told, others = await asyncio.gather(
            cnitui(tmp_path, "diagnose", "--nodes-of", "disk-full", *of(lab)),
            cnitui(tmp_path, "diagnose", "--nodes-of", "selinux-denial", *of(lab)),
        )
        assert (told.code, told.out) == (3, "worker-01\nworker-02\n")
        assert (others.code, others.out) == (3, "")


async def test_a_cluster_nobody_may_read_is_undetermined_for_a_reason(lab: Lab, tmp_path: Path) -> None:
    told = await cnitui(tmp_path, "diagnose", "-o", "json", *of(lab, "nobody"))
    document = valid(told.out)
    assert (told.code, document["status"]) == (4, "undetermined")
    assert "pod status: User nobody may not list pods" in missing(document)
    assert "auth can-i list pods -A" in told.err


async def test_what_is_missing_is_listed_and_what_is_there_still_decides(lab: Lab, tmp_path: Path) -> None:
    lab.ssh.down("worker-02")
    viewer, no_logs, alone = await asyncio.gather(
        cnitui(tmp_path, "diagnose", "-o", "json", *of(lab, "viewer")),
        cnitui(tmp_path, "diagnose", "-o", "json", *of(lab, "no-logs")),
        cnitui(tmp_path, "diagnose", "-o", "json", *of(lab), "--node-access", "none"),
    )
    assert "node status of worker-01, worker-02: User viewer may not list nodes" in missing(valid(viewer.out))
    assert "selinux mode of worker-02: worker-02: 127.0.0.1" in missing(valid(viewer.out))
    assert viewer.code == 3
    assert "attempt logs of worker-01, worker-02: User no-logs may not get pods/log" in missing(valid(no_logs.out))
    assert "nodes are not read (--node-access none)" in missing(valid(alone.out))
    assert alone.code == 4, "what was not read proves nothing"


async def test_keys_of_hosts_that_are_unknown_or_changed_are_refused_with_their_fingerprints(
    lab: Lab, tmp_path: Path
) -> None:
    lab.ssh.forget_host_key("worker-01")
    lab.ssh.change_host_key("worker-02")
    told = await cnitui(tmp_path, "diagnose", "-o", "json", *of(lab))
    assert told.code == 4
    assert "is in no known_hosts file: SHA256:" in missing(valid(told.out))
    assert "shows another key, SHA256:" in missing(valid(told.out))


async def test_no_pod_of_calico_is_undetermined_and_says_where_it_looked(lab: Lab, tmp_path: Path) -> None:
    told = await cnitui(tmp_path, "diagnose", "-o", "json", *of(lab), "-n", "default")
    assert (told.code, valid(told.out)["status"]) == (4, "undetermined")
    assert "Is Calico installed here?" in told.err


async def test_a_node_that_says_nothing_is_given_up_when_the_time_is_over(lab: Lab, tmp_path: Path) -> None:
    lab.ssh.fault("worker-01").hang = True
    told = await cnitui(tmp_path, "diagnose", "-o", "json", *of(lab), "--wait", "5s")
    assert "selinux mode of worker-01: it was not read within --wait 5s" in missing(valid(told.out))
    assert told.code == 3, "the other worker decides"


async def test_servers_that_cannot_be_asked_are_errors_with_nothing_on_stdout(lab: Lab, tmp_path: Path) -> None:
    runs = {
        "Log in again": cnitui(tmp_path, "diagnose", "-o", "json", *of(lab, "token-expired")),
        "not signed by the authority": cnitui(tmp_path, "diagnose", "-o", "json", *of(lab, "wrong-ca")),
    }
    for words, told in zip(runs, await asyncio.gather(*runs.values()), strict=True):
        assert (told.code, told.out) == (1, "")
        assert words in told.err
    await lab.stop_api()
    told = await cnitui(tmp_path, "diagnose", "-o", "json", *of(lab))
    assert (told.code, told.out) == (1, "")
    assert "connection refused" in told.err


async def test_a_list_that_keeps_failing_is_told_in_the_servers_words(lab: Lab, tmp_path: Path) -> None:
    lab.faults.respond(500, "/pods")
    told = await cnitui(tmp_path, "diagnose", *of(lab), "--wait", "1500ms")
    assert (told.code, told.out) == (1, "")
    assert "failed to list pods (500)" in told.err


async def test_kubeconfigs_that_cannot_be_used_are_configuration_errors(lab: Lab, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("a: [\n b: }")
    runs = {
        "config does not exist": cnitui(tmp_path, "diagnose"),
        "line 2, column": cnitui(tmp_path, "diagnose", "--kubeconfig", broken),
        "There are: kubernetes-admin@lab": cnitui(tmp_path, "diagnose", *of(lab), "--context", "nope"),
        "expected lower case": cnitui(tmp_path, "diagnose", *of(lab), "-n", "../x"),
    }
    for words, told in zip(runs, await asyncio.gather(*runs.values()), strict=True):
        assert (told.code, told.out) == (2, "")
        assert words in told.err


# --- interrupted, unheard -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_whatever_it_waits_for(lab: Lab, tmp_path: Path, number: signal.Signals) -> None:
    with closing(socket.socket()) as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(5)
        file = tmp_path / "black"
        address = f"https://127.0.0.1:{hole.getsockname()[1]}"
        file.write_text(lab.kubeconfig.read_text().replace(lab.api_url, address))
        process = await started(tmp_path, "diagnose", "--kubeconfig", file, "--request-timeout", "0")
        connection, _ = await asyncio.to_thread(hole.accept)  # it is connected and waits for an answer that never comes
        with closing(connection):
            process.send_signal(number)
            told = await ended(process)
    assert (told.code, told.out) == (130, ""), told.err


def _closed(home: Path, *arguments: str, stdout: int) -> Ended:
    done = subprocess.run(
        [*PROGRAM, *arguments], env=environment(home), stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE
    )
    return Ended(done.returncode, "", done.stderr.decode())


@pytest.mark.parametrize("command", [("explain",), ("info",), ("--help",), ("lab", "--list")])
def test_a_reader_that_went_away_is_no_traceback(command: tuple[str, ...], tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        told = _closed(tmp_path, *command, stdout=writer)
    finally:
        os.close(writer)
    assert (told.code, told.err) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", [("explain",), ("info",), ("--help",)])
def test_a_full_disk_behind_stdout_is_one_line(command: tuple[str, ...], tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        told = _closed(tmp_path, *command, stdout=full.fileno())
    assert (told.code, told.err) == (1, "cnitui: standard output: No space left on device\n")


# --- undo -----------------------------------------------------------------------------------------------------------


async def test_undo_without_anything_to_undo_or_anybody_to_ask_is_one(lab: Lab, tmp_path: Path) -> None:
    runs = {
        "nothing to undo": cnitui(tmp_path, "undo", *of(lab)),
        "is no plan's id": cnitui(tmp_path, "undo", "../../etc", *of(lab)),
    }
    for words, told in zip(runs, await asyncio.gather(*runs.values()), strict=True):
        assert (told.code, told.out) == (1, "")
        assert words in told.err
    assert not [entry for entry in lab.audit if not entry.dry_run]


# --- nodes read by Jobs ---------------------------------------------------------------------------------------------


def by_jobs(lab: Lab, user: str = "admin") -> tuple[object, ...]:
    return "--kubeconfig", lab.kubeconfig_of(user), "--node-access", "pod"


async def test_jobs_read_what_ssh_reads_and_leave_nothing(lab: Lab, tmp_path: Path) -> None:
    told = await cnitui(tmp_path, "diagnose", "-o", "json", "--yes", *by_jobs(lab))
    assert told.code == 3, told.err
    document = valid(told.out)
    confirmed = {cause["id"]: cause["nodes"] for cause in document["causes"] if cause["verdict"] == "confirmed"}
    assert confirmed == {"selinux-denial": ["worker-01", "worker-02"]}
    assert missing(document) == ""
    quotes = [piece for cause in document["causes"] for piece in cause["for"] if "avc:" in piece["quote"]]
    assert quotes[0]["source"].startswith("kubectl debug node/worker-01")
    assert "a Job in kube-system for each of master-01, worker-01, worker-02" in told.err
    assert {code for _, code in jobs_made(lab)} <= {200, 201}
    assert {method for method, _ in jobs_made(lab)} == {"POST", "DELETE"}
    await lab.until(lambda: left_behind(lab) == [])


async def test_without_a_yes_or_a_terminal_no_job_is_created(lab: Lab, tmp_path: Path) -> None:
    told = await cnitui(tmp_path, "diagnose", *by_jobs(lab))
    assert (told.code, told.out) == (1, "")
    assert "there is no terminal to confirm on" in told.err
    assert jobs_made(lab) == []


async def test_where_nothing_fails_no_job_is_asked_for(tmp_path: Path) -> None:
    async with Lab.start("healthy", speed=20, seed=7) as lab:
        told = await cnitui(tmp_path, "diagnose", *by_jobs(lab))
        assert (told.code, jobs_made(lab)) == (0, []), told.err


@pytest.mark.parametrize(
    ("user", "options", "why"),
    [
        ("viewer", (), "you may not create jobs.batch"),
        ("admin", ("--readonly",), "writes are switched off"),
    ],
)
async def test_what_stands_in_the_way_of_jobs_is_told(
    lab: Lab, tmp_path: Path, user: str, options: tuple[str, ...], why: str
) -> None:
    told = await cnitui(tmp_path, "diagnose", "--yes", *by_jobs(lab, user), *options)
    assert (told.code, told.out) == (2, "")
    assert why in told.err
    assert jobs_made(lab) == []


async def test_a_case_collected_by_jobs_is_judged_alike(lab: Lab, tmp_path: Path) -> None:
    case = tmp_path / "case.tar.gz"
    told = await cnitui(tmp_path, "collect", "-o", case, "--yes", *by_jobs(lab))
    assert told.code == 0, told.err
    again = await cnitui(tmp_path, "diagnose", "--case", case, "-o", "json")
    assert again.code == 3, again.err
    confirmed = [cause["id"] for cause in valid(again.out)["causes"] if cause["verdict"] == "confirmed"]
    assert confirmed == ["selinux-denial"]


async def test_a_signal_in_the_middle_removes_the_jobs(lab: Lab, tmp_path: Path) -> None:
    lab.faults.delays.append((re.compile("job-name"), 600))  # nobody learns how their pods fare
    process = await started(tmp_path, "diagnose", "--yes", *by_jobs(lab))
    await lab.until(lambda: len(lab.world.store.all("jobs.batch")) == 3)
    process.send_signal(signal.SIGTERM)
    assert (await ended(process)).code == 130
    await lab.until(lambda: left_behind(lab) == [])


async def test_killed_in_the_middle_nothing_is_left_after_the_ttl(lab: Lab, tmp_path: Path) -> None:
    lab.faults.delays.append((re.compile("job-name"), 600))
    process = await started(tmp_path, "diagnose", "--yes", *by_jobs(lab))
    await lab.until(lambda: len(lab.world.store.all("jobs.batch")) == 3)
    process.send_signal(signal.SIGKILL)
    await process.communicate()
    assert left_behind(lab) != []
    await lab.until(lambda: left_behind(lab) == [])


@pytest.mark.parametrize("scenario", sorted(RIGHT))
async def test_each_scenario_is_told_by_jobs_as_by_ssh(scenario: str, tmp_path: Path) -> None:
    async with Lab.start(scenario, speed=20, seed=7) as lab:
        told = await cnitui(tmp_path, "diagnose", "-o", "json", "--yes", *by_jobs(lab))
    assert told.code == 3, told.err
    confirmed = {cause["id"] for cause in valid(told.out)["causes"] if cause["verdict"] == "confirmed"}
    assert confirmed == {RIGHT[scenario]}


# --- a moment is not a state ----------------------------------------------------------------------------------------


@asynccontextmanager
async def beginning(speed: float) -> AsyncIterator[Lab]:
    """A worker whose pod was just made anew: its first attempt takes half a minute of its time and goes on."""
    async with Lab.start("apiserver-unreachable", speed=speed, seed=7, nodes=2) as lab:
        (old,) = (pod for pod in lab.world.store.all("pods") if is_calico_node_of(pod, "worker-01"))
        delete_pod(lab.world, old)
        await lab.until(lambda: any(is_trying(pod) for pod in lab.world.store.all("pods")))
        yield lab


def is_calico_node_of(pod: Any, node: str) -> bool:
    return bool(pod["metadata"]["labels"].get("k8s-app") == "calico-node" and pod["spec"].get("nodeName") == node)


def is_trying(pod: Any) -> bool:
    """Whether install-cni runs for the first time."""
    held = pod.get("status", {}).get("initContainerStatuses", ()) if is_calico_node_of(pod, "worker-01") else ()
    return any(one["name"] == "install-cni" and "running" in one["state"] and not one["restartCount"] for one in held)


async def test_what_is_about_to_fail_is_waited_for(tmp_path: Path) -> None:
    async with beginning(speed=8) as lab:
        told = await cnitui(tmp_path, "diagnose", "-o", "json", *of(lab))
    assert told.code == 3, told.err
    document = valid(told.out)
    assert [cause["id"] for cause in document["causes"] if cause["verdict"] == "confirmed"] == ["apiserver-unreachable"]
    assert document["waiting"] == []


async def test_what_has_not_failed_yet_is_told_as_that_and_rules_nothing_out(tmp_path: Path) -> None:
    async with beginning(speed=2) as lab:  # not within the time that the program takes to start on a busy machine
        told = await cnitui(tmp_path, "diagnose", "-o", "json", "--wait", "0.7s", *of(lab))
    assert told.code == 4, told.err
    document = valid(told.out)
    assert document["status"] == "undetermined"
    assert {cause["verdict"] for cause in document["causes"]} == {"undetermined"}
    (waiting,) = document["waiting"]
    assert waiting["node"] == "worker-01"
    assert re.fullmatch(r"Init:\d/3 for \d+ s, no attempt has failed yet", waiting["why"])
    assert [step["command"].split()[:4] for step in document["next_evidence"]] == [
        ["kubectl", "-n", "kube-system", "describe"]
    ]


@pytest.mark.parametrize("access", ["ssh", "none"])
async def test_a_pod_that_never_gets_a_sandbox_fails_though_no_attempt_does(access: str, tmp_path: Path) -> None:
    async with Lab.start("runtime-failure", speed=20, seed=7) as lab:
        told = await cnitui(tmp_path, "diagnose", "-o", "json", "--node-access", access, *of(lab))
    assert told.code == 3, told.err
    first, *_ = valid(told.out)["causes"]
    assert (first["id"], first["verdict"], first["nodes"]) == (
        "runtime-failure",
        "likely",
        ["worker-01", "worker-02"],
    )
