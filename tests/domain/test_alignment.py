"""A failing attempt beside the reference's: the same steps side by side, and where they part."""

from __future__ import annotations

import pytest

from cnitui.domain.alignment import LONGEST, Alignment, Log, align
from cnitui.domain.attempt_text import sense

REFERENCE = Log(
    (
        "2026-11-22 18:01:37.001 [INFO][1] cni-installer/<nil> <nil>: Running as a Kubernetes pod",
        "2026-11-22 18:01:37.200 [INFO][1] cni-installer/<nil> <nil>: Installed /host/opt/cni/bin/bandwidth",
        "2026-11-22 18:01:38.900 [INFO][1] cni-installer/<nil> <nil>: Wrote Calico CNI binaries to /host/opt/cni/bin",
        "2026-11-22 18:01:39.100 [INFO][1] cni-installer/<nil> <nil>: CNI plugin version: v3.27.0",
        '  "nodename": "master-01",',
        '  "mtu": 0,',
        "2026-11-22 18:01:39.400 [INFO][1] cni-installer/<nil> <nil>: Done configuring CNI.  Sleep= false",
    ),
    ("master-01",),
)


def log(*texts: str, node: str = "worker-01") -> Log:
    return Log(texts, (node,))


def drawn(alignment: Alignment, place: int = 0) -> list[tuple[int | None, int | None, str]]:
    return [
        (step.reference, cell.line, cell.kind) for step in alignment.steps if (cell := step.cells[place]) is not None
    ]


def test_an_attempt_that_stops_at_its_second_line_stands_beside_the_first_two_steps() -> None:
    failing = log(
        "2026-11-23 11:17:54.123 [INFO][1] cni-installer/<nil> <nil>: Running as a Kubernetes pod",
        "2026-11-23 11:17:55.001 [FATAL][1] cni-installer/<nil> <nil>: /host/opt/cni/bin is not writeable, skipping",
    )
    found = align(REFERENCE, [failing])
    assert drawn(found) == [
        (0, 0, "same"),
        (1, 1, "differs"),
        *((line, None, "unreached") for line in range(2, 7)),
    ]
    assert found.first == (1,)


def test_other_values_at_the_same_step_are_told_from_another_step() -> None:
    failing = log(*(text.replace("master", "worker").replace('"mtu": 0', '"mtu": 1440') for text in REFERENCE.lines))
    found = align(REFERENCE, [failing])
    assert [kind for _, _, kind in drawn(found)] == ["same"] * 5 + ["values"] + ["same"]
    assert found.first == (5,)


def test_lines_of_one_log_alone_are_extra_or_missing() -> None:
    lines = REFERENCE.lines
    failing = log(lines[0], "a warning", *lines[1:3], lines[4].replace("master", "worker"), *lines[5:])
    found = align(REFERENCE, [failing])
    kinds = [kind for _, _, kind in drawn(found)]
    assert kinds == ["same", "extra", "same", "same", "missing", "same", "same", "same"]
    assert found.first == (1,)


def test_the_same_log_on_another_node_differs_nowhere() -> None:
    assert align(REFERENCE, [log(*(text.replace("master", "worker") for text in REFERENCE.lines))]).first == (None,)


def test_a_log_that_ends_without_a_word_differs_where_it_ends() -> None:
    found = align(REFERENCE, [log(*REFERENCE.lines[:3]), log()])
    assert found.first == (3, 0)
    assert [kind for _, _, kind in drawn(found)] == ["same"] * 3 + ["unreached"] * 4


def test_several_logs_stand_in_the_rows_of_one_reference() -> None:
    lines = REFERENCE.lines
    found = align(REFERENCE, [log(lines[0], "x", "y"), log(lines[0], lines[1], "z", *lines[2:4])])
    assert [step.reference for step in found.steps] == [0, 1, None, 2, 3, 4, 5, 6]
    assert drawn(found, 0)[:3] == [(0, 0, "same"), (1, 1, "differs"), (2, 2, "differs")]
    assert drawn(found, 1)[:4] == [(0, 0, "same"), (1, 1, "same"), (None, 2, "extra"), (2, 3, "same")]
    assert found.first == (1, 2)


@pytest.mark.parametrize("lines", [(), ("x",) * 5000, tuple(map(str, range(5000)))], ids=["none", "same", "numbers"])
def test_any_log_can_be_laid_beside_any_other(lines: tuple[str, ...]) -> None:
    found = align(Log(lines), [Log(REFERENCE.lines), Log(())])
    assert sum(step.reference is not None for step in found.steps) == min(len(lines), LONGEST)
    assert sorted(line for _, line, _ in drawn(found) if line is not None) == list(range(7))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("read tcp 10.0.0.5:41820->10.96.0.1:443: timeout", "read tcp 10.0.0.5:52002->10.96.0.1:443: timeout"),
        ('time="2021-05-01T10:00:00Z" level=info msg="up"', 'time="2022-06-01T11:00:00Z" level=info msg="up"'),
        ("took 1.203s", "took 4.1s"),
        ("rename /host/opt/cni/bin/calico.tmp1234567", "rename /host/opt/cni/bin/calico.tmp7654321"),
    ],
)
def test_what_differs_in_every_run_says_nothing(one: str, other: str) -> None:
    assert sense(one) == sense(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("dial 10.96.0.1:443", "dial 10.96.0.1:6443"), ("exit status 1", "exit status 2"), ("v3.27.0", "v3.28.0")],
)
def test_what_may_matter_stays(one: str, other: str) -> None:
    assert sense(one) != sense(other)
