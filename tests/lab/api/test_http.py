"""How aiohttp is loaded: the method that is taken away meanwhile is there again."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import ssl
before = ssl.SSLContext.set_default_verify_paths
from cnitui.lab.api import http
import aiohttp.connector
assert ssl.SSLContext.set_default_verify_paths is before
assert aiohttp.connector._SSL_CONTEXT_VERIFIED.get_ca_certs() == []
assert http.web.Server
"""


def test_it_reads_no_certificates_of_the_system_and_leaves_tls_as_it_was() -> None:
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, timeout=30)
