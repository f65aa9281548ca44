"""The client is loaded without the packages it does not need, and works."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cnitui.lab.api import pki

PROGRAM = """
import sys
import cnitui.gateways.kubernetes.transport
from kubernetes.aio.client.rest import RESTClientObject
unwanted = ("requests", "oauthlib", "kubernetes.client", "kubernetes.aio.config", "pydantic")
print(*sorted(name for name in unwanted if name in sys.modules))
print(RESTClientObject.__module__)
"""


def test_the_synchronous_client_is_not_loaded() -> None:
    answer = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert answer.stdout == "\nkubernetes.aio.client.rest\n"


CONTEXTS = """
import ssl
from cnitui.gateways.kubernetes.lean_import import load_http
load_http()
from aiohttp import connector
from cnitui.gateways.kubernetes.client import Configuration, rest_client
made = (connector._SSL_CONTEXT_VERIFIED, connector._SSL_CONTEXT_UNVERIFIED, rest_client(Configuration()).ssl_context)
print(*(context.cert_store_stats()["x509"] for context in made))
"""


def test_only_contexts_of_ours_read_what_the_system_trusts(tmp_path: Path) -> None:
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(pki.authority().certificate_pem)
    environment = {**os.environ, "SSL_CERT_FILE": str(trusted), "SSL_CERT_DIR": str(tmp_path / "none")}
    asked = [sys.executable, "-c", CONTEXTS]
    answer = subprocess.run(asked, capture_output=True, text=True, check=True, env=environment)
    assert answer.stdout == "0 0 1\n"
