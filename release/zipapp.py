"""cnitui in one executable file: `python release/zipapp.py WHEEL OUTPUT`.

Everything that pip installs for the wheel, without what cnitui never loads: of the Kubernetes client it takes the
REST layer of `kubernetes.aio` (0.3 of 126 MB in 37.0.2), so models, typed APIs and the synchronous client stay out,
and with them the libraries that only they import. The versions are those of constraints.txt, so what is left out here
was left out when it was tried.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from release.preamble import here  # noqa: E402 - run as a program, it is found from above

OF_THE_CLIENT = (
    "__init__.py",
    "aio/__init__.py",
    "aio/client/__init__.py",
    "aio/client/configuration.py",
    "aio/client/exceptions.py",
    "aio/client/rest.py",
    "aio/utils",
)
NEVER_LOADED = (
    "annotated_types", "certifi", "charset_normalizer", "dateutil", "durationpy", "oauthlib", "pydantic",
    "pydantic_core", "requests", "requests_oauthlib", "typing_inspection", "urllib3", "websocket",
)  # fmt: skip
"""Packages and modules that only the parts of the client import which are left out."""


def build(wheel: Path, output: Path) -> None:
    """Write the file; raises CalledProcessError when pip or shiv fail."""
    with tempfile.TemporaryDirectory() as scratch:
        site = Path(scratch, "site")
        _run("pip", "install", "--quiet", "--no-compile", "--target", str(site),
             "--constraint", str(PROJECT / "constraints.txt"), str(wheel))  # fmt: skip
        for path in left_out(site):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        preamble = Path(scratch, "preamble.py")
        preamble.write_text(checking_preamble(), "utf-8")
        _run("shiv", "--preamble", str(preamble), "--site-packages", str(site), "--compressed",
             "--entry-point", "cnitui.cli:main",
             "--reproducible", "--extend-pythonpath", "--compile-pyc", "--output-file", str(output))  # fmt: skip


def checking_preamble() -> str:
    """The text of preamble.py for the Python that builds."""
    text = Path(__file__).with_name("preamble.py").read_text("utf-8")
    return text.replace('BUILT_FOR = "BUILT_FOR"', f'BUILT_FOR = "{here()}"')


def _run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], check=True)


def left_out(site: Path) -> Iterator[Path]:
    """Files and folders of a site-packages that cnitui never loads; raises FileNotFoundError where one is not there.

    A name that is gone means another release of the client: look again at what it needs.
    """
    client = site / "kubernetes"
    kept = {client / name for name in OF_THE_CLIENT}
    for path in kept:
        path.stat()
    yield from _others(client, kept)
    for name in NEVER_LOADED:
        yield next(path for path in (site / name, site / f"{name}.py") if path.exists() or path.suffix)
    yield from site.glob("bin")


def _others(folder: Path, kept: set[Path]) -> Iterator[Path]:
    for path in folder.iterdir():
        if path in kept:
            continue
        if any(path in other.parents for other in kept):
            yield from _others(path, kept)
        else:
            yield path


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
