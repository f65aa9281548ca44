"""How one host is reached, as the user's ssh configuration says: read by asyncssh, once per host, in a thread."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from asyncssh.config import SSHClientConfig

from cnitui.gateways.ssh.keys import DEFAULT_NAMES, Identity, Keyring
from cnitui.gateways.ssh.trust import DEFAULT_PORT, KnownHosts, Trust

_SSH_FOLDER = Path("~/.ssh")
_GLOBAL_KNOWN_HOSTS = (Path("/etc/ssh/ssh_known_hosts"), Path("/etc/ssh/ssh_known_hosts2"))
_DEFAULT_CONNECT_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class SshLogin:
    """What the user told us beside the configuration file: `--ssh-config`, `--ssh-user`, `--ssh-key`; "" for none."""

    config: str = ""
    user: str = ""
    key: str = ""

    @property
    def config_file(self) -> Path:
        """The configuration that is read."""
        return Path(self.config).expanduser() if self.config else (_SSH_FOLDER / "config").expanduser()


@dataclass(frozen=True, slots=True)
class Route:
    """One host, resolved: where it is, as whom, with which identities, and what is known of its key.

    `jump` is ProxyJump's text, `proxy_command` ProxyCommand's; `config` carries all further settings to asyncssh.
    """

    alias: str
    host: str
    port: int
    user: str
    family: int
    jump: str
    proxy_command: str
    connect_timeout: float
    identities: tuple[Identity, ...]
    agent_keys: tuple[bytes, ...] | None
    trust: Trust
    config: SSHClientConfig
    pins_host_key_algorithms: bool = False

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return self.host if self.port == DEFAULT_PORT else f"{self.host} port {self.port}"


class Hop(NamedTuple):
    """A host on the way, as ProxyJump names it: no user is "", no port 0; `node` marks the end of the way."""

    host: str
    user: str = ""
    port: int = 0
    node: bool = False


class Routes:
    """Resolves hosts; blocking, so it runs in a thread. Raises OSError and ValueError of a broken configuration."""

    def __init__(self, login: SshLogin, known_hosts: KnownHosts) -> None:
        self._login = login
        self._known_hosts = known_hosts
        self._keyring = Keyring()

    def resolve(self, alias: str, timeout: float = _DEFAULT_CONNECT_TIMEOUT) -> Route:
        """The route to a node's host."""
        return self._route(alias, self._login.user, 0, self._login.key, timeout)

    def resolve_hop(self, hop: Hop, timeout: float = _DEFAULT_CONNECT_TIMEOUT) -> Route:
        """The route to a jump host: `--ssh-user` and `--ssh-key` are not for it, as ssh's -l and -i are not."""
        return self._route(hop.host, hop.user, hop.port, "", timeout)

    def _route(self, alias: str, user: str, told_port: int, told_key: str, timeout: float) -> Route:
        config = self._config(alias, user, told_port)
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
            jump=_text(config, "ProxyJump"),
            proxy_command=_text(config, "ProxyCommand"),
            connect_timeout=min(stated_timeout or timeout, timeout),
            identities=identities,
            agent_keys=_agent_keys(identities) if told_key or config.get("IdentitiesOnly") else None,
            trust=trust,
            config=config,
            pins_host_key_algorithms=bool(_text(config, "HostKeyAlgorithms")),
        )

    def _config(self, alias: str, user: str, port: int) -> SSHClientConfig:
        path = self._login.config_file
        files = [path] if self._login.config or os.access(path, os.R_OK) else []
        local = getpass.getuser()
        loaded = SSHClientConfig.load(None, files, False, False, False, local, user or (), alias, port or ())
        assert isinstance(loaded, SSHClientConfig)
        return loaded

    def _identities(self, config: SSHClientConfig, told_key: str) -> tuple[Identity, ...]:
        """The key we were told alone, else IdentityFile, else the default files that exist."""
        certificates = [Path(file).expanduser() for file in _texts(config, "CertificateFile")]
        if told_key:
            return self._keyring.identities([Path(told_key).expanduser()], certificates)
        files = [Path(file).expanduser() for file in _texts(config, "IdentityFile")]
        defaults = [(_SSH_FOLDER / name).expanduser() for name in DEFAULT_NAMES]
        return self._keyring.identities(files or [path for path in defaults if path.exists()], certificates)


def _agent_keys(identities: Sequence[Identity]) -> tuple[bytes, ...]:
    """The only keys of an agent that may be tried: those of the identity files; an empty blob matches none."""
    return tuple(blob for identity in identities for blob in identity.public) or (b"",)


def _known_hosts_files(config: SSHClientConfig) -> tuple[Path, ...]:
    """`none` means no file of the user's; the default is OpenSSH's."""
    user = config.get("UserKnownHostsFile")
    stated = [Path(file).expanduser() for file in _texts(config, "UserKnownHostsFile")]
    default = [(_SSH_FOLDER / name).expanduser() for name in ("known_hosts", "known_hosts2")]
    system = [Path(file).expanduser() for file in _texts(config, "GlobalKnownHostsFile")]
    return (*(default if user is None else stated), *(system or _GLOBAL_KNOWN_HOSTS))


def _text(config: SSHClientConfig, option: str) -> str:
    value = config.get(option)
    return value if isinstance(value, str) else ""


def _texts(config: SSHClientConfig, option: str) -> list[str]:
    value = config.get(option)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _number(config: SSHClientConfig, option: str, default: int) -> int:
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
