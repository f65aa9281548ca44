"""What was found is known again in the next sitting: of this cluster, of this day, and whatever else lies there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cnitui.domain.experiment import Attempt, Experiment, Try
from cnitui.engine.jobs.kept import NEWEST, keep, kept_trials
from cnitui.engine.repair.workbench import Workbench

FAILS, WORKS = Attempt(1, "found no writeable directory"), Attempt(0, "Done")


def experiment(bench: Workbench, node: str = "worker-01", ago: timedelta = timedelta()) -> Experiment:
    return Experiment(
        "selinux-denial", "SELinux stops it", "type spc_t", node, "install-cni", FAILS, FAILS, WORKS, "r1",
        bench.clock.now() - ago,
    )  # fmt: skip


def known(bench: Workbench, context: str = "", server: str = "") -> tuple[Experiment | Try, ...]:
    connection = bench.api.connection
    return kept_trials(bench.journal, context or connection.context, server or connection.server, bench.clock.now())


def test_experiments_and_tries_come_back_in_their_order(jobs_bench: Workbench) -> None:
    found = experiment(jobs_bench)
    tried = Try("20261128T080114Z-8d08", "privileged", "worker-01", "install-cni", FAILS, WORKS, found.at)
    keep(jobs_bench, found)
    keep(jobs_bench, tried)
    assert set(known(jobs_bench)) == {found, tried}


def test_those_of_another_cluster_or_day_do_not(jobs_bench: Workbench) -> None:
    keep(jobs_bench, experiment(jobs_bench))
    keep(jobs_bench, experiment(jobs_bench, ago=timedelta(days=1)))
    keep(jobs_bench, replace(experiment(jobs_bench), at=None))
    assert len(known(jobs_bench)) == 1
    assert known(jobs_bench, context="another") == known(jobs_bench, server="https://10.9.9.9:6443") == ()


def test_plans_and_broken_documents_are_passed_over(jobs_bench: Workbench) -> None:
    journal, now = jobs_bench.journal, jobs_bench.clock.now()
    journal.keep(journal.new_id(now), "plan", {"schema": "cnitui/plan/v1"})
    journal.keep(journal.new_id(now), "trial", ["no", "document"])
    broken = journal.keep(journal.new_id(now), "trial", {})
    broken.write_text("{")
    keep(jobs_bench, experiment(jobs_bench))
    assert len(known(jobs_bench)) == 1


def test_only_the_newest_are_looked_at(jobs_bench: Workbench) -> None:
    for number in range(NEWEST + 3):
        keep(jobs_bench, experiment(jobs_bench, f"worker-{number:02d}"))
    assert len(known(jobs_bench)) == NEWEST
