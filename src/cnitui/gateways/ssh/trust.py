"""Host keys: the user's known_hosts files and our own, read once; what is unknown or changed is refused.

asyncssh alone would check nothing under `UserKnownHostsFile none`, and would take a key that is known for the host's
address only. Here a key counts for the name that was dialled, as in OpenSSH (without CheckHostIP).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import asyncssh
from asyncssh.public_key import get_default_public_key_algs

DEFAULT_PORT = 22
_LARGEST_FILE = 16_000_000
Matches = tuple[Sequence[object], ...]
"""What asyncssh expects of a lookup: host keys, CA keys, revoked keys, then X.509 certificates and subjects."""


class KnownHosts:
    """All known_hosts files that matter, each parsed once; keys accepted here go to `own_file`, never to the user's."""

    def __init__(self, own_file: Path) -> None:
        self._own_file = own_file
        self._files: dict[Path, asyncssh.SSHKnownHosts] = {}

    def load(self, files: Iterable[Path]) -> tuple[asyncssh.SSHKnownHosts, ...]:
        """The parsed files and our own; blocking. A line that cannot be read is skipped, as OpenSSH does."""
        paths = tuple(dict.fromkeys([*files, self._own_file]))
        for path in paths:
            if path not in self._files:
                self._files[path] = _parsed(path)
        return tuple(self._files[path] for path in paths)

    def accept(self, name: str, port: int, key: asyncssh.SSHKey) -> None:
        """Trust this key for this host from now on; blocking, on disk before it returns. Raises OSError."""
        line = f"{_entry_name(name, port)} {key.export_public_key('openssh').decode().strip()}\n"
        self._own_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(self._own_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        if self._own_file in self._files:
            self._files[self._own_file].load(line)


def _parsed(path: Path) -> asyncssh.SSHKnownHosts:
    known = asyncssh.import_known_hosts("")
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path.stat().st_size <= _LARGEST_FILE else ""
    except OSError:
        return known
    for line in text.splitlines():
        try:
            known.load(line)
        except ValueError:
            continue
    return known


def _entry_name(name: str, port: int) -> str:
    return name if port == DEFAULT_PORT else f"[{name}]:{port}"


class Trust:
    """What is known of one host, and the key it showed when it was refused.

    `name` is what the host is called in known_hosts: its HostKeyAlias, else its HostName.
    """

    def __init__(self, name: str, port: int, alias: bool, files: Sequence[asyncssh.SSHKnownHosts]) -> None:
        self.name = name
        self.port = DEFAULT_PORT if alias else port
        self.offered: asyncssh.SSHKey | None = None
        exact = [known.match(_entry_name(name, self.port), "", None) for known in files]
        plain = [known.match(name, "", None) for known in files] if self.port != DEFAULT_PORT else []
        self._changed_from = [key for match in exact for key in match[0]]
        has_exact = any(match[0] or match[1] for match in exact)
        chosen = exact if has_exact else [*exact, *plain]
        revoked = [key for match in (*exact, *plain) for key in match[2]]
        self._keys = [key for match in chosen for key in match[0]]
        self._authorities = [key for match in chosen for key in match[1]]
        self._matches: Matches = (self._keys, self._authorities, revoked, (), (), (), ())

    @property
    def lookup(self) -> Callable[[str, str, int | None], Matches]:
        """For asyncssh: the same answer whatever it asks, because only this host is dialled with it."""
        return lambda _host, _address, _port: self._matches

    @property
    def algorithms(self) -> Sequence[str] | None:
        """Host key algorithms to ask for: those of the known keys first, then the others, so that a change is seen.

        None, asyncssh's own choice, where an authority is known. Certificates of an unknown one are not asked for: they
        could not be shown as a fingerprint to accept.
        """
        if self._authorities:
            return None
        known = [name for key in self._keys for name in key.sig_algorithms]
        return [name.decode("ascii") for name in dict.fromkeys([*known, *get_default_public_key_algs()])]

    @property
    def changed(self) -> bool:
        """Whether the refused key stands against a known one."""
        return bool(self._changed_from)

    @property
    def known_fingerprints(self) -> tuple[str, ...]:
        """Of the keys that are on file for this host."""
        return tuple(fingerprint_of(key) for key in self._changed_from)


def fingerprint_of(key: asyncssh.SSHKey) -> str:
    """`SHA256:… (ED25519)`, as ssh shows it."""
    kind = key.get_algorithm().removeprefix("ssh-").removeprefix("ecdsa-sha2-").upper()
    return f"{key.get_fingerprint()} ({'ECDSA' if kind.startswith('NISTP') else kind})"


class Witness(asyncssh.SSHClient):
    """Remembers the key that a host showed and that no file knows; never trusts it."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """asyncssh asks for keys that the lookup did not name."""
        self._trust.offered = key
        return False
