"""Private keys, read once: asyncssh reads (and for RSA checks, 207 ms for 4096 bits) them for every connection."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import field
from pathlib import Path

import asyncssh

from cnitui.late_dataclass import dataclass

DEFAULT_NAMES = ("id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk", "id_ed448")
KeyArgument = asyncssh.SSHKey | tuple[asyncssh.SSHKey, Sequence[asyncssh.SSHCertificate]]


@dataclass(frozen=True, slots=True)
class Identity:
    """What one identity file gave: a private key with its certificates, or why there is none.

    `public` are key blobs by which an agent is asked for the same identity: an encrypted key is used through the agent.
    """

    path: Path
    key: asyncssh.SSHKey | None = None
    certificates: tuple[asyncssh.SSHCertificate, ...] = ()
    public: tuple[bytes, ...] = ()
    problem: str = ""

    @property
    def arguments(self) -> tuple[KeyArgument, ...]:
        """For asyncssh: the key with each of its certificates (it is tried alone as well), or nothing."""
        if self.key is None:
            return ()
        return tuple((self.key, [certificate]) for certificate in self.certificates) or (self.key,)


@dataclasses.dataclass(slots=True)
class Keyring:
    """Identity files by path, each read once; blocking."""

    _read: dict[tuple[Path, tuple[Path, ...]], Identity] = field(default_factory=dict)

    def identities(self, files: Iterable[Path], certificates: Iterable[Path] = ()) -> tuple[Identity, ...]:
        """The identities of these files, in order; `certificates` are those that the configuration names apart."""
        extra = tuple(certificates)
        return tuple(self._identity(path, extra) for path in dict.fromkeys(files))

    def _identity(self, path: Path, certificates: tuple[Path, ...]) -> Identity:
        known = self._read.get((path, certificates))
        if known is None:
            known = self._read[path, certificates] = _identity(path, certificates)
        return known


def _identity(path: Path, certificates: tuple[Path, ...]) -> Identity:
    found = [cert for file in (Path(f"{path}-cert.pub"), *certificates) for cert in _certificates(file)]
    public = _public(Path(f"{path}.pub")) or _public(path)
    blobs = (*(cert.public_data for cert in found), *([public.public_data] if public else ()))
    try:
        key = asyncssh.read_private_key(path)
    except OSError as error:
        return Identity(path, public=blobs, problem=f"{path} cannot be read: {error.strerror}")
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        encrypted = "assphrase" in str(error)
        problem = f"{path} is encrypted and only usable through an agent" if encrypted else f"{path}: {error}"
        return Identity(path, public=blobs, problem="" if public is not None and not encrypted else problem)
    own = tuple(cert for cert in found if cert.key.public_data == key.public_data)
    return Identity(path, key, own, (*blobs, key.public_data))


def _certificates(path: Path) -> list[asyncssh.SSHCertificate]:
    try:
        return [asyncssh.read_certificate(path)]
    except (OSError, asyncssh.KeyImportError, ValueError):
        return []


def _public(path: Path) -> asyncssh.SSHKey | None:
    try:
        return asyncssh.read_public_key(path)
    except (OSError, asyncssh.KeyImportError, ValueError):
        return None
