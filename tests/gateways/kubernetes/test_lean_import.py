"""The client is loaded without the packages it does not need, and works."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from cnitui.gateways.kubernetes.lean_import import PACKAGES
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


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_skipped_only_imports_and_names(package: str) -> None:
    """A release of the client whose `__init__` does more has to be looked at before it is skipped."""
    file = distribution("kubernetes").locate_file(f"{package.replace('.', '/')}/__init__.py")
    for statement in ast.parse(Path(str(file)).read_text("utf-8")).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        assert isinstance(statement, ast.Assign), f"{package}, line {statement.lineno}: {ast.unparse(statement)}"
        assert {ast.unparse(target) for target in statement.targets} <= {"__project__", "__version__", "__all__"}


NEEDS_ITS_INIT = """
import sys

class Release:
    def find_spec(self, name, path=None, target=None):
        if name == "kubernetes.aio.client.rest" and not hasattr(sys.modules["kubernetes"], "__version__"):
            raise ImportError("this release needs its __init__")

sys.meta_path.insert(0, Release())
from cnitui.gateways.kubernetes.client import Configuration, rest_client
print(type(rest_client(Configuration())).__name__, sys.modules["kubernetes"].__project__)
"""


def test_a_release_that_needs_what_is_skipped_is_loaded_whole() -> None:
    answer = subprocess.run([sys.executable, "-c", NEEDS_ITS_INIT], capture_output=True, text=True, check=True)
    assert answer.stdout == "RESTClientObject kubernetes\n"
    assert "has to be loaded whole" in answer.stderr, "told by the log's last resort, for there is no handler here"


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
