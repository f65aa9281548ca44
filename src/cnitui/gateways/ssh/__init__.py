"""Nodes over SSH: the only importer of asyncssh. Importing it takes a while; do that after the first paint."""

from cnitui.gateways.ssh.route import SshLogin as SshLogin
from cnitui.gateways.ssh.session import Limits as Limits
from cnitui.gateways.ssh.shell import SshNodeShell as SshNodeShell
