"""Names that arguments may hold (causes, remedies, scenarios, faults): completed by a shell, refused where unknown.

No catalogue is imported before it is asked.
"""

from __future__ import annotations

import click


def causes(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from cnitui.domain.causes import CATALOGUE

    return [cause.id for cause in CATALOGUE if cause.id.startswith(incomplete)]


def check_cause(ctx: click.Context, param: click.Parameter, name: str) -> str:
    """A script that asks for a cause that there is not must not take that for no nodes."""
    if name and name not in causes(ctx, param, name):
        raise click.BadParameter(f"there is no cause {name[:80]!r}; `cnitui explain` lists them")
    return name


def explained(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from cnitui.domain.remedies import REMEDIES

    return [*causes(ctx, param, incomplete), *(one.id for one in REMEDIES if one.id.startswith(incomplete))]


def scenarios(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from cnitui.lab.scenarios import SCENARIOS

    return [scenario.name for scenario in SCENARIOS if scenario.name.startswith(incomplete)]


def check_scenario(name: str) -> None:
    from cnitui.lab.scenarios import find

    try:
        find(name)
    except ValueError as error:
        raise click.UsageError(f"{error}; `cnitui lab --list` describes them") from None


def check_faults(_ctx: click.Context, _param: click.Parameter, lines: tuple[str, ...]) -> tuple[str, ...]:
    from cnitui.lab.faults.grammar import fault

    for line in lines:
        try:
            fault(line)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
    return lines
