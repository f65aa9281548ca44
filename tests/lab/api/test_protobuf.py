"""Bodies as typed clients post them, recorded from kubectl v1.35.4."""

from __future__ import annotations

import pytest

from cnitui.lab.api.errors import ApiError
from cnitui.lab.api.protobuf import decode

META = b'\x12\x00\x1a\x00"\x00*\x002\x008\x00B\x00'
"""The rest of an ObjectMeta that has a name: what Go writes of empty fields."""


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (
            b"k8s\x00\n\x0f\n\x02v1\x12\tConfigMap\x12\x1b\n\x11\n\x01x" + META
            + b'\x12\x06\n\x01a\x12\x01b\x1a\x00"\x00',
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "b"}},
        ),
        (
            b"k8s\x00\n-\n\x18authentication.k8s.io/v1\x12\x11SelfSubjectReview\x12\x1a\n\x10\n\x00" + META
            + b'\x12\x06\n\x04\n\x00\x12\x00\x1a\x00"\x00',
            {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}},
        ),
        (  # grace 0 is not no grace; -1 is ten bytes long
            b"k8s\x00\n\x13\n\x02v1\x12\rDeleteOptions\x12\x10\x08\x00\x12\x05\n\x03uid*\x03All\x18\x00",
            {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0, "preconditions": {"uid": "uid"},
             "dryRun": ["All"], "orphanDependents": False},
        ),
        (
            b"k8s\x00\n\x13\n\x02v1\x12\rDeleteOptions\x12\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": -1},
        ),
    ],
)  # fmt: skip
def test_a_body_reads_as_its_json(body: bytes, wanted: object) -> None:
    assert decode(body) == wanted


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{}", 400),
        (b"k8s\x00\xff", 400),
        (b"k8s\x00\n\x50", 400),
        (b"k8s\x00" + b"\x80" * 20, 400),
        (b"k8s\x00\n\x0d\n\x02v1\x12\x07Service\x12\x00", 415),
        (b"k8s\x00\n\x0f\n\x02v1\x12\tConfigMap\x12\x02\x7a\x00", 415),
        (b"k8s\x00\n\x0f\n\x02v1\x12\tConfigMap\x12\x02\x08\x01", 400),
    ],
)
def test_what_is_not_read_is_refused(body: bytes, code: int) -> None:
    with pytest.raises(ApiError) as caught:
        decode(body)
    assert caught.value.code == code
