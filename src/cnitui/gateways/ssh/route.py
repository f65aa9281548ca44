"""How one host is reached, as the user's ssh configuration says: read by asyncssh, once per host, in a thread."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import asyncssh
from asyncssh.config import SSHConfig

from cnitui.gateways.ssh.config_part import ConfigParts
from cnitui.gateways.ssh.keys import DEFAULT_NAMES, Identity, Keyring
from cnitui.gateways.ssh.login import SshLogin
from cnitui.gateways.ssh.trust import DEFAULT_PORT, KnownHosts, Trust
from cnitui.late_dataclass import dataclass

_SSH_FOLDER = Path("~/.ssh")
_GLOBAL_KNOWN_HOSTS = (Path("/etc/ssh/ssh_known_hosts"), Path("/etc/ssh/ssh_known_hosts2"))
_DEFAULT_CONNECT_TIMEOUT = 10.0
_DEEPEST_JUMP = 8


@dataclass(frozen=True, slots=True)
class Route:
    """One host, resolved: where it is, as whom, with which identities, and what is known of its key.

    `way` are the jump hosts before it, in the order in which they are logged in to; `options` carry all other settings
    to asyncssh.
    """

    alias: str
    host: str
    port: int
    user: str
    family: int
    way: tuple[Route, ...]
    proxy_command: str
    connect_timeout: float
    identities: tuple[Identity, ...]
    agent_keys: tuple[bytes, ...] | None
    trust: Trust
    options: asyncssh.SSHClientConnectionOptions
    pins_host_key_algorithms: bool = False
    pins_ciphers: bool = False

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return self.host if self.port == DEFAULT_PORT else f"{self.host} port {self.port}"


class Hop(NamedTuple):
    """A host as it was named: no user is "", no port 0."""

    host: str
    user: str = ""
    port: int = 0


class Routes:
    """Resolves hosts; blocking, so it runs in a thread. Raises OSError and ValueError of a broken configuration."""

    def __init__(self, login: SshLogin, known_hosts: KnownHosts) -> None:
        self._login = login
        self._known_hosts = known_hosts
        self._keyring = Keyring()
        self._parts = ConfigParts(login.config_file)

    def resolve(self, alias: str, timeout: float = _DEFAULT_CONNECT_TIMEOUT) -> Route:
        """The route to a node's host, with the jump hosts on the way."""
        return self._route(Hop(alias, self._login.user), self._login.key, timeout, 0)

    def _way(self, jump: str, timeout: float, depth: int) -> tuple[Route, ...]:
        """The jump hosts of ProxyJump; the first may lie behind others of its own, the next are reached through it.

        `--ssh-user` and `--ssh-key` are not for them, as ssh's -l and -i are not.
        """
        if depth > _DEEPEST_JUMP:
            raise ValueError("ProxyJump leads in a circle")
        hops = [self._route(hop, "", timeout, depth + 1) for hop in hops_of(jump)]
        before = hops[0].way if hops else ()
        return (*before, *hops)

    def _route(self, hop: Hop, told_key: str, timeout: float, depth: int) -> Route:
        alias = hop.host
        options = self._options(hop)
        config = options.config
        host = _text(config, "Hostname") or alias
        number = _number(config, "Port", DEFAULT_PORT)
        key_alias = _text(config, "HostKeyAlias")
        trust = Trust(key_alias or host, number, bool(key_alias), self._known_hosts.load(_known_hosts_files(config)))
        identities = self._identities(config, told_key)
        stated_timeout = float(_number(config, "ConnectTimeout", 0))
        return Route(
            alias=alias,
            host=host,
            port=number,
            user=_text(config, "User") or getpass.getuser(),
            family=_number(config, "AddressFamily", 0),
            way=self._way(_text(config, "ProxyJump"), timeout, depth),
            proxy_command=_text(config, "ProxyCommand"),
            connect_timeout=min(stated_timeout or timeout, timeout),
            identities=identities,
            agent_keys=_agent_keys(identities) if told_key or config.get("IdentitiesOnly") else None,
            trust=trust,
            options=options,
            pins_host_key_algorithms=bool(_text(config, "HostKeyAlgorithms")),
            pins_ciphers=bool(_text(config, "Ciphers")),
        )

    def _options(self, hop: Hop) -> asyncssh.SSHClientConnectionOptions:
        """The configuration as it applies to this host; no keys are read here and no known hosts."""
        path = self._login.config_file
        if not self._login.config and not os.access(path, os.R_OK):
            return _parsed(hop, [])
        try:
            with self._parts.file_for(hop.host) as part:
                return _parsed(hop, [str(part)])
        except ValueError:
            return _parsed(hop, [str(path)])  # the same fault, told with the lines of the real file

    def _identities(self, config: SSHConfig, told_key: str) -> tuple[Identity, ...]:
        """The key we were told alone, else IdentityFile, else the default files that exist."""
        certificates = [Path(file).expanduser() for file in _texts(config, "CertificateFile")]
        if told_key:
            return self._keyring.identities([Path(told_key).expanduser()], certificates)
        files = [Path(file).expanduser() for file in _texts(config, "IdentityFile")]
        defaults = [(_SSH_FOLDER / name).expanduser() for name in DEFAULT_NAMES]
        return self._keyring.identities(files or [path for path in defaults if path.exists()], certificates)


def _parsed(hop: Hop, files: list[str]) -> asyncssh.SSHClientConnectionOptions:
    return asyncssh.SSHClientConnectionOptions(
        config=files,
        host=hop.host,
        port=hop.port or (),
        username=hop.user or (),
        client_keys=None,
        known_hosts=b"",
        x509_trusted_certs=None,
        pkcs11_provider=None,
        client_host_keysign=False,
        agent_forwarding=False,
        canonicalize_hostname=False,
    )


def _agent_keys(identities: Sequence[Identity]) -> tuple[bytes, ...]:
    """The only keys of an agent that may be tried: those of the identity files; an empty blob matches none."""
    return tuple(blob for identity in identities for blob in identity.public) or (b"",)


def _known_hosts_files(config: SSHConfig) -> tuple[Path, ...]:
    """`none` means no file of the user's; the default is OpenSSH's."""
    user = config.get("UserKnownHostsFile")
    stated = [Path(file).expanduser() for file in _texts(config, "UserKnownHostsFile")]
    default = [(_SSH_FOLDER / name).expanduser() for name in ("known_hosts", "known_hosts2")]
    system = [Path(file).expanduser() for file in _texts(config, "GlobalKnownHostsFile")]
    return (*(default if user is None else stated), *(system or _GLOBAL_KNOWN_HOSTS))


def _text(config: SSHConfig, option: str) -> str:
    value = config.get(option)
    return value if isinstance(value, str) else ""


def _texts(config: SSHConfig, option: str) -> list[str]:
    value = config.get(option)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _number(config: SSHConfig, option: str, default: int) -> int:
    value = config.get(option)
    return int(value) if isinstance(value, int) else default


def hops_of(jump: str) -> tuple[Hop, ...]:
    """ProxyJump's `user@host:port,…`. Raises ValueError."""
    return tuple(_hop(text.strip()) for text in jump.split(",") if text.strip() and text.strip().lower() != "none")


def _hop(text: str) -> Hop:
    user, _, place = text.removeprefix("ssh://").rstrip("/").rpartition("@")
    host, colon, port = place.rpartition(":")
    stated = bool(colon) and port.isdigit() and (":" not in host or host.startswith("["))
    if not place:
        raise ValueError(f"ProxyJump names no host: {text}")
    return Hop((host if stated else place).strip("[]"), user, int(port) if stated else 0)
