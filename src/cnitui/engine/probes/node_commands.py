"""The fixed, read-only list of commands that we run on a node, and the second look that some first answers ask for.

Nothing here writes, and nothing is built from free text: paths (the DaemonSet's hostPaths), container ids and addresses
are checked before they become arguments. Root is asked for only where an ordinary user sees nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from posixpath import dirname, normpath

from cnitui.domain.facts import INSTALL_CNI
from cnitui.domain.parsing import complaints
from cnitui.domain.parsing.space import parse_df
from cnitui.engine.ports import CommandOutput, NodeCommand
from cnitui.late_dataclass import dataclass

_ID = re.compile(r"(?:[a-z][a-z0-9+.-]{0,20}://)?([0-9a-f]{64})")
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_LONGEST_PATH = 1024
_CONNECT_SECONDS = "5"
_RUNTIME_CONFIG = (
    "/etc/containerd/config.toml",
    "/etc/containerd/conf.d",
    "/etc/crio",
    "/var/lib/rancher/rke2/agent/etc/containerd",
    "/var/lib/rancher/k3s/agent/etc/containerd",
)
_SWITCHES = "selinux *="
_RUNTIME_DIRS = "^ *(bin_dirs?|conf_dir|plugin_dirs?|network_dir) *="
"""containerd's keys (versions 2 and 3 of its file), then CRI-O's."""
_DEFAULTS_AROUND = 'matchpathcon "$@" "$0"/*'
"""Of what is in a directory, which is not known yet, and of its parents."""
_UNITS = ("kubelet", "rke2-server", "rke2-agent", "k3s", "k3s-agent", "containerd", "crio", "docker")
"""Units that have the kubelet or the runtime in them."""
_PACKAGES = (
    "container-selinux", "rke2-selinux", "k3s-selinux", "selinux-policy-targeted", "kubelet", "containerd.io", "cri-o",
)  # fmt: skip
_DATE = ("date", "-u", "+%Y-%m-%dT%H:%M:%SZ")
_INSPECT_LATEST = (
    "id=$(crictl ps -a -q --name {name} | head -n 1); "
    'if [ -n "$id" ]; then crictl inspect "$id"; else echo "no container {name}" >&2; exit 1; fi'
)
_LARGEST = 'timeout 5 du -xk --max-depth=2 "$0" | sort -rn | head -n 12'
_NAT_RULES = "iptables-save -t nat | grep -E '^[*]nat|{host}([^0-9]|$)' | head -n 20"
_NFT_RULES = "nft list ruleset | grep -E '^table|{host}([^0-9]|$)' | head -n 200"


@dataclass(frozen=True, slots=True)
class NodeProbeRequest:
    """What to look at on one node.

    `bin_dir` and `net_dir` are the host's directories of the attempt's own pod; `container_id` is the last attempt's
    (with or without `containerd://`), "" when none is known; `service` and `endpoint` are `host:port` of the API, "" to
    leave the network alone.
    """

    bin_dir: str = "/opt/cni/bin"
    net_dir: str = "/etc/cni/net.d"
    container: str = INSTALL_CNI
    container_id: str = ""
    service: str = ""
    endpoint: str = ""

    @property
    def directories(self) -> tuple[str, ...]:
        """The two directories, as far as they are paths that we pass on."""
        return tuple(path for path in dict.fromkeys((self.bin_dir, self.net_dir)) if safe_path(path))


def safe_path(path: str) -> bool:
    """Whether a hostPath may become an argument: absolute, plain and printable, so that it is what it looks like."""
    plain = path.startswith("/") and not path.startswith("//") and len(path) <= _LONGEST_PATH and path.isprintable()
    return plain and normpath(path) == (path.rstrip("/") or "/")


def container_id_of(text: str) -> str:
    """The 64 hexadecimal digits of a container id, "" for anything else."""
    match = _ID.fullmatch(text)
    return match[1] if match else ""


def host_and_port(address: str) -> tuple[str, str] | None:
    """`10.96.0.1:443` or `[fd00::1]:443` as two arguments; None for anything but an IP address and a port."""
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    try:
        ip_address(host)
    except ValueError:
        return None
    return (host, port) if port.isascii() and port.isdigit() and 0 < int(port) < 65536 else None


def with_parents(paths: Sequence[str]) -> tuple[str, ...]:
    """The paths and all directories above them, from the root down."""
    found: set[str] = set()
    for path in paths:
        current = path.rstrip("/") or "/"
        while current not in found:
            found.add(current)
            current = dirname(current)
    return tuple(sorted(found))


def commands_for(request: NodeProbeRequest) -> tuple[NodeCommand, ...]:
    """The first round: all that one connection is asked at once, between two looks at the node's clock."""
    asked = (*_selinux(), *_directories(request), *_audit_logs(), *_platform(), *_runtime(request), *_network(request))
    return (NodeCommand("clock", _DATE), *asked, *_changes(), NodeCommand("clock-after", _DATE))


def _selinux() -> tuple[NodeCommand, ...]:
    return (
        NodeCommand("getenforce", ("getenforce",)),
        NodeCommand("sestatus", ("sestatus",)),
        NodeCommand("selinux-config", ("cat", "/etc/selinux/config")),
        NodeCommand("selinuxfs", ("grep", "-c", "selinuxfs", "/proc/filesystems")),
        NodeCommand("permissive", ("semanage", "permissive", "-l"), root=True),
    )


def _directories(request: NodeProbeRequest) -> Iterator[NodeCommand]:
    directories = request.directories
    if not directories:
        return
    yield NodeCommand("directories", ("ls", "-ldZ", *with_parents(directories)))
    yield NodeCommand("defaults", ("matchpathcon", *directories))
    yield NodeCommand("df", ("df", "-P", *directories))
    yield NodeCommand("df-inodes", ("df", "-Pi", *directories))
    yield NodeCommand("lsattr", ("lsattr", "-d", *directories))
    for name, path in (("bin", request.bin_dir), ("net", request.net_dir)):
        if path in directories:
            yield NodeCommand(f"ls-{name}", ("ls", "-laZ", path))
            yield NodeCommand(f"findmnt-{name}", ("findmnt", "-T", path))
            yield NodeCommand(f"defaults-{name}", ("sh", "-c", _DEFAULTS_AROUND, path, *with_parents((dirname(path),))))


def _audit_logs() -> tuple[NodeCommand, ...]:
    """The last ten minutes: longer than the kubelet's longest wait between two attempts (300 s) and an attempt.

    Without `--input-logs` ausearch reads its standard input when that is no terminal, and finds nothing.
    """
    search = ("ausearch", "--input-logs", "-m", "AVC,USER_AVC,SELINUX_ERR", "-ts", "recent", "--raw")
    journal = ("journalctl", "_AUDIT_TYPE_NAME=AVC", "--no-pager", "-o", "short-iso", "--since=-10min")
    return NodeCommand("audit", search, root=True), NodeCommand("journal", journal, root=True)


def _platform() -> tuple[NodeCommand, ...]:
    return NodeCommand("os-release", ("cat", "/etc/os-release")), NodeCommand("uname", ("uname", "-r"))


def _changes() -> tuple[NodeCommand, ...]:
    """What may have changed when it began: a boot, a restart, an update of what SELinux or the kubelet is made of."""
    return (
        NodeCommand("booted", ("grep", "btime", "/proc/stat")),
        NodeCommand("units", ("env", "TZ=UTC", "systemctl", "show", "-p", "Id", "-p", "ActiveEnterTimestamp", *_UNITS)),
        NodeCommand("packages", ("rpm", "-q", "--qf", "%{INSTALLTIME} %{NAME}-%{VERSION}-%{RELEASE}\\n", *_PACKAGES)),
    )


def _runtime(request: NodeProbeRequest) -> Iterator[NodeCommand]:
    container = container_id_of(request.container_id)
    if container:
        yield NodeCommand("container", ("crictl", "inspect", container), root=True)
    elif _NAME.fullmatch(request.container):
        yield _latest_container(request)
    yield NodeCommand("labelling", ("grep", "-rhE", _SWITCHES, *_RUNTIME_CONFIG))
    yield NodeCommand("runtime-dirs", ("grep", "-rhE", _RUNTIME_DIRS, *_RUNTIME_CONFIG))


def _latest_container(request: NodeProbeRequest) -> NodeCommand:
    """By name, which has been checked, because the last attempt's container may be gone already."""
    return NodeCommand("container", ("sh", "-c", _INSPECT_LATEST.format(name=request.container)), root=True)


def _network(request: NodeProbeRequest) -> Iterator[NodeCommand]:
    """A connection and no more than `GET /livez`, which changes nothing and needs no credentials."""
    for name, address in (("reach-service", request.service), ("reach-endpoint", request.endpoint)):
        target = host_and_port(address)
        if target:
            host, port = target
            url = f"https://[{host}]:{port}/livez" if ":" in host else f"https://{host}:{port}/livez"
            options = ("-kvsS", "-o", "/dev/null", "--max-time", _CONNECT_SECONDS, "--noproxy", "*")
            yield NodeCommand(name, ("curl", url, *options), waits=True)
    service = host_and_port(request.service)
    if service:
        yield NodeCommand("rules", ("sh", "-c", _NAT_RULES.format(host=_pattern(service[0]))), root=True)


def _pattern(host: str) -> str:
    return host.replace(".", "[.]")


# --- the second look ------------------------------------------------------------------------------------------------


def second_look(
    request: NodeProbeRequest, commands: Sequence[NodeCommand], outputs: Sequence[CommandOutput]
) -> tuple[NodeCommand, ...]:
    """What to ask once more, in another way, because the first answer was no answer.

    A command of a name that was already asked is to replace that answer if it succeeds.
    """
    answers = {output.name: output for output in outputs}
    asked = ((command, answers[command.name]) for command in commands if command.name in answers)
    others = (other for command, output in asked for other in _other_ways(request, command, output))
    return (*others, *_other_logs(commands, answers), *_what_fills(answers))


def _other_ways(request: NodeProbeRequest, command: NodeCommand, output: CommandOutput) -> Iterator[NodeCommand]:
    if not command.root and complaints.permission_denied(output.stderr):
        yield replace(command, root=True)
    elif command.argv[0] == "ls":
        if complaints.unknown_option(output.stderr):
            yield replace(command, argv=("ls", command.argv[1].replace("Z", ""), *command.argv[2:]))
    elif command.name in _INSTEAD:
        yield from _INSTEAD[command.name](request, output)


def _instead_of_findmnt(_request: NodeProbeRequest, output: CommandOutput) -> Iterator[NodeCommand]:
    if output.status != 0:
        yield NodeCommand("mounts", ("cat", "/proc/self/mounts"))


def _instead_of_semanage(_request: NodeProbeRequest, output: CommandOutput) -> Iterator[NodeCommand]:
    if complaints.not_installed(output.stderr, output.status):
        yield NodeCommand("permissive-modules", ("semodule", "-l"), root=True)


def _instead_of_inspect(request: NodeProbeRequest, output: CommandOutput) -> Iterator[NodeCommand]:
    gone = output.status != 0 and not complaints.no_sudo(output.stderr)
    installed = not complaints.not_installed(output.stderr, output.status)
    if gone and installed and container_id_of(request.container_id) and _NAME.fullmatch(request.container):
        yield _latest_container(request)


def _instead_of_config_files(_request: NodeProbeRequest, output: CommandOutput) -> Iterator[NodeCommand]:
    """containerd's own view: a file that does not name the switch leaves it at its default."""
    if not output.stdout.strip():
        yield NodeCommand("containerd-config", ("containerd", "config", "dump"))


def _instead_of_curl(request: NodeProbeRequest, output: CommandOutput) -> Iterator[NodeCommand]:
    target = host_and_port(request.service if output.name == "reach-service" else request.endpoint)
    if target and complaints.not_installed(output.stderr, output.status):
        script = "exec 3<>/dev/tcp/$0/$1"
        argv = ("timeout", _CONNECT_SECONDS, "bash", "-c", script, *target)
        yield NodeCommand(output.name, argv, waits=True)


def _instead_of_iptables(request: NodeProbeRequest, output: CommandOutput) -> Iterator[NodeCommand]:
    service = host_and_port(request.service)
    if service and service[0] not in output.stdout and not complaints.no_sudo(output.stderr):
        yield NodeCommand("rules-nft", ("sh", "-c", _NFT_RULES.format(host=_pattern(service[0]))), root=True)
        yield NodeCommand("rules-ipvs", ("ip", "addr", "show", "dev", "kube-ipvs0"))


_INSTEAD: Mapping[str, Callable[[NodeProbeRequest, CommandOutput], Iterator[NodeCommand]]] = {
    "findmnt-bin": _instead_of_findmnt,
    "permissive": _instead_of_semanage,
    "container": _instead_of_inspect,
    "labelling": _instead_of_config_files,
    "reach-service": _instead_of_curl,
    "reach-endpoint": _instead_of_curl,
    "rules": _instead_of_iptables,
}


def _what_fills(answers: Mapping[str, CommandOutput]) -> Iterator[NodeCommand]:
    """Of a filesystem without room: what is in it, as far as that is added up within seconds."""
    rows = parse_df(answers["df"].stdout) if "df" in answers else ()
    crammed = next((row.mounted_on for row in rows if row.crammed and safe_path(row.mounted_on)), "")
    if crammed:
        yield NodeCommand("largest", ("sh", "-c", _LARGEST, crammed), root=True, waits=True)


def _other_logs(commands: Sequence[NodeCommand], answers: Mapping[str, CommandOutput]) -> Iterator[NodeCommand]:
    """Without an audit log: the kernel's own messages; without sudo: the journal, for who is in its group."""
    audit, journal = answers.get("audit"), answers.get("journal")
    if audit is not None and not readable_log(audit):
        yield NodeCommand("dmesg", ("dmesg",), root=not complaints.no_sudo(audit.stderr))
    if journal is not None and complaints.no_sudo(journal.stderr):
        yield from (replace(command, root=False) for command in commands if command.name == "journal")


def readable_log(output: CommandOutput) -> bool:
    """Whether a log was really read, also when it had nothing: ausearch says `<no matches>` then, with status 1."""
    if complaints.permission_denied(output.stderr) or complaints.no_sudo(output.stderr):
        return False
    return output.status == 0 or "<no matches>" in output.stderr or "<no matches>" in output.stdout
