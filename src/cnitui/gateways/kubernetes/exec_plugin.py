"""Exec plugins: programs that print credentials (client.authentication.k8s.io).

Contract: kubernetes/client-go pkg/apis/clientauthentication and plugin/pkg/client/auth/exec/exec.go@v0.35.4.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path

import msgspec

from cnitui.background import in_daemon_thread
from cnitui.errors import KubeconfigError
from cnitui.gateways.kubernetes.kubeconfig import Target
from cnitui.gateways.kubernetes.kubeconfig_entries import Exec, data_or_file
from cnitui.gateways.kubernetes.plain import one_line
from cnitui.late_dataclass import dataclass

PATIENCE = 60.0
"""Seconds a plugin may take; cloud logins take a few, a browser login needs its user."""
_LARGEST_ANSWER = 2**20


@dataclass(frozen=True, slots=True)
class PluginAnswer:
    """What a plugin printed; certificate and key as PEM text."""

    token: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    expires_at: datetime | None = None


class _Status(msgspec.Struct, rename="camel"):
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None
    expiration_timestamp: datetime | None = None


class _ExecCredential(msgspec.Struct, rename="camel"):
    kind: str | None = None
    api_version: str | None = None
    status: _Status | None = None


async def run_plugin(
    plugin: Exec, target: Target, environment: Mapping[str, str], patience: float = PATIENCE
) -> PluginAnswer:
    """Run it without a terminal and read its answer; raises KubeconfigError with the first line of its stderr."""
    name = one_line(plugin.command, 100)
    if plugin.interactive_mode == "Always":
        raise KubeconfigError(
            f"The login plugin {name} wants to ask questions (interactiveMode: Always)",
            "Use a plugin or a context that does not need a terminal",
        )
    info = await in_daemon_thread(lambda: _exec_info(plugin, target))
    variables = {variable.name: variable.value for variable in plugin.env or ()}
    everything = {**environment, **variables, "KUBERNETES_EXEC_INFO": info}
    stdout, stderr, code = await _run(plugin, target.user_folder, everything, patience)
    if code != 0:
        line = next((one_line(text, 300) for text in stderr.decode(errors="replace").splitlines() if text.strip()), "")
        raise KubeconfigError(
            f"The login plugin {name} failed (exit {code}){f': {line}' if line else ''}",
            f"Run it by hand or log in again: {name} {one_line(' '.join(plugin.args or ()), 200)}".rstrip(),
        )
    return _answer_of(stdout, plugin, name)


async def _run(plugin: Exec, folder: Path, environment: Mapping[str, str], patience: float) -> tuple[bytes, bytes, int]:
    name = one_line(plugin.command, 100)
    try:
        process = await asyncio.create_subprocess_exec(
            _program(plugin.command, folder),
            *(plugin.args or ()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        hint = one_line(plugin.install_hint or "", 300) or "Install it, or check command in the kubeconfig"
        raise KubeconfigError(f"The login plugin {name} is not installed", hint) from error
    except (OSError, ValueError) as error:
        raise KubeconfigError(f"The login plugin {name} cannot be run: {one_line(str(error), 200)}") from error
    try:
        async with asyncio.timeout(patience):
            stdout, stderr, _ = await asyncio.gather(_bounded(process.stdout), _bounded(process.stderr), process.wait())
    except TimeoutError as error:
        raise KubeconfigError(
            f"The login plugin {name} did not answer within {patience:g} s", "Log in by hand first, then try again"
        ) from error
    finally:
        await _ended(process)
    return stdout, stderr, process.returncode or 0


async def _bounded(stream: asyncio.StreamReader | None) -> bytes:
    """Read to its end, so that the writer never blocks, and keep the beginning."""
    kept = bytearray()
    while stream is not None and (piece := await stream.read(2**16)):
        kept += piece[: _LARGEST_ANSWER - len(kept)]
    return bytes(kept)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """End a plugin we no longer wait for, with its children: it has a session of its own."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _program(command: str, folder: Path) -> str:
    """A path relative to the kubeconfig, or a name to look up in PATH."""
    return str(folder / command) if "/" in command else command


def _exec_info(plugin: Exec, target: Target) -> str:
    spec: dict[str, object] = {"interactive": False}
    if plugin.provide_cluster_info:
        cluster = target.cluster
        authority = data_or_file(
            cluster.certificate_authority_data,
            cluster.certificate_authority,
            target.cluster_folder,
            "certificate-authority",
        )
        known = {
            "server": cluster.server,
            "tls-server-name": cluster.tls_server_name,
            "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
            "certificate-authority-data": base64.b64encode(authority).decode(),
            "proxy-url": cluster.proxy_url,
        }
        spec["cluster"] = {key: value for key, value in known.items() if value}
    return msgspec.json.encode({"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec}).decode()


def _answer_of(stdout: bytes, plugin: Exec, name: str) -> PluginAnswer:
    try:
        answer = msgspec.json.decode(stdout, type=_ExecCredential)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KubeconfigError(f"The login plugin {name} did not print an ExecCredential") from error
    if answer.api_version != plugin.api_version:
        raise KubeconfigError(
            f"The login plugin {name} speaks {one_line(answer.api_version or 'no version', 100)}, "
            f"the kubeconfig asks for {one_line(plugin.api_version, 100)}",
            "Set apiVersion of exec in the kubeconfig to the plugin's",
        )
    status = answer.status or _Status()
    if not status.token and not (status.client_certificate_data and status.client_key_data):
        raise KubeconfigError(f"The login plugin {name} printed neither a token nor a certificate with its key")
    return PluginAnswer(
        token=status.token or "",
        certificate=status.client_certificate_data or "",
        key=status.client_key_data or "",
        expires_at=status.expiration_timestamp,
    )
