"""Errors in two or three words."""

from __future__ import annotations

import pytest

from cnitui.errors import (
    AnotherMachine,
    ClusterUnreachable,
    CnituiError,
    HostKeyChanged,
    NodeError,
    NodeLoginFailed,
    ServerFailure,
    Throttled,
    Unauthorized,
)
from cnitui.tui.brief import brief


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Unauthorized("no"), "login refused (401)"),
        (Throttled("wait"), "overloaded (429)"),
        (ServerFailure("no", status=503), "server error (503)"),
        (ServerFailure("<html>"), "answers make no sense"),
        (ClusterUnreachable("no", reason="CertificateExpired"), "certificate expired"),
        (ClusterUnreachable("no", reason="CertificateNotYetValid"), "cert. not yet valid"),
        (ClusterUnreachable("no", reason="CertificateName"), "cert. of another name"),
        (ClusterUnreachable("no", reason="Certificate"), "certificate not trusted"),
        (ClusterUnreachable("no"), "not reachable"),
        (HostKeyChanged("no"), "host key changed"),
        (AnotherMachine("no"), "another machine answers"),
        (NodeLoginFailed("no"), "login refused"),
        (NodeError("no"), "not readable"),
        (CnituiError("no"), "failed"),
    ],
)
def test_an_error_in_few_words(error: CnituiError, words: str) -> None:
    assert brief(error) == words
    assert len(words) <= 23, "the header has no more room at 80 columns"
