"""Answers of 400 and above, in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from cnitui.errors import ClusterError, Conflict, Forbidden, Invalid, NotFound, ServerFailure, Throttled, Unauthorized
from cnitui.gateways.kubernetes.failures import answer_failed
from cnitui.gateways.kubernetes.plain import one_line, without_middle


def failed(status: int, headers: dict[str, str] | None = None, **body: object) -> ClusterError:
    return answer_failed(status, json.dumps({"kind": "Status", **body}).encode(), headers or {}, "list pods")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Invalid),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (405, Invalid),
        (409, Conflict),
        (410, ServerFailure),
        (413, Invalid),
        (422, Invalid),
        (429, Throttled),
        (500, ServerFailure),
        (503, ServerFailure),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[ClusterError]) -> None:
    error = failed(status, reason="Why", message="because")
    assert isinstance(error, kind)
    assert error.status == status


def test_a_refusal_names_user_verb_resource_and_how_to_check() -> None:
    message = (
        'daemonsets.apps "calico-node" is forbidden: User "jane" cannot patch resource "daemonsets" '
        'in API group "apps" in the namespace "kube-system"'
    )
    error = failed(403, reason="Forbidden", message=message)
    assert error.what == "User jane may not patch daemonsets (apps) in namespace kube-system"
    assert "kubectl auth can-i patch daemonsets.apps -n kube-system" in error.next_step


def test_a_refusal_of_a_subresource_in_the_whole_cluster() -> None:
    message = 'pods is forbidden: User "j" cannot get resource "pods/log" in API group "" at the cluster scope'
    error = failed(403, message=message)
    assert error.what == "User j may not get pods/log in the whole cluster"
    assert "kubectl auth can-i get pods --subresource=log -A" in error.next_step


def test_a_refusal_by_admission_keeps_its_words() -> None:
    error = failed(403, message='pods "x" is forbidden: violates PodSecurity "baseline:latest": privileged')
    assert 'violates PodSecurity "baseline:latest": privileged' in error.what


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("7", 7, 7), ("", 3, 3), ("soon", 3, 3), ("-5", 3, 3), ("999999", 120, 120), ("9" * 50, 3, 3)],
)
def test_the_wait_of_a_429_comes_from_header_or_body_and_is_bounded(header: str, least: float, most: float) -> None:
    error = failed(429, {"Retry-After": header}, details={"retryAfterSeconds": 3})
    assert isinstance(error, Throttled)
    assert least <= error.retry_after <= most


def test_the_wait_of_a_429_may_be_a_date() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=60)
    error = failed(429, {"Retry-After": format_datetime(moment, usegmt=True)})
    assert isinstance(error, Throttled)
    assert 50 < error.retry_after <= 60


def test_validation_names_the_fields_it_refused() -> None:
    causes = [{"field": "spec.x", "message": "Required value"}, {"field": "spec.y", "message": "bad"}]
    error = failed(422, message="is invalid", details={"causes": causes})
    assert "spec.x: Required value; spec.y: bad" in error.what


@pytest.mark.parametrize("body", [b"", b"<html>\x1b[31mBad gateway", b"\xff\xfe", b"[1]", b'{"message": 5}'])
def test_an_answer_that_is_no_status_still_makes_a_sentence(body: bytes) -> None:
    error = answer_failed(502, body, {}, "list pods")
    assert isinstance(error, ServerFailure)
    assert "502" in error.what
    assert "\x1b" not in str(error)


def test_a_hostile_message_is_one_bounded_line() -> None:
    error = failed(500, message="\x1b]0;title\x07" + "\u202e\u200fevil\n\r\t" * 10_000)
    assert len(str(error)) < 1500
    assert str(error).isprintable()


def test_a_long_message_keeps_its_end_where_the_reason_is() -> None:
    error = failed(422, message='"" is invalid: Invalid value: "' + "x" * 10_000 + '": cannot unmarshal string')
    assert "cannot unmarshal string" in error.what
    assert len(error.what) < 1000


def test_one_line_cuts_and_cleans() -> None:
    assert one_line(" a\n\tb\x00\u2028c\u200b ") == "a b c"
    assert one_line("x" * 100, 10) == "x" * 9 + "…"
    assert without_middle("ab" * 10, 10) == "ababa … babab"
    assert one_line("naïve 日本 ✓") == "naïve 日本 ✓"
