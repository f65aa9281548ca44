"""How a command ends: whatever stopped it becomes one line on stderr and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

import click

from cnitui.errors import CnituiError


@contextlib.contextmanager
def failures_told() -> Iterator[None]:
    """Leaves by SystemExit alone: 130 when interrupted, an error's own code, 1 for a bug or when nobody listens."""
    try:
        try:
            yield
        finally:
            _flush()
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except CnituiError as error:
        sys.exit(_failed(error.what, error.next_step, error.exit_code))
    except BrokenPipeError:
        sys.exit(_unheard())
    except OSError as error:
        _unheard()
        sys.exit(_failed(f"{error.filename or 'standard output'}: {error.strerror or error}"))
    except Exception as bug:  # noqa: BLE001 - nobody at a terminal is helped by a traceback; the log keeps it
        from cnitui.process import keep_traceback

        what = f"this is a bug of cnitui: {type(bug).__name__}: {bug}"[:500]
        sys.exit(_failed(what, f"Its traceback is in {keep_traceback()}."))


def _failed(what: str, next_step: str = "", code: int = 1) -> int:
    click.echo(f"cnitui: {what}", err=True)
    if next_step:
        click.echo(f"        {next_step}", err=True)
    return code


def _flush() -> None:
    """What is still buffered may meet a full disk or a closed pipe, of which the interpreter would only moan."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _unheard() -> int:
    """Nobody takes what we print any more: what is still buffered goes nowhere, so that the end is quiet."""
    with contextlib.suppress(OSError, ValueError):
        descriptor = sys.stdout.fileno()
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
    return 1
