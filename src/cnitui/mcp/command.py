"""`cnitui mcp`: serves an agent on standard input and output until it hangs up."""

from __future__ import annotations

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import click

from cnitui.commands import HEALTHY
from cnitui.compose import collect_garbage, open_case, services
from cnitui.engine.services import Services
from cnitui.errors import CnituiError
from cnitui.mcp.desk import Desk, Open
from cnitui.process import leave, log_to_file
from cnitui.settings import Settings

HOW_TO_INSTALL = "Install it with its extra: pipx install 'cnitui[mcp]', or pip install 'cnitui[mcp]'."


def run_mcp(settings: Settings, case: str, wait: float) -> int:
    """Serve until standard input ends; a signal ends the process at once, since there is nothing to tidy up."""
    try:
        from cnitui.mcp.server import server_of
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        what = "mcp needs the SDK of the Model Context Protocol, which is not installed"
        raise CnituiError(what, HOW_TO_INSTALL) from error
    opens = reading(settings, case)
    if sys.stdin.isatty():
        click.echo("cnitui: this is for an agent, which starts it and talks to it here; ctrl-C ends it", err=True)
    server = server_of(Desk(opens, wait))
    log_to_file(settings)  # after the SDK's own, which goes to stderr
    collect_garbage()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # else it would wait for the thread that waits for standard input
    server.run("stdio")
    return leave(HEALTHY)


def reading(settings: Settings, case: str = "") -> Open:
    """Opens services that cannot write, on a cluster or a case file; raises UsageError and ConfigurationError.

    Nodes are read over SSH or not at all: Jobs would be created on them.
    """
    access = "none" if settings.node_access == "pod" else settings.node_access
    reads = replace(settings, readonly=True, node_access=access)
    if not case:
        return lambda: services(reads)
    open_case(Path(case), reads)  # a file that cannot be used is refused at once

    @asynccontextmanager
    async def opened() -> AsyncIterator[Services]:
        yield open_case(Path(case), reads)

    return opened
