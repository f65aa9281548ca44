from __future__ import annotations

import pytest

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.evidence import Source
from cnitui.domain.facts import AttemptLogs, InstallCni, Run
from tests.domain.causes import incident
from tests.domain.causes.incident import (
    ENFORCING,
    FULL,
    IMMUTABLE,
    LABELLED,
    NO_DENIALS,
    NOT_WRITEABLE,
    PERMISSIVE,
    PLAIN,
    READ_ONLY,
    ROOM,
    TIMEOUT,
    UNLABELLED,
    WRITABLE,
    attempt_logs,
    denial,
    directories,
    failed_copy,
    failed_token,
    finding,
    install_cni,
    verdict,
)

LOG = attempt_logs(*NOT_WRITEABLE)
UNPRIVILEGED = install_cni()


def test_a_denial_of_the_installer_inside_an_attempt_on_the_policys_own_label_confirms_it() -> None:
    found = finding("selinux-denial", LOG, UNPRIVILEGED, ENFORCING, LABELLED, denial(), directories())
    assert found.verdict.value == "confirmed"
    quoted = found.judgement.evidence_for[0]
    assert (quoted.source, quoted.position) == ("source of AvcDenials", "line 7")
    assert "denied" in quoted.quote


def test_the_record_alone_carries_confinement_and_process() -> None:
    assert verdict("selinux-denial", LOG, UNPRIVILEGED, denial()) == "confirmed"


def test_without_the_times_of_attempts_a_denial_makes_it_likely() -> None:
    untimed = Run("c", exit_code=1, reason="Error")
    log = attempt_logs(*NOT_WRITEABLE, run=untimed)
    case = incident.case(log, UNPRIVILEGED, denial()).with_observed(
        incident.pod(run=untimed), Source("kubectl"), incident.NODE
    )
    found = next(f for f in diagnose(case).findings if f.cause == "selinux-denial")
    assert found.verdict.value == "likely"


def test_a_denial_of_the_services_token_is_one_as_well() -> None:
    log = attempt_logs(
        incident.RUNNING,
        "[FATAL][1] cni-installer/<nil> <nil>: Error installing CNI plugin error=open "
        "/var/run/secrets/kubernetes.io/serviceaccount/token: permission denied",
    )
    link = denial("tmpfs_t:s0", name="token", tclass="lnk_file")
    assert verdict("selinux-denial", log, UNPRIVILEGED, link) == "confirmed"


def test_binaries_written_do_not_rule_out_a_denial_on_the_configuration_directory() -> None:
    log = attempt_logs(
        incident.RUNNING,
        incident.WROTE,
        "[FATAL][1] cni-installer/<nil> <nil>: open /host/etc/cni/net.d/calico-kubeconfig: permission denied",
    )
    assert verdict("selinux-denial", log, UNPRIVILEGED, denial("etc_t:s0", name="net.d")) == "confirmed"


def test_labels_and_the_absence_of_every_rival_make_it_likely_when_dontaudit_hides_the_record() -> None:
    facts = (LOG, UNPRIVILEGED, ENFORCING, LABELLED, directories(), NO_DENIALS, WRITABLE, ROOM, PLAIN)
    assert verdict("selinux-denial", *facts) == "likely"


@pytest.mark.parametrize("missing", [WRITABLE, ROOM, PLAIN])
def test_one_rival_left_open_keeps_it_at_possible(missing: object) -> None:
    facts = [LOG, UNPRIVILEGED, ENFORCING, LABELLED, directories(), NO_DENIALS, WRITABLE, ROOM, PLAIN]
    assert verdict("selinux-denial", *(fact for fact in facts if fact is not missing)) == "possible"


def test_the_log_alone_gives_candidates_and_the_commands_that_decide() -> None:
    diagnosis = incident.diagnosis(LOG, UNPRIVILEGED)
    assert not diagnosis.confident
    possible = {found.cause for found in diagnosis.findings if found.verdict.value == "possible"}
    assert {"selinux-denial", "read-only-filesystem", "host-permission"} <= possible
    commands = " ".join(step.command for step in diagnosis.next_evidence)
    assert "ssh worker-01 sudo ausearch" in commands
    assert "findmnt -T /opt/cni/bin" in commands


@pytest.mark.parametrize(
    ("why", "facts"),
    [
        ("privileged", (LOG, install_cni(privileged=True), denial(after=-3600))),
        ("runs as spc_t", (LOG, install_cni(selinux_type="spc_t"))),
        ("no label", (LOG, UNPRIVILEGED, ENFORCING, UNLABELLED)),
        ("permissive", (LOG, UNPRIVILEGED, PERMISSIVE, denial(permissive=True))),
        ("token", (attempt_logs(*failed_token(TIMEOUT)), UNPRIVILEGED, ENFORCING, LABELLED, denial())),
        ("EROFS", (attempt_logs(*failed_copy("read-only file system")), UNPRIVILEGED, ENFORCING, LABELLED)),
        ("EPERM", (attempt_logs(*failed_copy("operation not permitted")), UNPRIVILEGED, ENFORCING, LABELLED)),
    ],
)
def test_it_is_ruled_out_by(why: str, facts: tuple[object, ...]) -> None:
    found = finding("selinux-denial", *facts)
    assert (found.verdict.value, why in found.judgement.because) == ("ruled_out", True), found.judgement.because


def test_a_denial_for_a_wrong_label_is_not_the_policys_fault() -> None:
    facts = (LOG, UNPRIVILEGED, ENFORCING, LABELLED, denial("usr_t:s0"), directories("usr_t:s0"), WRITABLE, ROOM, PLAIN)
    assert verdict("selinux-denial", *facts) == "possible"
    assert verdict("selinux-wrong-context", *facts) == "confirmed"


def test_what_was_only_logged_was_not_denied() -> None:
    assert verdict("selinux-denial", LOG, UNPRIVILEGED, denial(permissive=True)) == "possible"


def test_another_process_is_not_the_installer() -> None:
    assert verdict("selinux-denial", LOG, UNPRIVILEGED, denial(comm="nginx")) == "possible"


def test_a_denial_from_another_day_does_not_confirm_it() -> None:
    assert verdict("selinux-denial", LOG, UNPRIVILEGED, denial(after=-86_400)) == "possible"


def test_nothing_to_be_read_leaves_it_undetermined() -> None:
    source = Source("kubectl logs", incident.NODE)
    case = incident.case(UNPRIVILEGED).with_unavailable(
        AttemptLogs, "403: pods/log is forbidden", source, incident.NODE
    )
    diagnosis = diagnose(case)
    found = next(f for f in diagnosis.findings if f.cause == "selinux-denial")
    assert found.verdict.value == "undetermined"
    assert [missing.why for missing in diagnosis.unavailable] == ["403: pods/log is forbidden"]


@pytest.mark.parametrize("rival", [READ_ONLY, FULL, IMMUTABLE])
def test_it_is_never_confident_while_a_rival_explains_the_failure(rival: object) -> None:
    facts = (LOG, UNPRIVILEGED, ENFORCING, LABELLED, directories(), NO_DENIALS)
    assert not finding("selinux-denial", *facts, rival).verdict.confident


def test_the_processes_of_old_installers_count_too() -> None:
    shell = InstallCni("install-cni", "calico/cni:v3.8.2", UNPRIVILEGED.security, ("/install-cni.sh",))
    log = attempt_logs("cp: can't create '/host/opt/cni/bin/calico': Permission denied")
    assert verdict("selinux-denial", log, shell, denial(comm="cp")) == "confirmed"
