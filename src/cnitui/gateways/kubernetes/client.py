"""The two classes we take from `kubernetes.aio`; the only importer of it."""

from __future__ import annotations

from cnitui.gateways.kubernetes.lean_import import skip_package_inits

skip_package_inits()

from kubernetes.aio.client.api_client import ApiClient as ApiClient  # noqa: E402 - prepared above
from kubernetes.aio.client.configuration import Configuration as Configuration  # noqa: E402 - prepared above
