"""read-only-filesystem, disk-full, text-file-busy, host-permission, mount-failure."""

from __future__ import annotations

import pytest

from cnitui.domain.facts import CniDirectories, Filesystem, FreeSpace
from tests.domain.causes.incident import (
    BIN_DIR,
    FULL,
    IMMUTABLE,
    NET_DIR,
    NO_EXEC,
    NO_INODES,
    NOT_WRITEABLE,
    PLAIN,
    READ_ONLY,
    ROOM,
    RUNNING,
    TIMEOUT,
    WRITABLE,
    attempt_logs,
    directories,
    events,
    failed_copy,
    failed_token,
    install_cni,
    verdict,
)

LOG = attempt_logs(*NOT_WRITEABLE)
ASKED_THE_API = attempt_logs(*failed_token(TIMEOUT))
MISSING = CniDirectories(BIN_DIR, NET_DIR, {}, {}, (BIN_DIR,))
NOT_EXECUTABLE = attempt_logs(
    RUNNING,
    "[FATAL][1] cni-installer/<nil> <nil>: Error installing CNI plugin error=fork/exec /host/opt/cni/bin/calico: "
    "permission denied",
)


@pytest.mark.parametrize(
    ("cause", "facts"),
    [
        ("read-only-filesystem", (attempt_logs(*failed_copy("read-only file system")),)),
        ("read-only-filesystem", (LOG, READ_ONLY)),
        ("disk-full", (attempt_logs(*failed_copy("no space left on device")),)),
        ("disk-full", (attempt_logs(*failed_copy("disk quota exceeded")),)),
        ("text-file-busy", (attempt_logs(*failed_copy("text file busy")),)),
        ("host-permission", (LOG, IMMUTABLE)),
        ("host-permission", (NOT_EXECUTABLE, NO_EXEC)),
        ("mount-failure", (LOG, MISSING)),
        ("mount-failure", (events("Failed Error: bind source path does not exist: /opt/cni/bin"),)),
    ],
)
def test_confirmed(cause: str, facts: tuple[object, ...]) -> None:
    assert verdict(cause, *facts) == "confirmed"


@pytest.mark.parametrize(
    ("cause", "facts"),
    [
        ("disk-full", (LOG, FULL)),
        ("disk-full", (LOG, NO_INODES)),
        ("host-permission", (attempt_logs(*failed_copy("operation not permitted")),)),
        ("host-permission", (LOG, directories(owner="997"), install_cni(dropped=("ALL",)))),
        ("host-permission", (LOG, directories(), install_cni(user=1000))),
    ],
)
def test_likely(cause: str, facts: tuple[object, ...]) -> None:
    assert verdict(cause, *facts) == "likely"


@pytest.mark.parametrize("cause", ["read-only-filesystem", "disk-full", "host-permission", "mount-failure"])
def test_possible_while_only_the_log_is_known(cause: str) -> None:
    assert verdict(cause, LOG) == "possible"


@pytest.mark.parametrize(
    ("cause", "facts"),
    [
        ("read-only-filesystem", (LOG, WRITABLE)),
        ("read-only-filesystem", (attempt_logs(*failed_copy("permission denied")),)),
        ("disk-full", (LOG, ROOM)),
        ("text-file-busy", (LOG,)),
        ("host-permission", (LOG, directories(), PLAIN, install_cni())),
        ("host-permission", (attempt_logs(*failed_copy("no space left on device")),)),
        ("mount-failure", (LOG, directories())),
        ("read-only-filesystem", (ASKED_THE_API,)),
        ("disk-full", (ASKED_THE_API,)),
        ("text-file-busy", (ASKED_THE_API,)),
        ("host-permission", (ASKED_THE_API,)),
        ("mount-failure", (ASKED_THE_API,)),
    ],
)
def test_ruled_out(cause: str, facts: tuple[object, ...]) -> None:
    assert verdict(cause, *facts) == "ruled_out"


@pytest.mark.parametrize("cause", ["read-only-filesystem", "disk-full", "text-file-busy", "host-permission"])
def test_undetermined_without_anything_to_read(cause: str) -> None:
    assert verdict(cause) == "undetermined"


def test_a_privileged_container_may_write_a_directory_of_another_user() -> None:
    facts = (LOG, directories(owner="997"), PLAIN, install_cni(privileged=True))
    assert verdict("host-permission", *facts) == "ruled_out"


def test_a_whole_table_of_filesystems_is_read_for_the_one_that_holds_the_directory() -> None:
    root, opt = (
        Filesystem("/", "/dev/sda1", "/", 100, 90),
        Filesystem("/opt", "/dev/sdb1", "/opt", 9_000_000, 8_000_000),
    )
    assert verdict("disk-full", LOG, FreeSpace((root, opt))) == "ruled_out"
    assert verdict("disk-full", LOG, FreeSpace((root,))) == "likely"
