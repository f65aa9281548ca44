"""Probing a node: recorded outputs become facts, failures become reasons."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cnitui.domain.evidence import CaseFile, Observed, Reading, Unavailable
from cnitui.domain.exchange import side_by_side
from cnitui.domain.facts import (
    ApiReach,
    AvcDenials,
    CniDirectories,
    CniFiles,
    ContainerLabel,
    FileAttributes,
    FreeSpace,
    Identity,
    LargestDirectories,
    Mounts,
    NodeClock,
    NodeStatus,
    Platform,
    SelinuxMode,
    ServiceRules,
    Transcript,
)
from cnitui.engine.ports import CommandOutput, NodeCommand
from cnitui.engine.probes.node import probe_node, readings_of, transcript_of
from cnitui.engine.probes.node_commands import (
    NodeProbeRequest,
    commands_for,
    container_id_of,
    host_and_port,
    safe_path,
    with_parents,
)
from cnitui.errors import NodeUnreachable

AT = datetime(2026, 11, 23, 2, 40, tzinfo=UTC)
NODE = NodeStatus("worker-01")
REQUEST = NodeProbeRequest(
    container_id="containerd://" + "a1" * 32, service="10.96.0.1:443", endpoint="192.0.2.100:6443"
)
BIN, NET = "/opt/cni/bin", "/etc/cni/net.d"

CAPTURES = {
    "getenforce": "getenforce",
    "sestatus": "sestatus",
    "selinux-config": "selinux-config",
    "permissive-modules": "semodule",
    "directories": "ls-ldZ-parents",
    "ls-bin": "ls-laZ-bin",
    "ls-net": "ls-laZ-netd",
    "defaults": "matchpathcon",
    "audit": "ausearch-raw",
    "journal": "journal-audit",
    "findmnt-bin": "findmnt",
    "df": "df",
    "df-inodes": "df-inodes",
    "lsattr": "lsattr",
    "os-release": "os-release",
}
"""Our command's name to the capture of the same output."""


def output(name: str, stdout: str = "", stderr: str = "", status: int = 0, command: str = "") -> CommandOutput:
    return CommandOutput(name, command or name, stdout, stderr, status)


def recorded(folder: Path) -> tuple[CommandOutput, ...]:
    """The outputs of one recorded state, with the status the command had there."""
    statuses = {row.split("\t")[0]: row.split("\t")[2] for row in (folder / "index.tsv").read_text().splitlines()[1:]}
    outputs = []
    for name, capture in CAPTURES.items():
        file = folder / f"{capture}.txt"
        if not file.exists():
            continue
        said = folder / f"{capture}.stderr.txt"
        stderr = said.read_text() if said.exists() else ""
        outputs.append(output(name, file.read_text(), stderr, int(statuses[file.name])))
    return tuple(outputs)


def case_of(
    outputs: Sequence[CommandOutput], request: NodeProbeRequest = REQUEST, prefix: str = "ssh worker-01"
) -> CaseFile:
    return CaseFile().with_readings(readings_of("worker-01", outputs, AT, prefix, request))


def reason(case: CaseFile, fact: type[object]) -> Unavailable:
    reading: Reading[object] | None = case.reading(fact, "worker-01")
    assert isinstance(reading, Unavailable)
    return reading


class Shell:
    """A node that answers from a table; what it does not know is not installed."""

    def __init__(self, answers: dict[str, CommandOutput] | None = None, error: NodeUnreachable | None = None) -> None:
        self.answers = answers or {}
        self.error = error
        self.rounds: list[list[NodeCommand]] = []

    async def run(self, node: NodeStatus, commands: Sequence[NodeCommand]) -> tuple[CommandOutput, ...]:
        self.rounds.append(list(commands))
        if self.error:
            raise self.error
        return tuple(self._answer(command) for command in commands)

    def _answer(self, command: NodeCommand) -> CommandOutput:
        line = shlex.join((*(("sudo", "-n") if command.root else ()), *command.argv))
        known = self.answers.get(line) or self.answers.get(command.name)
        missing = output(command.name, stderr=f"sh: 1: {command.argv[0]}: not found", status=127)
        return replace(known or missing, name=command.name, command=line)

    def by_hand(self, node: NodeStatus) -> str:
        return f"ssh {node.name}"

    async def accept_host_key(self, node: NodeStatus, fingerprint: str) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


class Now:
    def now(self) -> datetime:
        return AT

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


async def probed(shell: Shell, request: NodeProbeRequest = REQUEST) -> CaseFile:
    return CaseFile().with_readings(await probe_node(shell, NODE, request, Now()))


# --- recorded nodes -------------------------------------------------------------------------------------------------


def test_a_recorded_denial_is_read_with_everything_around_it(shared: Path) -> None:
    case = case_of(recorded(shared / "captures/usr_t"))
    assert case.value(SelinuxMode, "worker-01") == SelinuxMode("Enforcing", "Enforcing", "default")
    directories = case.value(CniDirectories, "worker-01")
    assert directories is not None
    labels = {path: entry.label.type for path, entry in directories.directories.items() if entry.label}
    assert labels["/opt"] == labels[BIN] == "usr_t"
    assert labels[NET] == "etc_t"
    assert directories.defaults[BIN].type == "bin_t"
    assert [entry.path for entry in directories.files[BIN]] == [
        f"{BIN}/{name}" for name in ("bridge", "host-local", "loopback")
    ]
    denials = case.value(AvcDenials, "worker-01")
    assert denials is not None
    assert denials.log == "audit"
    (denied,) = [avc for avc in denials.records if avc.comm == "install"]
    assert (denied.summary, denied.enforced) == ("container_t → usr_t dir { write }", True)
    assert case.value(CniFiles, "worker-01") == CniFiles(("bridge", "host-local", "loopback"), ())
    assert case.value(Platform, "worker-01") == Platform("Debian GNU/Linux", "12", "6.1.0-56-cloud-amd64")


def test_missing_directories_are_observed_as_missing(shared: Path) -> None:
    case = case_of(recorded(shared / "captures/missing"))
    directories = case.value(CniDirectories, "worker-01")
    assert directories is not None
    assert set(directories.missing) == {BIN, NET}
    assert "/opt/cni" in directories.directories
    assert case.value(CniFiles, "worker-01") == CniFiles((), ())
    assert reason(case, FreeSpace).why == f"{BIN} does not exist on this node"


def test_immutable_full_and_read_only_directories_show(shared: Path) -> None:
    attributes = case_of(recorded(shared / "captures/immutable")).value(FileAttributes, "worker-01")
    assert attributes is not None
    assert "i" in attributes.attributes[BIN]
    space = case_of(recorded(shared / "captures/disk-full")).value(FreeSpace, "worker-01")
    assert space is not None
    assert [(f.path, f.available_kib) for f in space.filesystems] == [(BIN, 0), (NET, 1514852)]
    mounts = case_of(recorded(shared / "captures/read-only")).value(Mounts, "worker-01")
    assert mounts is not None
    mount = mounts.of(BIN)
    assert mount is not None
    assert mount.read_only


def test_without_auditd_the_denial_comes_from_the_journal(shared: Path) -> None:
    folder = shared / "captures/no-auditd"
    audit = output("audit", stderr=(folder / "ausearch.stderr.txt").read_text(), status=1)
    case = case_of(
        [audit, output("journal", (folder / "journal-audit.txt").read_text(), command="sudo -n journalctl x")]
    )
    denials = case.value(AvcDenials, "worker-01")
    assert denials is not None
    assert denials.log == "journal"
    assert any(avc.comm == "install" and avc.enforced for avc in denials.records)
    reading = case.reading(AvcDenials, "worker-01")
    assert isinstance(reading, Observed)
    assert reading.source.command == "ssh worker-01 sudo -n journalctl x"


def test_permissive_domains_are_known(shared: Path) -> None:
    mode = case_of(recorded(shared / "captures/permissive-domain")).value(SelinuxMode, "worker-01")
    assert mode == SelinuxMode("Enforcing", "Enforcing", "default", ("container_t",))


# --- why there is no fact -------------------------------------------------------------------------------------------


def test_no_matches_is_an_observation_of_nothing() -> None:
    case = case_of([output("audit", stderr="<no matches>\n", status=1)])
    assert case.value(AvcDenials, "worker-01") == AvcDenials((), "audit")


@pytest.mark.parametrize(
    ("stderr", "status", "why"),
    [
        ("sudo: a password is required\n", 1, "sudo on this node wants a password"),
        ("joe is not in the sudoers file.\n", 1, "this user may not use sudo on this node"),
        ("sudo: ausearch: command not found\n", 1, "ausearch is not installed on this node"),
        (
            "Error opening /var/log/audit/audit.log (Permission denied)\n<no matches>\n",
            1,
            "permission denied for ausearch",
        ),
        ("", 124, "ausearch timed out on this node"),
        ("Killed\n", 137, "ausearch ended with status 137: Killed"),
    ],
)
def test_a_log_that_was_not_read_says_why_and_what_would_help(stderr: str, status: int, why: str) -> None:
    line = "sudo -n ausearch --input-logs -m AVC"
    missing = reason(case_of([output("audit", stderr=stderr, status=status, command=line)]), AvcDenials)
    assert missing.why == why
    assert f"ssh worker-01 {line}" in missing.next_step
    assert (missing.source.command, missing.source.node, missing.source.at) == (
        f"ssh worker-01 {line}",
        "worker-01",
        AT,
    )


def test_a_cut_log_without_a_record_is_no_proof_of_nothing() -> None:
    cut = CommandOutput("audit", "ausearch", "type=SYSCALL …", "", 0, truncated=True)
    assert reason(case_of([cut]), AvcDenials).why == "the output of ausearch was cut, it was too long"


def test_a_journal_that_shows_only_ones_own_messages_is_not_read() -> None:
    hint = "Hint: You are currently not seeing messages from other users and the system.\n"
    assert reason(case_of([output("journal", "-- No entries --\n", hint)]), AvcDenials).why.startswith(
        "permission denied"
    )


def test_a_part_of_a_fact_is_observed() -> None:
    config = output("selinux-config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n")
    mode = case_of([output("getenforce", status=127), config]).value(SelinuxMode, "worker-01")
    assert mode == SelinuxMode("", "Enforcing", "targeted")


def test_facts_nobody_asked_for_have_no_reading() -> None:
    case = case_of([output("getenforce", "Enforcing\n")])
    assert case.subjects(SelinuxMode) == ("worker-01",)
    assert len(case) == 1


def test_lines_to_paste_are_quoted_for_the_local_shell() -> None:
    command = "sudo -n sh -c 'iptables-save | grep x'"
    case = case_of([output("rules", "*nat\n-A OUTPUT -d 10.96.0.1/32 -j DNAT\n", command=command)])
    reading = case.reading(ServiceRules, "worker-01")
    assert isinstance(reading, Observed)
    assert shlex.split(reading.source.command) == ["ssh", "worker-01", command]


# --- the whole probe ------------------------------------------------------------------------------------------------


async def test_an_unreachable_node_makes_every_fact_unavailable_for_the_same_reason() -> None:
    error = NodeUnreachable("worker-01 did not answer within 10 s", "See whether it is up", node="worker-01")
    case = await probed(Shell(error=error))
    missing = {fact: reading for fact, _, reading in case.unavailable()}
    assert {SelinuxMode, CniDirectories, AvcDenials, ContainerLabel, ApiReach, ServiceRules, Platform} <= set(missing)
    assert {(m.why, m.next_step) for m in missing.values()} == {
        ("worker-01 did not answer within 10 s", "See whether it is up")
    }


async def test_the_transcript_holds_every_command_in_order_also_what_was_asked_twice() -> None:
    denied = output("ls-bin", stderr="ls: cannot open directory '/opt/cni/bin': Permission denied\n", status=2)
    case = await probed(Shell({"ls-bin": denied, "uname": output("uname", "6.1")}))
    transcript = case.value(Transcript, "worker-01")
    assert transcript is not None
    asked = {answer.command: answer for answer in transcript.answers}
    for line in (f"ls -laZ {BIN}", f"sudo -n ls -laZ {BIN}"):
        assert (asked[line].status, asked[line].errors) == (2, denied.stderr)
    assert [answer.command for answer in transcript.answers][:2] == ["date -u +%Y-%m-%dT%H:%M:%SZ", "getenforce"]
    assert asked["uname -r"].output == "6.1"


def test_a_transcript_keeps_both_ends_of_an_endless_answer() -> None:
    (answer,) = transcript_of([output("audit", f"first\n{'x' * 200_000}\nlast\n")]).answers
    assert answer.cut
    assert answer.output.startswith("first")
    assert answer.output.endswith("last\n")
    assert "167,244 characters left out" in answer.output
    assert not transcript_of([output("uname", "6.1")]).answers[0].cut


def test_the_policy_is_asked_about_files_and_parents_and_a_cut_listing_is_called_partial() -> None:
    case = case_of(
        [
            output("ls-bin", "-rwxr-xr-x. 1 root root system_u:object_r:usr_t:s0 1 Nov 23 02:39 calico\n"),
            replace(output("ls-net", "total 0\n"), truncated=True),
            output("defaults-bin", f"{BIN}/calico\tsystem_u:object_r:bin_t:s0\n/opt\tsystem_u:object_r:usr_t:s0\n"),
        ]
    )
    directories = case.value(CniDirectories, "worker-01")
    assert directories is not None
    assert str(directories.default(f"{BIN}/calico")) == "system_u:object_r:bin_t:s0"
    assert not directories.defaults
    assert directories.partial == (NET,)


async def test_a_node_that_answers_well_is_asked_once() -> None:
    good = {command.name: output(command.name, "x") for command in commands_for(REQUEST)}
    good["labelling"] = output("labelling", "enable_selinux = true\n")
    good["rules"] = output("rules", "-A OUTPUT -d 10.96.0.1/32\n")
    shell = Shell(good)
    await probed(shell)
    asked = [command.name for commands in shell.rounds for command in commands]
    assert len(asked) == len(set(asked))
    (commands,) = shell.rounds
    assert [[c.name for c in group] for group in side_by_side(commands)[1:]] == [["reach-service"], ["reach-endpoint"]]


async def test_a_directory_closed_to_the_user_is_looked_at_again_as_root() -> None:
    refused = output("ls-net", stderr=f"ls: cannot open directory '{NET}': Permission denied\n", status=2)
    listing = output("ls-net", "-rw-------. 1 root root system_u:object_r:etc_t:s0 1 Nov 23 02:39 10-calico.conflist\n")
    shell = Shell({"ls-net": refused, f"sudo -n ls -laZ {NET}": listing})
    directories = (await probed(shell)).value(CniDirectories, "worker-01")
    assert directories is not None
    assert [entry.path for entry in directories.files[NET]] == [f"{NET}/10-calico.conflist"]


async def test_an_ls_without_z_is_asked_without_it() -> None:
    refused = output("directories", stderr="ls: invalid option -- 'Z'\n", status=1)
    plain = output("directories", f"drwxr-xr-x    2 root     root          4096 Nov 23 02:39 {BIN}\n")
    line = shlex.join(("ls", "-ld", *with_parents(REQUEST.directories)))
    directories = (await probed(Shell({"directories": refused, line: plain}))).value(CniDirectories, "worker-01")
    assert directories is not None
    assert directories.directories[BIN].label is None


async def test_a_container_that_is_gone_gives_way_to_the_latest_of_its_name() -> None:
    label = '{"info": {"runtimeSpec": {"process": {"selinuxLabel": "system_u:system_r:container_t:s0:c1,c2"}}}}'
    gone = output(
        "container",
        stderr='FATA[0000] rpc error: code = NotFound desc = an error occurred when try to find "a": not found\n',
        status=1,
    )
    script = next(c for c in commands_for(NodeProbeRequest()) if c.name == "container")
    shell = Shell({"container": gone, shlex.join(("sudo", "-n", *script.argv)): output("container", label)})
    found = (await probed(shell)).value(ContainerLabel, "worker-01")
    assert found is not None
    assert str(found.label) == "system_u:system_r:container_t:s0:c1,c2"


async def test_without_curl_bash_tells_whether_the_api_is_reached() -> None:
    said = output("reach-service", stderr="bash: connect: Connection refused\n", status=1)
    line = "timeout 5 bash -c 'exec 3<>/dev/tcp/$0/$1' 10.96.0.1 443"
    reach = (await probed(Shell({line: said}))).value(ApiReach, "worker-01")
    assert reach is not None
    assert reach.service is not None
    assert (reach.service.outcome, reach.service.source) == ("refused", f"ssh worker-01 {shlex.quote(line)}")
    assert reach.endpoint is None


async def test_without_audit_and_journal_the_kernels_messages_are_read() -> None:
    # dmesg of Debian 12 without auditd
    record = (
        '[ 1379.12] audit: type=1400 audit(1795402614.451:2232): avc:  denied  { write } for  pid=1 comm="install" '
        "scontext=system_u:system_r:container_t:s0 tcontext=system_u:object_r:bin_t:s0 tclass=dir permissive=0\n"
    )
    denials = (await probed(Shell({"dmesg": output("dmesg", record)}))).value(AvcDenials, "worker-01")
    assert denials is not None
    assert (denials.log, len(denials.records)) == ("dmesg", 1)


async def test_a_missing_packet_filter_tool_is_the_reason_although_the_pipe_ended_well() -> None:
    absent = output("rules", stderr="sh: 1: iptables-save: not found\n")
    case = await probed(
        Shell({"rules": absent, "rules-nft": output("rules-nft", stderr="sh: nft: command not found\n")})
    )
    assert reason(case, ServiceRules).why == "iptables-save is not installed on this node"


async def test_the_mount_table_stands_in_for_findmnt() -> None:
    table = output("mounts", "/dev/vda / ext4 rw 0 0\ntmpfs /opt tmpfs ro 0 0\n")
    mounts = (await probed(Shell({"mounts": table}))).value(Mounts, "worker-01")
    assert mounts is not None
    assert [(mount.path, mount.target) for mount in mounts.mounts] == [(BIN, "/opt"), (NET, "/")]


async def test_of_a_filesystem_without_room_it_is_asked_what_fills_it() -> None:
    df = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vdb {} {} {}% /opt\n"
    du = output("largest", "1980\t/opt\n1900\t/opt/backup\n")
    shell = Shell({"df": output("df", df.format("2000 1990", 10, 100)), "largest": du})
    found = (await probed(shell)).value(LargestDirectories, "worker-01")
    assert found == LargestDirectories("/opt", (("/opt", 1980), ("/opt/backup", 1900)))
    (asked,) = [command for command in shell.rounds[1] if command.name == "largest"]
    assert (asked.argv[-1], asked.root) == ("/opt", True)
    assert not any(">" in word for word in asked.argv)
    roomy = Shell({"df": output("df", df.format("2000 1900", 100, 95)), "largest": du})
    assert (await probed(roomy)).value(LargestDirectories, "worker-01") is None
    hostile = Shell({"df": output("df", df.format("2000 2000", 0, 100).replace("/opt", "/opt/../x")), "largest": du})
    assert (await probed(hostile)).value(LargestDirectories, "worker-01") is None


async def test_a_node_with_no_tools_at_all_says_so_for_each_fact() -> None:
    case = await probed(Shell())
    told = [fact for fact, _, reading in case if isinstance(reading, Observed)]
    assert told == [Identity, Transcript]
    assert reason(case, SelinuxMode).why == "getenforce is not installed on this node"


# --- what may become an argument ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/opt/cni/bin", "/opt/cni/bin/", "/", "/var/snap/micro k8s/x", "/opt/$(id)"])
def test_plain_absolute_paths_pass(path: str) -> None:
    assert safe_path(path)


@pytest.mark.parametrize(
    "path",
    ["", "opt", "-rf", "/opt/../etc", "/opt\n/x", "/o\x1b[2J", "//x", "/opt//cni", "/" + "a" * 2000, "/a\u202eb"],
)
def test_paths_that_are_not_what_they_look_like_do_not(path: str) -> None:
    assert not safe_path(path)


async def test_an_unsafe_path_never_becomes_an_argument_and_is_reported() -> None:
    request = NodeProbeRequest("/opt\nreboot", "relative")
    shell = Shell()
    case = await probed(shell, request)
    assert not any(
        "reboot" in word or "relative" in word for commands in shell.rounds for c in commands for word in c.argv
    )
    assert "no plain absolute path" in reason(case, CniDirectories).why


@pytest.mark.parametrize(
    ("text", "found"),
    [("containerd://" + "a" * 64, "a" * 64), ("b" * 64, "b" * 64), ("a" * 63, ""), ("a" * 64 + ";id", "")],
)
def test_only_container_ids_become_arguments(text: str, found: str) -> None:
    assert container_id_of(text) == found


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("10.96.0.1:443", ("10.96.0.1", "443")),
        ("[fd00::1]:6443", ("fd00::1", "6443")),
        ("example.org:443", None),
        ("10.96.0.1", None),
        ("10.96.0.1:443;id", None),
        ("10.96.0.1:99999", None),
    ],
)
def test_only_addresses_become_arguments(address: str, found: tuple[str, str] | None) -> None:
    assert host_and_port(address) == found


def test_parents_are_listed_from_the_root() -> None:
    assert with_parents((BIN, NET)) == ("/", "/etc", "/etc/cni", NET, "/opt", "/opt/cni", BIN)


def clock_of(began: str, ended: str, verbose: str) -> NodeClock | None:
    """The clock, from two dates of the node and what curl said of the API server's answer between them."""
    outputs = (output("clock", began), output("reach-endpoint", "ok", verbose), output("clock-after", ended))
    return case_of(outputs).value(NodeClock, "worker-01")


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        ("< HTTP/2 200\r\n< date: Tue, 01 Dec 2026 04:00:57 GMT\r\n", 0),
        ("< HTTP/1.1 200 OK\n< Date: Tue, 01 Dec 2026 04:00:51 GMT\n", 0),
        ("< date: Tue, 01 Dec 2026 04:00:20 GMT\r\n", 36),
        ("< date: Tue, 01 Dec 2026 10:00:58 GMT\r\n", -21_600),
        ("* Connection timed out after 5001 milliseconds\n", None),
        ("< date: Tue, 99 Dec 2026 04:00:20 GMT\r\n", None),
    ],
)
def test_a_nodes_clock_is_compared_with_the_date_of_the_servers_answer(date: str, ahead: int | None) -> None:
    clock = clock_of("2026-12-01T04:00:56Z\n", "2026-12-01T04:00:58Z\n", date)
    assert clock == NodeClock(None if ahead is None else timedelta(seconds=ahead))


def test_a_look_that_took_long_tells_no_skew_that_may_be_its_own() -> None:
    assert clock_of("2026-12-01T04:00:00Z", "2026-12-01T04:01:00Z", "< date: Tue, 01 Dec 2026 04:00:30 GMT") == (
        NodeClock(timedelta())
    )
    assert clock_of("yesterday", "2026-12-01T04:01:00Z", "< date: Tue, 01 Dec 2026 04:00:30 GMT") is None


def test_no_command_writes() -> None:
    programs = {command.argv[0] for command in commands_for(REQUEST)}
    readers = {"getenforce", "sestatus", "cat", "grep", "semanage", "ls", "matchpathcon", "df", "lsattr", "findmnt"}
    assert programs <= readers | {"ausearch", "journalctl", "uname", "crictl", "curl", "sh", "date", "env", "rpm"}
    words = [word for command in commands_for(REQUEST) for word in command.argv]
    assert not any(">" in word.replace(">&2", "") for word in words)
