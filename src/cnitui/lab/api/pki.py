"""Certificates and keys of one lab: a CA made at its start, the API server's, users' certificates, SSH keys.

Elliptic curves throughout: making the keys takes a millisecond, RSA would take half a second.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_VALID = dt.timedelta(days=30)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


class Key:
    """An SSH key pair, both halves as OpenSSH writes them; each is written when it is asked for."""

    def __init__(self, key: ed25519.Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> Key:
        """A new Ed25519 pair."""
        return cls(ed25519.Ed25519PrivateKey.generate())

    @property
    def private(self) -> str:
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        ).decode()

    @property
    def public(self) -> str:
        public = self._key.public_key()
        return public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


def _name(common: str, organisations: tuple[str, ...] = ()) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name) for name in organisations]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, later: dt.timedelta = dt.timedelta()
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC) + later
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def authority(common: str = "kubernetes") -> Pair:
    """A self-signed CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(common)
    builder = _builder(name, name, key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    return Pair(builder.sign(key, hashes.SHA256()), key)


def _signed(
    ca: Pair,
    subject: x509.Name,
    purpose: x509.ObjectIdentifier,
    names: list[x509.GeneralName],
    later: dt.timedelta = dt.timedelta(),
) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(subject, ca.certificate.subject, key.public_key(), later)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key())
    builder = builder.add_extension(identifier, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Pair(builder.sign(ca.key, hashes.SHA256()), key)


_NAMES = ("localhost", "kubernetes", "kubernetes.default.svc")
_ADDRESSES = ("127.0.0.1", "::1", "10.96.0.1")


def server(ca: Pair, wrong: str = "") -> Pair:
    """The API server's certificate, for loopback and the names a cluster uses.

    `wrong` makes it `expired`, `not-yet-valid`, one of a `foreign` authority of the same name, or for an `other-name`.
    """
    later = {"expired": -2 * _VALID, "not-yet-valid": _VALID}.get(wrong, dt.timedelta())
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in _NAMES]
    names += [x509.IPAddress(ipaddress.ip_address(ip)) for ip in _ADDRESSES]
    if wrong == "other-name":
        names = [x509.DNSName("api.another.example")]
    signer = authority() if wrong == "foreign" else ca
    return _signed(signer, _name("kube-apiserver"), ExtendedKeyUsageOID.SERVER_AUTH, names, later)


def client(ca: Pair, user: str, groups: tuple[str, ...]) -> Pair:
    """A user's certificate: common name is the user, organisations are the groups."""
    return _signed(ca, _name(user, groups), ExtendedKeyUsageOID.CLIENT_AUTH, [])
