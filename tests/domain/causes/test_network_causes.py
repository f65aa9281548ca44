"""apiserver-unreachable and kube-proxy-service-vip: one log line, told apart by asking the endpoint."""

from __future__ import annotations

import pytest

from cnitui.domain.facts import ApiReach, Reach
from tests.domain.causes.incident import (
    NOT_WRITEABLE,
    TIMEOUT,
    attempt_logs,
    diagnosis,
    failed_token,
    finding,
    install_cni,
    reach,
    rules,
    verdict,
)

LOG = attempt_logs(*failed_token(TIMEOUT))
PRIVILEGED = install_cni(privileged=True)


@pytest.mark.parametrize("outcome", ["timeout", "refused", "unreachable"])
def test_a_silent_endpoint_confirms_the_api_server_out_of_reach(outcome: str) -> None:
    assert verdict("apiserver-unreachable", LOG, reach("timeout", outcome)) == "confirmed"
    assert verdict("kube-proxy-service-vip", LOG, reach("timeout", outcome)) == "undetermined"


def test_rules_that_are_there_rule_kube_proxy_out_when_the_endpoint_is_silent() -> None:
    assert verdict("kube-proxy-service-vip", LOG, reach("timeout", "timeout"), rules(programmed=True)) == "ruled_out"


def test_an_endpoint_that_answers_confirms_kube_proxy_and_rules_the_network_out() -> None:
    assert verdict("kube-proxy-service-vip", LOG, reach("timeout", "answered")) == "confirmed"
    assert verdict("apiserver-unreachable", LOG, reach("timeout", "answered")) == "ruled_out"


def test_a_missing_rule_makes_kube_proxy_likely() -> None:
    assert verdict("kube-proxy-service-vip", LOG, rules(programmed=False)) == "likely"


def test_a_service_address_that_answers_rules_kube_proxy_out() -> None:
    assert verdict("kube-proxy-service-vip", LOG, reach("answered", "answered")) == "ruled_out"


def test_the_log_alone_names_both_and_the_command_that_decides() -> None:
    found = diagnosis(LOG, PRIVILEGED)
    assert not found.confident
    assert [finding.cause for finding in found.findings[:2]] == ["apiserver-unreachable", "kube-proxy-service-vip"]
    assert "curl" in found.next_evidence[0].command


def test_selinux_is_out_of_the_question_once_the_api_server_was_asked() -> None:
    assert verdict("selinux-denial", LOG, PRIVILEGED) == "ruled_out"


@pytest.mark.parametrize("cause", ["apiserver-unreachable", "kube-proxy-service-vip"])
def test_a_directory_that_was_refused_rules_them_out(cause: str) -> None:
    assert verdict(cause, attempt_logs(*NOT_WRITEABLE), reach("timeout", "timeout")) == "ruled_out"


@pytest.mark.parametrize("cause", ["apiserver-unreachable", "kube-proxy-service-vip"])
@pytest.mark.parametrize(
    "reason", ["Unauthorized", 'serviceaccounts "calico-node" is forbidden: User "x" cannot create']
)
def test_an_answer_of_the_server_rules_them_out(cause: str, reason: str) -> None:
    assert verdict(cause, attempt_logs(*failed_token(reason))) == "ruled_out"


@pytest.mark.parametrize("cause", ["apiserver-unreachable", "kube-proxy-service-vip"])
def test_without_a_log_they_are_undetermined(cause: str) -> None:
    assert verdict(cause) == "undetermined"


@pytest.mark.parametrize(
    "reason", ["dial tcp 192.0.2.100:6443: connect: connection refused", "dial tcp: lookup api.example: no such host"]
)
def test_an_address_without_kube_proxy_on_the_way_makes_the_network_likely(reason: str) -> None:
    assert verdict("apiserver-unreachable", attempt_logs(*failed_token(reason))) == "likely"


def test_no_route_at_all_comes_before_kube_proxys_rules() -> None:
    log = attempt_logs(*failed_token("dial tcp 10.96.0.1:443: connect: network is unreachable"))
    assert verdict("apiserver-unreachable", log) == "likely"
    assert verdict("kube-proxy-service-vip", log) == "possible"


def no_route(raw: str = "* connect to 10.96.0.1 port 443 failed: Network is unreachable") -> ApiReach:
    endpoint = Reach(
        "10.240.0.10:6443", "answered", "* Connected to 10.240.0.10", "ssh w1 curl https://10.240.0.10:6443"
    )
    return ApiReach(Reach("10.96.0.1:443", "unreachable", raw, "ssh w1 curl https://10.96.0.1:443"), endpoint)


def test_a_missing_route_is_not_a_missing_rule() -> None:
    assert verdict("apiserver-unreachable", LOG, no_route()) == "confirmed"
    assert verdict("kube-proxy-service-vip", LOG, no_route(), rules(programmed=True)) == "ruled_out"


def test_somebody_on_the_way_who_knows_no_route_is_no_missing_route() -> None:
    said = no_route("* connect to 10.96.0.1 port 443 failed: No route to host")
    assert verdict("kube-proxy-service-vip", LOG, said) == "confirmed"


def test_each_quote_carries_the_command_that_gave_it() -> None:
    for cause, source in (("apiserver-unreachable", "10.96.0.1:443"), ("kube-proxy-service-vip", "10.96.0.1:443")):
        found = finding(cause, LOG, no_route()).judgement
        quoted = (*found.evidence_for, *found.evidence_against)
        assert quoted[0].source == f"ssh w1 curl https://{source}"
        assert "unreachable" in quoted[0].quote
    answered = finding("kube-proxy-service-vip", LOG, no_route("No route to host")).judgement.evidence_for[0]
    assert (answered.source, answered.quote) == ("ssh w1 curl https://10.240.0.10:6443", "* Connected to 10.240.0.10")
