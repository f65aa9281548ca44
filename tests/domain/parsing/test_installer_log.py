from __future__ import annotations

import pytest

from cnitui.domain.facts import LogLine, Milestones
from cnitui.domain.parsing.installer_log import milestones_of, parse_record


def read(*lines: str) -> Milestones:
    return milestones_of([LogLine(line, number) for number, line in enumerate(lines, 1)])


@pytest.mark.parametrize(
    ("line", "level", "message", "error", "kind"),
    [
        ('time="2022-03-16T11:24:21Z" level=info msg="Running as a Kubernetes pod" source="install.go:141"',
         "info", "Running as a Kubernetes pod", "", "logrus"),
        ('time="2024-06-20T07:51:02Z" level=error msg="Failed to install /host/x" error="open /host/x: text file busy"',
         "error", "Failed to install /host/x", "open /host/x: text file busy", "logrus"),
        ("2024-03-22 20:01:51.023 [FATAL][1] cni-installer/<nil> <nil>: found no directory, exiting error=<nil>",
         "fatal", "found no directory, exiting", "<nil>", "calico"),
        ("2024-09-10 09:48:44.100 [FATAL][1] cni-installer/install.go 478: Unable to create token error=Unauthorized",
         "fatal", "Unable to create token", "Unauthorized", "calico"),
        ("[WARNING][9] startup/startup.go 505: Couldn't autodetect", "warning", "Couldn't autodetect", "", "calico"),
        ("W0518 03:27:52.973602       1 client_config.go:617] Neither --kubeconfig nor --master", "warning",
         "Neither --kubeconfig nor --master", "", ""),
        ("cp: can't create '/host/opt/cni/bin/calico': Permission denied", "",
         "cp: can't create '/host/opt/cni/bin/calico': Permission denied", "", "shell"),
    ],
)  # fmt: skip
def test_a_line_of_each_format_is_taken_apart(line: str, level: str, message: str, error: str, kind: str) -> None:
    record = parse_record(LogLine(line, 1))
    assert (record.level, record.message, record.error, record.format) == (level, message, error, kind)


PREFIX = "2024-03-22 20:01:51.030 [INFO][1] cni-installer/<nil> <nil>: "
FATAL = "2024-03-22 20:01:51.031 [FATAL][1] cni-installer/<nil> <nil>: "


def test_a_refused_directory_is_named_and_the_secondary_one_is_normal() -> None:
    found = read(
        f"{PREFIX}Running as a Kubernetes pod",
        f"{PREFIX}/host/opt/cni/bin is not writeable, skipping",
        f"{PREFIX}/host/secondary-bin-dir is not writeable, skipping",
        f"{FATAL}found no writeable directory, exiting error=<nil>",
    )
    assert found.not_writeable == ("/host/opt/cni/bin",)
    assert (found.failed_at, found.error_line, found.error_level) == ("binaries", 4, "fatal")
    assert not found.wrote_binaries


@pytest.mark.parametrize(
    ("last", "stage"),
    [
        ("Unable to create token for CNI kubeconfig error=Unauthorized", "token"),
        ("Unable to create client for generating CNI token error=invalid configuration", "token"),
        ("open /host/etc/cni/net.d/calico-kubeconfig: permission denied", "kubeconfig"),
        ("open /host/etc/cni/net.d/10-calico.conflist: permission denied", "configuration"),
        ('{"name": } is not a valid json object', "configuration"),
        ("CNI config is not valid JSON: invalid character", "configuration"),
        ("Failed to install /host/opt/cni/bin/calico error=no space left on device", "binaries"),
        ("Error installing CNI plugin error=fork/exec /host/opt/cni/bin/calico: permission denied", "binaries"),
        ("Error installing CNI plugin error=open /run/secrets/serviceaccount/token: permission denied",
         "prepare"),
        ("Failed to set the suid bit on the install binary error=read-only file system", "prepare"),
        ("something nobody has seen before", ""),
    ],
)  # fmt: skip
def test_the_first_error_tells_the_step(last: str, stage: str) -> None:
    assert read(f"{PREFIX}Running as a Kubernetes pod", FATAL + last).failed_at == stage


def test_a_good_run_reaches_every_milestone() -> None:
    found = read(
        f"{PREFIX}Running as a Kubernetes pod",
        f'{PREFIX}File is already up to date, skipping file="/host/opt/cni/bin/calico"',
        f"{PREFIX}Installed /host/opt/cni/bin/calico",
        f"{PREFIX}/host/secondary-bin-dir is not writeable, skipping",
        f"{PREFIX}Wrote Calico CNI binaries to /host/opt/cni/bin",
        f"{PREFIX}CNI plugin version: v3.27.0",
        f"{PREFIX}Using CNI config template from CNI_NETWORK_CONFIG environment variable.",
        f"{PREFIX}Created /host/etc/cni/net.d/10-calico.conflist",
        f"{PREFIX}Done configuring CNI.  Sleep= false",
    )
    assert (found.wrote_binaries, found.wrote_kubeconfig, found.wrote_config, found.done) == (True, True, True, True)
    assert (found.binaries_dir, found.version, found.first_error) == ("/host/opt/cni/bin", "3.27.0", "")


def test_the_shell_installers_word_that_it_wrote_is_not_believed_when_copies_failed() -> None:
    found = read(
        "Wrote Calico CNI binaries to /host/opt/cni/bin",
        "CNI plugin version: ",
        "cp: can't create '/host/opt/cni/bin/calico': Permission denied",
    )
    assert not found.wrote_binaries
    assert (found.failed_at, found.format) == ("binaries", "shell")


def test_an_old_go_installer_that_skipped_its_directory_and_went_on_did_not_write_it() -> None:
    found = read(
        'time="2022-03-16T11:24:21Z" level=info msg="/host/opt/cni/bin is not writeable, skipping"',
        'time="2022-03-16T11:24:22Z" level=info msg="Done configuring CNI.  Sleep= false"',
    )
    assert (found.done, found.wrote_binaries, found.not_writeable) == (True, False, ("/host/opt/cni/bin",))


def test_an_error_without_a_fatal_line_is_the_end_all_the_same() -> None:
    error = "[ERROR][1] cni-installer/<nil> <nil>: Failed to install /host/x error=open /host/opt/cni/bin/x.tmp: denied"
    assert read(f"{PREFIX}Running as a Kubernetes pod", error).failed_at == "binaries"


def test_an_empty_log_says_nothing() -> None:
    assert read() == Milestones()


def test_a_line_of_the_journal_is_read_behind_what_the_journal_put_before_it() -> None:
    said = "/install-cni.sh: line 101: can't create /host/etc/cni/net.d/x: nonexistent directory"
    text = f"Apr 26 16:56:56 worker-1 docker[10875]: {said}"
    record = parse_record(LogLine(text, 3))
    assert record.failure
    assert record.message == said
    assert (record.text, record.number) == (text, 3)
