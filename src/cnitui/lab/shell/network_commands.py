"""curl, nc, ip, iptables, getent: what a node's network answers about the API server."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from cnitui.lab.machine.network import REACHABLE

if TYPE_CHECKING:
    from cnitui.lab.shell.invocation import Builtin, Invocation

SERVICE = "10.96.0.1"


def _reach(run: Invocation, host: str) -> str:
    """How a connection to a host ends."""
    network = run.node.network
    masters = {node.ip for node in run.world.nodes.values() if node.control_plane}
    if host == SERVICE:
        return network.through_service()
    if host in masters:
        return REACHABLE if run.node.control_plane else network.to_endpoint()
    return REACHABLE if host in ("127.0.0.1", "localhost", run.node.ip) else "timeout"


_CURL_VALUES = (
    "max-time", "connect-timeout", "output", "write-out", "header", "noproxy", "resolve", "cacert", "request", "retry",
)  # fmt: skip


async def curl(run: Invocation) -> int:
    """curl [-k] [-s] [-S] [-v] [-m N] [-o FILE] [-w FORMAT] URL against the API server's addresses."""
    flags, operands = run.options("moHwX", long_with_value=_CURL_VALUES)
    url = operands[0] if operands else ""
    found = re.match(r"(https?)://([^/:]+)(?::(\d+))?(/.*)?", url)
    if found is None:
        return _curl_error(run, flags, 6, f"Could not resolve host: {url}")
    host, port = found.group(2), found.group(3) or ("443" if found.group(1) == "https" else "80")
    reach = _reach(run, host)
    _verbose(run, flags, f"*   Trying {host}:{port}...")
    if reach != REACHABLE:
        limit = float(flags.get("m") or flags.get("connect-timeout") or flags.get("max-time") or 130)
        code, text = await _refused(run, reach, host, port, limit)
        _verbose(run, flags, f"* {text}", "* Closing connection 0")
        run.out(_written(flags, "000"))
        return _curl_error(run, flags, code, text)
    _verbose(run, flags, f"* Connected to {host} ({host}) port {port} (#0)")
    if not {"k", "insecure", "cacert"} & set(flags):
        return _curl_error(run, flags, 60, "SSL certificate problem: unable to get local issuer certificate")
    return _answer(run, flags, host, found.group(4) or "/")


def _verbose(run: Invocation, flags: dict[str, str], *lines: str) -> None:
    for line in lines if "v" in flags or "verbose" in flags else ():
        run.err(line + "\n")


def _curl_error(run: Invocation, flags: dict[str, str], code: int, text: str) -> int:
    quiet = ("s" in flags or "silent" in flags) and not {"S", "show-error"} & set(flags)
    if not quiet:
        run.err(f"curl: ({code}) {text}\n")
    return code


def _written(flags: dict[str, str], status: str) -> str:
    form = flags.get("w") or flags.get("write-out") or ""
    return form.replace("%{http_code}", status).replace("%{response_code}", status).replace("\\n", "\n")


def _answer(run: Invocation, flags: dict[str, str], host: str, path: str) -> int:
    healthy = path.split("?")[0] in ("/healthz", "/readyz", "/livez")
    minor = run.world.kubernetes.split(".")[1]
    version = f'{{\n  "major": "1",\n  "minor": "{minor}",\n  "gitVersion": "{run.world.kubernetes}"\n}}'
    known = {"/version": version}
    body = "ok" if healthy else known.get(path, _FORBIDDEN)
    status = "403 Forbidden" if body == _FORBIDDEN else "200 OK"
    _verbose(run, flags, f"> GET {path} HTTP/1.1", f"> Host: {host}", ">", f"< HTTP/1.1 {status}")
    _verbose(run, flags, f"< Date: {run.world.clock.now():%a, %d %b %Y %H:%M:%S} GMT", "<")
    if "o" not in flags and "output" not in flags:
        run.out(body)
    run.out(_written(flags, status[:3]))
    return 0


_FORBIDDEN = (
    '{\n  "kind": "Status",\n  "apiVersion": "v1",\n  "metadata": {},\n  "status": "Failure",\n  "message": '
    '"forbidden: User \\"system:anonymous\\" cannot get path \\"/\\"",\n  "reason": "Forbidden",\n  "details": {},\n'
    '  "code": 403\n}'
)


async def _refused(run: Invocation, reach: str, host: str, port: str, limit: float) -> tuple[int, str]:
    if reach == "timeout":
        await asyncio.sleep(run.world.clock.scaled(limit))
        return 28, f"Connection timed out after {int(limit * 1000) + 1} milliseconds"
    words = {"refused": "Connection refused", "unreachable": "Network is unreachable", "noroute": "No route to host"}
    return 7, f"Failed to connect to {host} port {port}: {words[reach]}"


async def nc(run: Invocation) -> int:
    """nc -z [-v] [-w N] HOST PORT."""
    flags, operands = run.options("w")
    host, port = [*operands, "", ""][:2]
    reach = _reach(run, host)
    if reach == REACHABLE:
        if "v" in flags:
            run.err(f"Ncat: Connected to {host}:{port}.\n")
        return 0
    if reach == "timeout":
        await asyncio.sleep(run.world.clock.scaled(float(flags.get("w") or 10)))
    words = {"timeout": "TIMEOUT", "refused": "Connection refused", "unreachable": "Network is unreachable"}
    run.err(f"Ncat: {words.get(reach, 'No route to host')}.\n")
    return 1


def ip(run: Invocation) -> int:
    """ip route, ip -br addr."""
    words = [word for word in run.arguments[1:] if not word.startswith("-")]
    if words[:1] and words[0].startswith("r"):
        if words[1:2] == ["get"]:
            run.line(f"{words[2]} via 10.240.0.1 dev eth0 src {run.node.ip} uid {run.session.uid} \n    cache ")
            return 0
        if run.node.network.default_route:
            run.line("default via 10.240.0.1 dev eth0 proto static metric 100 ")
        run.line(f"10.240.0.0/24 dev eth0 proto kernel scope link src {run.node.ip} metric 100 ")
    elif words[:1] and words[0].startswith("a"):
        run.line("lo               UNKNOWN        127.0.0.1/8")
        for link in run.node.network.interfaces:
            run.line(f"{link.name:<16} UP             {link.address}/24 ")
    return 0


def iptables(run: Invocation) -> int:
    """iptables -t nat -S, iptables-save: the rules kube-proxy wrote for the API's Service."""
    if not run.session.root:
        run.err(
            f"{run.arguments[0]} v1.8.10 (nf_tables): Could not fetch rule set generation id: "
            "Permission denied (you must be root)\n"
        )
        return 4
    if "nat" not in run.arguments and "iptables-save" not in run.arguments[0]:
        run.line("-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT")
        return 0
    master = next(node.ip for node in run.world.nodes.values() if node.control_plane)
    run.line("-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n-P OUTPUT ACCEPT\n-P POSTROUTING ACCEPT")
    if run.node.network.service_rules:
        comment = "-m comment --comment"
        run.line("-N KUBE-SERVICES\n-N KUBE-SVC-NPX46M4PTMTKRN6Y\n-N KUBE-SEP-PMIZFU5PPLSZTZTI")
        run.line(f'-A OUTPUT {comment} "kubernetes service portals" -j KUBE-SERVICES')
        run.line(
            f'-A KUBE-SERVICES -d {SERVICE}/32 -p tcp {comment} "default/kubernetes:https cluster IP" -m tcp '
            "--dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y"
        )
        run.line(
            f'-A KUBE-SVC-NPX46M4PTMTKRN6Y {comment} "default/kubernetes:https -> {master}:6443" '
            "-j KUBE-SEP-PMIZFU5PPLSZTZTI"
        )
        run.line(
            f'-A KUBE-SEP-PMIZFU5PPLSZTZTI -p tcp {comment} "default/kubernetes:https" -m tcp -j DNAT '
            f"--to-destination {master}:6443"
        )
    return 0


COMMANDS: dict[str, Builtin] = {
    "curl": curl, "nc": nc, "ncat": nc, "ip": ip, "iptables": iptables, "iptables-save": iptables,
}  # fmt: skip
