"""What went wrong on the way to a node, in words: exceptions of the network and of asyncssh as our errors."""

from __future__ import annotations

import os
import socket

import asyncssh

from cnitui.errors import HostKeyChanged, HostKeyUnknown, NodeError, NodeLoginFailed, NodeUnreachable
from cnitui.gateways.ssh.route import Route
from cnitui.gateways.ssh.trust import fingerprint_of

_QUOTE_LIMIT = 200


class LoginTooSlow(Exception):
    """Key exchange and authentication did not end in time; the text says in how many seconds."""


def unreachable(node: str, route: Route, error: BaseException) -> NodeError:
    """A NodeError for whatever kept us from having a connection."""
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return _host_key(node, route, error)
    if isinstance(error, asyncssh.PermissionDenied):
        return _login(node, route)
    if isinstance(error, socket.gaierror):
        why = f"{route.host} cannot be resolved: {_words(error)}"
        return _unreachable(node, why, "Check the name, or map the node to an address in the configuration (nodes)")
    if isinstance(error, TimeoutError):
        why = f"{route.place} did not answer within {route.connect_timeout:g} s"
        return _unreachable(node, why, "See whether the node is up and port 22 open on the way; others are not held up")
    if isinstance(error, ConnectionRefusedError):
        return _unreachable(node, f"{route.place} refused the connection", "See whether sshd runs there, on this port")
    return _broken(node, route, error)


def _broken(node: str, route: Route, error: BaseException) -> NodeError:
    if isinstance(error, LoginTooSlow):
        return _unreachable(node, f"{route.place} did not finish the login within {error}", "See sshd's log there")
    if isinstance(error, asyncssh.KeyExchangeFailed):
        why = f"{route.place} and we share no algorithm: {_words(error)}"
        return _unreachable(
            node, why, "Its sshd is too old or too strict; name the algorithms in the ssh configuration"
        )
    if isinstance(error, asyncssh.ChannelOpenError):
        why = f"the jump host could not open a connection to {route.place}: {_words(error)}"
        return _unreachable(node, why, "See whether the jump host reaches the node")
    if isinstance(error, asyncssh.Error):
        return _unreachable(
            node, f"{route.place} broke the connection off: {_words(error)}", "Look again; see sshd's log"
        )
    return _unreachable(node, f"{route.place} cannot be reached: {_words(error)}", "Check the network to the node")


def _unreachable(node: str, why: str, next_step: str) -> NodeUnreachable:
    return NodeUnreachable(f"{node}: {why}", next_step, node=node)


def _host_key(node: str, route: Route, error: asyncssh.HostKeyNotVerifiable) -> NodeError:
    offered = route.trust.offered
    name = route.trust.name
    if offered is None:
        why = f"{node}: the host key of {name} is refused: {_words(error)}"
        return HostKeyChanged(
            why, "Ask who runs the host; a revoked key or certificate is not to be accepted", node=node
        )
    fingerprint = fingerprint_of(offered)
    if not route.trust.changed:
        return HostKeyUnknown(
            f"{node}: the key of {name} is in no known_hosts file: {fingerprint}",
            "Compare the fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then accept it",
            node=node,
            host=name,
            fingerprint=fingerprint,
        )
    known = ", ".join(route.trust.known_fingerprints)
    return HostKeyChanged(
        f"{node}: {name} shows another key, {fingerprint}, than the known one, {known}",
        f"If the host was reinstalled: ssh-keygen -R {name}; if not, somebody may be in between",
        node=node,
    )


def _login(node: str, route: Route) -> NodeLoginFailed:
    tried = [identity.path.name for identity in route.identities if identity.key is not None]
    problems = [identity.problem for identity in route.identities if identity.problem]
    agent = "an agent's keys" if os.environ.get("SSH_AUTH_SOCK") else ""
    offered = ", ".join([*tried, *([agent] if agent else [])]) or "no key"
    said = f" ({'; '.join(problems)})" if problems else ""
    return NodeLoginFailed(
        f"{node}: {route.place} does not let {route.user} in with {offered}{said}",
        "Name user and key (--ssh-user, --ssh-key or the ssh configuration), or load the key: ssh-add",
        node=node,
    )


def broken_configuration(node: str, file: str, error: Exception) -> NodeUnreachable:
    """The ssh configuration cannot be used for this host."""
    return _unreachable(
        node, f"the ssh configuration {file} cannot be used: {_words(error)}", "Correct it and look again"
    )


def no_address(node: str) -> NodeUnreachable:
    """Nothing says where the node is."""
    return _unreachable(
        node, "no Host block, no configured host and no address says where it is", "Add it to the configuration (nodes)"
    )


def closed(node: str) -> NodeUnreachable:
    """We are leaving."""
    return _unreachable(node, "the connection was closed because the program ends", "")


def lost(node: str, route: Route) -> NodeUnreachable:
    """The connection went away under a command."""
    return _unreachable(node, f"the connection to {route.place} was lost in the middle", "Look again")


def silent(node: str, route: Route) -> NodeUnreachable:
    """Connected and logged in, but no session opens."""
    return _unreachable(node, f"{route.place} opens no session", "See whether the node is overloaded, then look again")


def no_shell(node: str, route: Route, said: str) -> NodeLoginFailed:
    """Logged in, but commands are not run: nologin, a restricted shell, a forced command."""
    quote = f': "{said[:_QUOTE_LIMIT]}"' if said else ""
    return NodeLoginFailed(
        f"{node}: {route.user} may log in at {route.place} but not run commands{quote}",
        "Use an account with an ordinary shell, or --node-access pod",
        node=node,
    )


def _words(error: BaseException) -> str:
    """The reason alone, on one line and bounded; what a server said stays literal."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    line = " ".join(text.split())
    return "".join(char if char.isprintable() else "?" for char in line)[:_QUOTE_LIMIT] or type(error).__name__
