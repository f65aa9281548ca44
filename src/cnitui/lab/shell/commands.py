"""Every command a node's shell knows, in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.shell import (
    audit_commands,
    change_commands,
    file_commands,
    host_commands,
    label_commands,
    network_commands,
    python_commands,
    runtime_commands,
    storage_commands,
    system_commands,
    text_commands,
)
from cnitui.lab.shell.evaluate import Shell
from cnitui.lab.shell.homes import home_of
from cnitui.lab.shell.invocation import Session

if TYPE_CHECKING:
    from cnitui.lab.machine.node import Node
    from cnitui.lab.shell.invocation import Builtin, Sink
    from cnitui.lab.world import World

COMMANDS: dict[str, Builtin] = {
    **text_commands.COMMANDS,
    **file_commands.COMMANDS,
    **change_commands.COMMANDS,
    **label_commands.COMMANDS,
    **audit_commands.COMMANDS,
    **storage_commands.COMMANDS,
    **system_commands.COMMANDS,
    **host_commands.COMMANDS,
    **runtime_commands.COMMANDS,
    **network_commands.COMMANDS,
    **python_commands.COMMANDS,
}


def login_shell(world: World, node: Node, user: str, out: Sink, err: Sink, stdin: str = "") -> Shell:
    """A fresh shell of a user on a node."""
    home = home_of(node, user).path
    variables = {"HOME": home, "USER": user, "LOGNAME": user, "SHELL": "/bin/bash", "PATH": system_commands.SBIN_PATH}
    session = Session(world, node, user, variables, directory=home)
    return Shell(session, COMMANDS, out, err, stdin)
