from __future__ import annotations

import pytest

from tests.domain.causes.incident import (
    BIN_DIR,
    ENFORCING,
    LABELLED,
    NO_DENIALS,
    NOT_WRITEABLE,
    PLAIN,
    ROOM,
    TIMEOUT,
    UNLABELLED,
    WRITABLE,
    attempt_logs,
    denial,
    directories,
    entry,
    failed_copy,
    failed_token,
    finding,
    install_cni,
    verdict,
)

LOG = attempt_logs(*NOT_WRITEABLE)
UNPRIVILEGED = install_cni()


@pytest.mark.parametrize("label", ["usr_t:s0", "user_home_t:s0", "container_var_lib_t:s0", "unlabeled_t:s0"])
def test_a_denial_on_a_label_that_is_not_the_policys_own_confirms_it(label: str) -> None:
    assert verdict("selinux-wrong-context", LOG, UNPRIVILEGED, denial(label), directories(label)) == "confirmed"


def test_a_rule_that_was_not_applied_is_a_wrong_label() -> None:
    rule = directories("bin_t:s0", default="container_file_t:s0")
    facts = (LOG, UNPRIVILEGED, denial("bin_t:s0"), rule)
    assert (
        verdict("selinux-wrong-context", *facts) == "likely" or verdict("selinux-wrong-context", *facts) == "confirmed"
    )


def test_categories_of_another_pod_on_a_file_confirm_it_from_the_record() -> None:
    record = denial("container_file_t:s0:c123,c456", name="calico.tmp", tclass="file")
    assert (
        verdict("selinux-wrong-context", attempt_logs(*failed_copy("permission denied")), UNPRIVILEGED, record)
        == "confirmed"
    )


def test_categories_on_the_directory_confirm_it_without_any_record() -> None:
    facts = (LOG, UNPRIVILEGED, ENFORCING, LABELLED, directories("container_file_t:s0:c1,c2"), NO_DENIALS)
    assert verdict("selinux-wrong-context", *facts, WRITABLE, ROOM, PLAIN) == "confirmed"
    assert verdict("selinux-wrong-context", *facts) == "likely"


def test_a_file_left_by_another_pod_in_a_rightly_labelled_directory_is_found() -> None:
    left = entry(f"{BIN_DIR}/calico.tmp", "container_file_t:s0:c7,c9", kind="-")
    facts = (LOG, UNPRIVILEGED, ENFORCING, LABELLED, directories("container_file_t:s0", left), WRITABLE, ROOM, PLAIN)
    found = finding("selinux-wrong-context", *facts)
    assert found.verdict.value == "confirmed"
    assert "calico.tmp" in found.judgement.evidence_for[0].quote


def test_a_file_moved_in_from_a_home_directory_makes_it_likely() -> None:
    log = attempt_logs(*failed_copy("permission denied"))
    moved = entry(f"{BIN_DIR}/bandwidth", "user_home_t:s0", kind="-")
    facts = (log, UNPRIVILEGED, ENFORCING, LABELLED, directories("container_file_t:s0", moved), NO_DENIALS)
    assert verdict("selinux-wrong-context", *facts) == "likely"


def test_an_unknown_type_is_conclusive_in_permissive_mode_too() -> None:
    log = attempt_logs(
        "container init caused: write /proc/self/attr/keycreate: invalid argument", container="calico-node"
    )
    assert verdict("selinux-wrong-context", log) == "confirmed"


@pytest.mark.parametrize(
    "facts",
    [
        (LOG, UNPRIVILEGED, denial("bin_t:s0"), directories("bin_t:s0")),
        (LOG, UNPRIVILEGED, ENFORCING, UNLABELLED, directories("usr_t:s0")),
        (LOG, install_cni(privileged=True), directories("usr_t:s0")),
        (LOG, UNPRIVILEGED, ENFORCING, LABELLED, directories("container_file_t:s0")),
        (attempt_logs(*failed_token(TIMEOUT)), UNPRIVILEGED, directories("usr_t:s0")),
    ],
)
def test_it_is_ruled_out_by_the_policys_own_label_no_confinement_or_another_step(facts: tuple[object, ...]) -> None:
    assert verdict("selinux-wrong-context", *facts) == "ruled_out"


def test_a_suspicious_label_without_a_record_is_only_possible() -> None:
    assert (
        verdict("selinux-wrong-context", LOG, UNPRIVILEGED, ENFORCING, LABELLED, directories("usr_t:s0")) == "possible"
    )


def test_no_log_and_no_label_leave_it_undetermined() -> None:
    assert verdict("selinux-wrong-context", UNPRIVILEGED) == "undetermined"
