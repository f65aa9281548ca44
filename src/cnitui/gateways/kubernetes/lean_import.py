"""What the client is made of, loaded without what it never needs here.

`import kubernetes` loads the synchronous client, requests and oauthlib, `import kubernetes.aio` its configuration,
dynamic client and streams: 9 MiB and 0.2 s for code that is never called here (measured on 37.0.2). The packages are
put in place without running their `__init__`, as `importlib.util.module_from_spec` allows; their modules then load as
usual. A release of the client that needs its `__init__` is loaded whole: slower, and said in our log.

aiohttp makes two TLS contexts when it is imported, each with all certificates the system trusts: 0.05 s and 2 MiB
(measured on 3.14). Ours are made by the REST client from the kubeconfig, so those two stay empty: whoever used one by
mistake would trust nobody.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import ssl
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

PACKAGES = ("kubernetes", "kubernetes.aio")
WANTED = ("kubernetes.aio.client.configuration", "kubernetes.aio.client.rest")


def load_client() -> None:
    """Load the modules of the client that we use, with as little else as they allow; raises ImportError."""
    _skip_package_inits()
    try:
        _load(WANTED)
    except (ImportError, AttributeError):
        logging.getLogger(__name__).warning("the Kubernetes client has to be loaded whole", exc_info=True)
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGES[0]]:
            del sys.modules[name]
        _load(WANTED)


def _load(names: Iterable[str]) -> None:
    for name in names:
        importlib.import_module(name)


def _skip_package_inits() -> None:
    """Prepare the import; does nothing for a package that somebody has loaded whole already."""
    for name in PACKAGES:
        spec = importlib.util.find_spec(name) if name not in sys.modules else None
        if spec is None:
            continue
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)


def load_http() -> None:
    """Import aiohttp; to be called before `transport` does, and before any TLS context of ours is made."""
    with _LOADING:
        if "aiohttp" not in sys.modules:
            with _no_system_certificates():
                importlib.import_module("aiohttp")


_LOADING = threading.Lock()
"""Nobody makes a context of ours while those of aiohttp are made."""


@contextmanager
def _no_system_certificates() -> Iterator[None]:
    """Contexts that are made meanwhile read no certificates of the system."""
    ssl.SSLContext.set_default_verify_paths = lambda _: None  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        del ssl.SSLContext.set_default_verify_paths
