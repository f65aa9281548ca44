"""Who we are to the API server: tokens, certificates, exec plugins, impersonation.

Own code and not `kubernetes.aio`'s, which runs exec plugins on the terminal that the screen owns, only logs that one
failed, leaves private keys in temporary files and knows no impersonation.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cnitui.background import in_daemon_thread
from cnitui.errors import KubeconfigError
from cnitui.gateways.kubernetes.exec_plugin import PluginAnswer, run_plugin
from cnitui.gateways.kubernetes.kubeconfig import Target
from cnitui.gateways.kubernetes.kubeconfig_entries import AuthProvider, User, data_or_file, read_file
from cnitui.gateways.kubernetes.plain import one_line
from cnitui.late_dataclass import dataclass

_SKEW = timedelta(seconds=10)
_TOKEN_FILE_LIFE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Identity:
    """What to send with each request; certificate and key as PEM, `expires_at` when it must be renewed."""

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    expires_at: datetime | None = None

    def fresh(self, now: datetime) -> bool:
        """Whether it can still be used."""
        return self.expires_at is None or now + _SKEW < self.expires_at


class Credentials:
    """The identity of one kubeconfig user, read or asked for again when it is due."""

    def __init__(self, target: Target, impersonate: str, environment: Mapping[str, str]) -> None:
        self._target = target
        self._environment = environment
        self._impersonation = tuple(_impersonation(target.user, impersonate))

    @property
    def renewable(self) -> bool:
        """Whether asking again can give another answer, so that a 401 is worth a second try."""
        user = self._target.user
        return user.exec is not None or bool(user.token_file)

    async def obtain(self) -> Identity:
        """Read files or run the plugin; raises KubeconfigError."""
        user, folder = self._target.user, self._target.user_folder
        certificate, key = await in_daemon_thread(lambda: _certificate_of(user, folder))
        header, expires_at = "", None
        if user.token_file:
            path = folder / user.token_file
            header = _bearer((await in_daemon_thread(lambda: read_file(path, "token file"))).decode(errors="replace"))
            expires_at = datetime.now(UTC) + _TOKEN_FILE_LIFE
        elif user.token:
            header = _bearer(user.token)
        elif user.username:
            header = _basic(user.username, user.password or "")
        elif user.exec is not None:
            answer = await run_plugin(user.exec, self._target, self._environment)
            return self._of_plugin(answer, certificate, key)
        elif user.auth_provider is not None:
            header, expires_at = _of_provider(user.auth_provider)
        return Identity(self._headers(header), certificate, key, expires_at)

    def _of_plugin(self, answer: PluginAnswer, certificate: bytes, key: bytes) -> Identity:
        if answer.certificate:
            certificate, key = answer.certificate.encode(), answer.key.encode()
        header = _bearer(answer.token) if answer.token else ""
        return Identity(self._headers(header), certificate, key, answer.expires_at)

    def _headers(self, authorization: str) -> tuple[tuple[str, str], ...]:
        own = (("Authorization", authorization),) if authorization else ()
        return (*own, *self._impersonation)


def _bearer(token: str) -> str:
    """The header of a token; one with other characters than RFC 6750 has could smuggle headers or is simply damaged."""
    token = token.strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise KubeconfigError(
            "The token has characters no token has", "Is the kubeconfig's token or token file damaged?"
        )
    return f"Bearer {token}"


def _basic(username: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


def _impersonation(user: User, flag: str) -> list[tuple[str, str]]:
    """Headers of user impersonation; the flag replaces the whole of the kubeconfig's, as kubectl --as does."""
    name = flag or user.impersonate or ""
    headers = [("Impersonate-User", name)] if name else []
    if not flag and name:
        headers += [("Impersonate-Uid", user.impersonate_uid)] if user.impersonate_uid else []
        headers += [("Impersonate-Group", group) for group in user.impersonate_groups or ()]
        extra = user.impersonate_extra or {}
        headers += [(f"Impersonate-Extra-{key}", value) for key, values in extra.items() for value in values]
    if any(not part.isprintable() for header in headers for part in header):
        raise KubeconfigError(
            "The name to impersonate has unprintable characters", "Check --as and the kubeconfig's as"
        )
    return headers


def _certificate_of(user: User, folder: Path) -> tuple[bytes, bytes]:
    certificate = data_or_file(user.client_certificate_data, user.client_certificate, folder, "client-certificate")
    key = data_or_file(user.client_key_data, user.client_key, folder, "client-key")
    return certificate, key


# --- auth-provider --------------------------------------------------------------------------------------------------


def _of_provider(provider: AuthProvider) -> tuple[str, datetime | None]:
    """The stored id-token of an oidc provider.

    It is not renewed here: that would use up the refresh token, which kubectl stores for the next time and we do not.
    """
    if provider.name != "oidc":
        raise KubeconfigError(
            f"The auth provider {one_line(provider.name, 100)!r} was removed from Kubernetes",
            "Use the provider's exec plugin instead, as kubectl asks for, too",
        )
    token = (provider.config or {}).get("id-token") or ""
    expires_at = _expiry_of_jwt(token)
    if not token or (expires_at is not None and expires_at <= datetime.now(UTC)):
        raise KubeconfigError(
            "The OIDC token in the kubeconfig has expired", "Run any kubectl command once: it renews the token"
        )
    return _bearer(token), None


def _expiry_of_jwt(token: str) -> datetime | None:
    parts = token.split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
