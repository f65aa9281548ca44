"""The client is loaded without the packages it does not need, and works."""

from __future__ import annotations

import subprocess
import sys

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
