"""What changed on a node, from what its kernel, systemd and rpm say."""

from __future__ import annotations

from datetime import UTC, datetime

from cnitui.domain.parsing.changes import parse_boot, parse_packages, parse_units


def test_the_boot_is_the_kernels_own_time() -> None:
    assert parse_boot("btime 1796096183\n") == ((datetime.fromtimestamp(1796096183, UTC), "the machine booted"),)
    assert parse_boot("cpu 1 2 3\n") == ()


def test_units_that_never_started_are_left_out() -> None:
    said = (
        "Id=kubelet.service\nActiveEnterTimestamp=Mon 2026-11-30 10:49:21 UTC\n\n"
        "Id=crio.service\nActiveEnterTimestamp=\n\n"
        "ActiveEnterTimestamp=Mon 2026-11-30 10:49:14 UTC\nId=containerd.service\n\n"
        "Id=docker.service\nActiveEnterTimestamp=Mon 2026-13-99 10:49:14 UTC\n"
    )
    assert parse_units(said) == (
        (datetime(2026, 11, 30, 10, 49, 21, tzinfo=UTC), "kubelet started"),
        (datetime(2026, 11, 30, 10, 49, 14, tzinfo=UTC), "containerd started"),
    )


def test_packages_that_are_not_there_are_left_out() -> None:
    said = "1796096183 container-selinux-2.232.1-1.el9\npackage rke2-selinux is not installed\n99999999999 x-1-1\n"
    (found,) = [one for one in parse_packages(said) if "container-selinux" in one[1]]
    assert found == (datetime.fromtimestamp(1796096183, UTC), "installed container-selinux-2.232.1-1.el9")
