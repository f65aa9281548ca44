"""`kubernetes.aio.client` without what the packages around it load by themselves.

`import kubernetes` loads the synchronous client, requests and oauthlib, `import kubernetes.aio` its configuration,
dynamic client and streams: 9 MiB and 0.2 s for code that is never called here (measured on 37.0.2). The packages are
put in place without running their `__init__`, as `importlib.util.module_from_spec` allows; their modules then load as
usual.
"""

from __future__ import annotations

import importlib.util
import sys

PACKAGES = ("kubernetes", "kubernetes.aio")


def skip_package_inits() -> None:
    """Prepare the import; does nothing for a package that somebody has loaded whole already."""
    for name in PACKAGES:
        spec = importlib.util.find_spec(name) if name not in sys.modules else None
        if spec is None:
            continue
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
