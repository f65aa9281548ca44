"""Run by `cnitui.pyz` before cnitui: the libraries in it are compiled for one Python, system and processor."""

import os
import sys

BUILT_FOR = "BUILT_FOR"
"""Filled in by zipapp.py."""


def here() -> str:
    """This Python, system and processor: `cpython-313 on linux x86_64`."""
    return f"{sys.implementation.cache_tag} on {sys.platform} {os.uname().machine}"


def check() -> None:
    """End with a sentence instead of a module that cannot be found."""
    if here() != BUILT_FOR:
        sys.exit(
            f"cnitui: this file was built for {BUILT_FOR}, and this is {here()}\n"
            "        Run it with that Python (python3.X cnitui.pyz), or install the wheel with pipx or uv."
        )


if __name__ == "__main__":
    check()
