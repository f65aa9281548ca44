"""What is hidden, what must not be, and that hiding takes no longer the more hostile a text is."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnitui.domain.finding import Evidence, Finding, Judgement, Verdict
from cnitui.domain.redaction import PART, Redactor, hidden_words, parts_of

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQifQ.c2lnbmF0dXJl"
HIDDEN = [
    ('"k8s_auth_token": "abc.def"', "abc.def"),
    ('{\\"k8s_auth_token\\": \\"abc.def\\"}', "abc.def"),
    ("    token: hunter", "hunter"),
    ("2026-01-01T00:00:00Z     token: hunter", "hunter"),
    ("- client-key-data: LS0tLS1CRUdJTg==", "LS0tLS1CRUdJTg=="),
    ("got token: s3cr3tvalue, retrying", "s3cr3tvalue"),
    ("Authorization: Bearer abcdefgh1234567890", "abcdefgh1234567890"),
    ("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    (f"saw {JWT} in a header", JWT),
    ("dial https://user:pw@registry.example.net/v2", "user:pw"),
    ("PASSWORD=hunter2", "hunter2"),
    ("ETCD_PASSWORD='a,b c'", "a,b"),
    ("kubeadm join --token abcdef.0123456789abcdef", "abcdef.0123456789abcdef"),
    ("-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEI\n-----END EC PRIVATE KEY-----", "MHcCAQEEI"),
    ("-----BEGIN PRIVATE KEY-----\\nMHcCAQEEI", "MHcCAQEEI"),
    ('{"name": "DB_SECRET", "value": "a\\"b"}', 'a\\"b'),
    ('"auths": {"r": {"auth": "dXNlcjpwYXNz"}}', "dXNlcjpwYXNz"),
    ("aws AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
]
KEPT = [
    "open /var/run/secrets/kubernetes.io/serviceaccount/token: permission denied",
    'error=Post "https://10.96.0.1:443/api/v1/namespaces/kube-system/serviceaccounts/calico-node/token": dial tcp',
    "Unable to create token for CNI kubeconfig error=<nil>",
    "Unauthorized: token: expired",
    "token: x509: certificate signed by unknown authority",
    'MountVolume.SetUp failed for volume "calico-etcd" : secret "calico-etcd-secrets" not found',
    "sudo: a password is required",
    "failed to load credentials: no such file or directory",
    'type=AVC msg=audit(1.2:3): avc:  denied  { read } for  pid=1 comm="install" name="token" permissive=0',
    "-----BEGIN CERTIFICATE-----",
    "tokenExpirationSeconds: 3607",
]


@pytest.mark.parametrize(("text", "secret"), HIDDEN)
def test_a_secret_is_hidden_and_counted(text: str, secret: str) -> None:
    redactor = Redactor()
    clean = redactor.text(text, "a log")
    assert secret not in clean
    assert "[redacted: " in clean
    assert sum(redactor.counts.values()) == 1
    assert Redactor().text(clean, "a log") == clean


@pytest.mark.parametrize("text", KEPT)
def test_what_causes_are_judged_by_is_kept(text: str) -> None:
    redactor = Redactor()
    assert redactor.text(text, "a log") == text
    assert not redactor.counts


def test_a_placeholder_says_what_it_hid_and_how_much() -> None:
    assert Redactor().text("Bearer abcdefgh12", "") == "Bearer [redacted: bearer token, 10 characters]"


def test_json_stays_json() -> None:
    text = json.dumps({"env": [{"key": "API_TOKEN", "value": 'x\ny"z'}], "pem": "-----BEGIN PRIVATE KEY-----\nMHc\n"})
    assert json.loads(Redactor().text(text, ""))["env"][0]["value"].startswith("[redacted: ")


def test_objects_are_redacted_by_the_names_of_their_fields() -> None:
    document = {
        "kind": "Secret",
        "data": {"key": "c2VjcmV0"},
        "spec": {"env": [{"name": "DB_PASSWORD", "value": "a"}, {"name": "DB_TOKEN_FILE", "value": "/run/t"}]},
        "token": "/var/run/token",
        "automountServiceAccountToken": True,
    }
    clean = Redactor().document(document, "")
    assert clean == {
        "kind": "Secret",
        "data": {"key": "[redacted: Secret's data, 8 characters]"},
        "spec": {
            "env": [
                {"name": "DB_PASSWORD", "value": "[redacted: value of a secret field, 1 characters]"},
                {"name": "DB_TOKEN_FILE", "value": "/run/t"},
            ]
        },
        "token": "/var/run/token",
        "automountServiceAccountToken": True,
    }


def test_bytes_that_are_no_text_come_back_as_they_were() -> None:
    data = b"\xff\xfe \x80 token: s3cr3t-value \xc3\x28"
    clean = Redactor().data(data, "")
    assert clean.startswith(b"\xff\xfe \x80 token: [redacted")
    assert clean.endswith(b" \xc3\x28")


@given(st.text(max_size=400))
def test_redacting_twice_changes_nothing(text: str) -> None:
    once = Redactor().text(text, "")
    assert Redactor().text(once, "") == once


@given(st.lists(st.sampled_from([text for text, _ in HIDDEN] + KEPT + ["", " ", '"', "{"]), max_size=12))
def test_redacting_mixed_texts_twice_changes_nothing(lines: list[str]) -> None:
    once = Redactor().text("\n".join(lines), "")
    assert Redactor().text(once, "") == once


@pytest.mark.parametrize(
    "unit",
    ["-----BEGIN PRIVATE KEY-----", "token", '"token":"', "eyJ", "eyJaaaaaaaaa.", "://a:", "token: ", "--", "\\", " ",
     '"name":"', "password=", "bearer ", "authorization: basic "],
)  # fmt: skip
def test_a_hostile_megabyte_takes_no_time(unit: str) -> None:
    text = (unit * (1_000_000 // len(unit))) + "token"
    began = time.process_time()
    Redactor().text(text, "")
    assert time.process_time() - began < 5


def test_a_fact_is_redacted_in_every_text_and_is_the_same_object_without_a_secret() -> None:
    plain = Finding("disk-full", "the disk is full", Judgement(Verdict.LIKELY, "it says so"), ("worker-01",))
    redactor = Redactor()
    assert redactor.fact(plain, "report") is plain
    quoted = Evidence("kubectl logs x", "line 1", f"saw {JWT} in a header")
    told = Finding("unknown", "PASSWORD=hunter2", Judgement(Verdict.LIKELY, "it says so", (quoted,)), ("worker-01",))
    clean = redactor.fact(told, "report")
    assert not any(secret in repr(clean) for secret in (JWT, "hunter2"))
    assert clean.judgement.verdict is Verdict.LIKELY
    assert hidden_words(redactor.hidden) == "1 × JSON web token, 1 × value of a secret variable"


def test_a_long_log_is_redacted_in_parts_that_cut_no_line_and_no_key() -> None:
    key = b"-----BEGIN PRIVATE KEY-----\n" + b"LEAKYkeyMATERIAL\n" * 40 + b"-----END PRIVATE KEY-----\n"
    fill = b"2026-11-23T10:00:00.000000000Z a line\n" * (PART // 38)
    parts = list(parts_of(fill[: -len(fill) // 40] + b"\n" + key + fill + b"no end"))
    assert len(parts) > 1
    assert b"".join(parts).endswith(b"no end")
    redactor = Redactor()
    assert b"LEAKY" not in b"".join(redactor.data(part, "log") for part in parts)
