"""The options that all commands on a cluster share, and the settings that they come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from cnitui.settings import (
    LOG_LEVELS,
    NODE_ACCESS,
    Settings,
    checked,
    configuration_file,
    expanded,
    in_browser,
    kubeconfig_files,
    read_configuration,
    seconds_of,
    state_folder,
)

F = TypeVar("F", bound=Callable[..., Any])


def common(command: F) -> F:
    """The options that every command on a cluster takes; each also as CNITUI_… in the environment."""
    options = [
        click.option("--kubeconfig", default="", metavar="FILE", help="Kubeconfig to use; default as kubectl."),
        click.option("--context", default="", metavar="NAME", help="Context of the kubeconfig."),
        click.option("-n", "--namespace", default="", metavar="NAME", help="Namespace of calico-node; default: all."),
        click.option("--as", "impersonate", default="", envvar="CNITUI_AS", metavar="USER", help="Act as this user."),
        click.option("--request-timeout", default="10s", metavar="TIME", help="Limit of one request, e.g. 10s."),
        click.option(
            "--node-access",
            type=click.Choice(NODE_ACCESS),
            default=None,
            help="How nodes are read: over SSH, by short-lived Jobs, or not at all.",
        ),
        click.option("--ssh-config", default="", metavar="FILE", help="OpenSSH configuration; default ~/.ssh/config."),
        click.option("--ssh-user", default="", metavar="USER", help="User on the nodes."),
        click.option("--ssh-key", default="", metavar="FILE", help="Private key for the nodes."),
        click.option("--readonly", is_flag=True, default=None, help="Remove everything that writes."),
        click.option("--log-level", type=click.Choice(LOG_LEVELS), default="warning", help="Detail of our own log."),
        click.option("--log-file", default="", metavar="FILE", help="Our own log; default in the state folder."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def settings_from(given: dict[str, Any]) -> Settings:
    """Flags and environment over the configuration file over defaults."""
    settings = read_configuration(Settings(state_dir=state_folder()), configuration_file())
    changes: dict[str, Any] = {
        "kubeconfig": kubeconfig_files(given["kubeconfig"]),
        "request_timeout": seconds_of(given["request_timeout"]),
        "log_level": given["log_level"],
    }
    if given["readonly"] is not None:
        changes["readonly"] = given["readonly"]
    if in_browser():  # whoever opens the page is not the person whose kubeconfig this is
        changes |= {"readonly": True, "onlookers": True}
    texts = ("context", "namespace", "impersonate", "node_access", "ssh_user")
    changes |= {key: given[key] for key in texts if given[key]}
    paths = ("ssh_config", "ssh_key", "log_file")
    changes |= {key: expanded(given[key], f"--{key.replace('_', '-')}") for key in paths if given[key]}
    return checked(replace(settings, **changes))


def merged(ctx: click.Context, /, given: dict[str, Any]) -> Settings:
    """Options may stand before or after the command's name: the later one wins, and both win over the environment."""
    before: dict[str, Any] = ctx.obj or {}
    parent = ctx.parent
    found = dict(given)
    for name in before:
        if parent is not None and name in found and _strength(parent, name) > _strength(ctx, name):
            found[name] = before[name]
    return settings_from(found)


def _strength(ctx: click.Context, /, name: str) -> int:
    """How much an option's value counts by where it comes from."""
    source = ctx.get_parameter_source(name)
    if source is click.core.ParameterSource.COMMANDLINE:
        return 2
    return 1 if source is click.core.ParameterSource.ENVIRONMENT else 0
