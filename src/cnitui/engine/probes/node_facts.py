"""Which commands each fact about a node is read from, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from cnitui.domain.clocks import compared
from cnitui.domain.facts import (
    ApiReach,
    AvcDenials,
    CniDirectories,
    CniFiles,
    ContainerLabel,
    DirectoryEntry,
    FileAttributes,
    FreeSpace,
    LargestDirectories,
    Mounts,
    NodeChanges,
    NodeClock,
    Platform,
    Reach,
    RuntimeDirectories,
    SelinuxMode,
    ServiceRules,
)
from cnitui.domain.parsing import complaints, selinux_mode, space
from cnitui.domain.parsing.attributes import parse_lsattr
from cnitui.domain.parsing.avc import parse_avc
from cnitui.domain.parsing.changes import parse_boot, parse_packages, parse_units
from cnitui.domain.parsing.clock import parse_http_date, parse_stamp
from cnitui.domain.parsing.ls import parse_ls
from cnitui.domain.parsing.matchpathcon import parse_matchpathcon
from cnitui.domain.parsing.mounts import parse_findmnt, parse_mount_table
from cnitui.domain.parsing.os_release import parse_os_release
from cnitui.domain.parsing.reach import parse_reach, parse_service_rules
from cnitui.domain.parsing.runtime import parse_directories, parse_inspect, parse_labelling
from cnitui.engine.probes.node_answers import Answers
from cnitui.engine.probes.node_commands import NodeProbeRequest, readable_log, with_parents
from cnitui.late_dataclass import dataclass

MOST_CHANGES = 30
K = TypeVar("K")
V = TypeVar("V")


class Found(NamedTuple):
    """A fact, and the name of the command it is to be cited by ("": the first that answered)."""

    value: object
    cited: str = ""


@dataclass(frozen=True, slots=True)
class FactRecipe:
    """A fact, the names of the commands it needs, and the reader; None when nothing of it could be read."""

    fact: type[object]
    commands: tuple[str, ...]
    read: Callable[[Answers, NodeProbeRequest], Found | None]


def _frozen(mapping: Mapping[K, V]) -> Mapping[K, V]:
    return MappingProxyType(dict(mapping))


def _selinux_mode(answers: Answers, _request: NodeProbeRequest) -> Found | None:
    mode = selinux_mode.merged(
        selinux_mode.parse_getenforce(answers.out("getenforce")),
        selinux_mode.parse_sestatus(answers.out("sestatus")),
        selinux_mode.parse_filesystems(answers.out("selinuxfs")),
        selinux_mode.parse_config(answers.out("selinux-config")),
    )
    if mode is None:
        return None
    domains = {
        *selinux_mode.parse_permissive_domains(answers.out("permissive")),
        *selinux_mode.parse_permissive_modules(answers.out("permissive-modules")),
    }
    return Found(replace(mode, permissive_domains=tuple(sorted(domains))))


def _directories(answers: Answers, request: NodeProbeRequest) -> Found | None:
    lists = (("ls-bin", request.bin_dir), ("ls-net", request.net_dir))
    listed = {path: parse_ls(answers.out(name), path) for name, path in lists if _was_listed(answers, name)}
    entries = [*parse_ls(answers.out("directories")), *(entry for rows in listed.values() for entry in rows[:1])]
    missing = _missing(answers, request)
    if not entries and not missing:
        return None
    directories: dict[str, DirectoryEntry] = {}
    for entry in entries:
        if entry.kind in ("d", "l", ""):
            directories.setdefault(entry.path, entry)
    return Found(
        CniDirectories(
            bin_dir=request.bin_dir,
            net_dir=request.net_dir,
            directories=_frozen(directories),
            files=_frozen({path: _within(path, rows) for path, rows in listed.items()}),
            missing=missing,
            defaults=_frozen(parse_matchpathcon(answers.out("defaults"))),
            defaults_around=_frozen(
                parse_matchpathcon(f"{answers.out('defaults-bin')}\n{answers.out('defaults-net')}")
            ),
            partial=tuple(path for name, path in lists if path in listed and not answers.whole(name)),
        ),
        "directories",
    )


def _was_listed(answers: Answers, name: str) -> bool:
    output = answers.get(name)
    return output is not None and bool(output.stdout.strip())


def _within(directory: str, rows: Iterable[DirectoryEntry]) -> tuple[DirectoryEntry, ...]:
    start = directory.rstrip("/") + "/"
    return tuple(entry for entry in rows if entry.path.startswith(start))


def _missing(answers: Answers, request: NodeProbeRequest) -> tuple[str, ...]:
    """Of the paths we asked for, those that ls says do not exist."""
    said = "\n".join(answers.err(name) for name in ("directories", "ls-bin", "ls-net"))
    asked = with_parents(request.directories)
    return tuple(path for path in map(_bare, complaints.missing_paths(said)) if path in asked)


def _bare(path: str) -> str:
    return path.rstrip("/") or "/"


def _denials(answers: Answers, _request: NodeProbeRequest) -> Found | None:
    """From the first log that has records, else the first that could be read at all; a cut one only for its records."""
    empty: Found | None = None
    for name in ("audit", "journal", "dmesg"):
        output = answers.get(name)
        if output is None:
            continue
        records = parse_avc(output.stdout)
        if records:
            return Found(AvcDenials(records, name), name)
        if empty is None and readable_log(output) and not output.truncated:
            empty = Found(AvcDenials((), name), name)
    return empty


def _mounts(answers: Answers, request: NodeProbeRequest) -> Found | None:
    table = answers.out("mounts")
    looks = (("findmnt-bin", request.bin_dir), ("findmnt-net", request.net_dir))
    found = [parse_findmnt(answers.out(name), path) or parse_mount_table(table, path) for name, path in looks]
    mounts = tuple(mount for mount in found if mount is not None)
    return Found(Mounts(mounts)) if mounts else None


def _free_space(answers: Answers, request: NodeProbeRequest) -> Found | None:
    filesystems = space.merged(
        space.parse_df(answers.out("df"), _present(answers, "df", request.directories)),
        space.parse_df(answers.out("df-inodes"), _present(answers, "df-inodes", request.directories)),
    )
    return Found(FreeSpace(filesystems)) if filesystems else None


def _largest(answers: Answers, request: NodeProbeRequest) -> Found | None:
    rows = space.parse_du(answers.out("largest"))
    crammed = [row.mounted_on for row in space.parse_df(answers.out("df"), request.directories) if row.crammed]
    return Found(LargestDirectories(crammed[0], rows)) if rows and crammed else None


def _present(answers: Answers, name: str, paths: Sequence[str]) -> tuple[str, ...]:
    """df prints a row for each argument it could look at, in order."""
    failed = {*complaints.missing_paths(answers.err(name)), *complaints.refused_paths(answers.err(name))}
    return tuple(path for path in paths if path not in failed)


def _attributes(answers: Answers, _request: NodeProbeRequest) -> Found | None:
    attributes = parse_lsattr(answers.out("lsattr"), answers.err("lsattr"))
    return Found(FileAttributes(_frozen(attributes))) if attributes else None


def _container_label(answers: Answers, _request: NodeProbeRequest) -> Found | None:
    labelling = parse_labelling(answers.out("labelling"))
    if labelling is None:
        labelling = parse_labelling(answers.out("containerd-config"))
    inspected = parse_inspect(answers.out("container"))
    if inspected is not None:
        return Found(replace(inspected, labelling=labelling), "container")
    if labelling is None:
        return None
    cited = "labelling" if answers.out("labelling").strip() else "containerd-config"
    raw = next((line.strip() for line in answers.out(cited).splitlines() if "selinux" in line), "")
    return Found(ContainerLabel(None, known=False, labelling=labelling, raw=raw), cited)


def _runtime_directories(answers: Answers, _request: NodeProbeRequest) -> Found | None:
    found = parse_directories(answers.out("runtime-dirs"))
    return Found(found, "runtime-dirs") if found is not None else None


def _reach(answers: Answers, request: NodeProbeRequest) -> Found | None:
    service = _reached(answers, "reach-service", request.service)
    endpoint = _reached(answers, "reach-endpoint", request.endpoint)
    cited = "reach-service" if service else "reach-endpoint"
    return Found(ApiReach(service, endpoint), cited) if service or endpoint else None


def _reached(answers: Answers, name: str, address: str) -> Reach | None:
    output = answers.get(name)
    if output is None or complaints.not_installed(output.stderr, output.status):
        return None
    reach = parse_reach(address, f"{output.stdout}\n{output.stderr}", output.status)
    return replace(reach, source=answers.by_hand(name))


def _service_rules(answers: Answers, request: NodeProbeRequest) -> Found | None:
    """A rule anywhere is a rule; none is told only of a packet filter that was really read."""
    names = ("rules", "rules-nft", "rules-ipvs")
    readable = "*nat" in answers.out("rules") or "table" in answers.out("rules-nft")
    rules = [(name, parse_service_rules(request.service, answers.out(name), readable=readable)) for name in names]
    programmed = [Found(rule, name) for name, rule in rules if rule.programmed]
    if programmed:
        return programmed[0]
    return Found(ServiceRules(request.service, False, rules[0][1].raw), "rules") if readable else None


def _files(answers: Answers, request: NodeProbeRequest) -> Found | None:
    """Names in both directories; a directory that is missing holds nothing, one that was cut tells nothing."""
    missing = _missing(answers, request)
    names = [
        _names(answers, name, path, missing)
        for name, path in (("ls-bin", request.bin_dir), ("ls-net", request.net_dir))
    ]
    binaries, configuration = names
    if binaries is None or configuration is None:
        return None
    return Found(CniFiles(binaries, configuration), "ls-bin")


def _names(answers: Answers, name: str, path: str, missing: Sequence[str]) -> tuple[str, ...] | None:
    if path in missing:
        return ()
    if not _was_listed(answers, name) or not answers.whole(name):
        return None
    start = path.rstrip("/") + "/"
    return tuple(entry.path.removeprefix(start) for entry in _within(path, parse_ls(answers.out(name), path)))


def _clock(answers: Answers, _request: NodeProbeRequest) -> Found | None:
    began, ended = parse_stamp(answers.out("clock")), parse_stamp(answers.out("clock-after"))
    if began is None or ended is None:
        return None
    told = (parse_http_date(answers.err(name)) for name in ("reach-endpoint", "reach-service"))
    return Found(compared(began, ended, next(filter(None, told), None)), "clock")


def _changes(answers: Answers, _request: NodeProbeRequest) -> Found | None:
    units, packages = parse_units(answers.out("units")), parse_packages(answers.out("packages"))
    found = sorted({*parse_boot(answers.out("booted")), *units, *packages})
    return Found(NodeChanges(tuple(found[-MOST_CHANGES:]))) if found else None


def _platform(answers: Answers, _request: NodeProbeRequest) -> Found | None:
    platform = parse_os_release(f"{answers.out('os-release')}\n{answers.out('uname')}")
    return Found(platform) if platform else None


FACTS: tuple[FactRecipe, ...] = (
    FactRecipe(
        SelinuxMode,
        ("getenforce", "sestatus", "selinux-config", "selinuxfs", "permissive", "permissive-modules"),
        _selinux_mode,
    ),
    FactRecipe(
        CniDirectories,
        ("directories", "ls-bin", "ls-net", "defaults", "defaults-bin", "defaults-net"),
        _directories,
    ),
    FactRecipe(AvcDenials, ("audit", "journal", "dmesg"), _denials),
    FactRecipe(Mounts, ("findmnt-bin", "findmnt-net", "mounts"), _mounts),
    FactRecipe(FreeSpace, ("df", "df-inodes"), _free_space),
    FactRecipe(LargestDirectories, ("largest",), _largest),
    FactRecipe(FileAttributes, ("lsattr",), _attributes),
    FactRecipe(ContainerLabel, ("container", "labelling", "containerd-config"), _container_label),
    FactRecipe(RuntimeDirectories, ("runtime-dirs",), _runtime_directories),
    FactRecipe(ApiReach, ("reach-service", "reach-endpoint"), _reach),
    FactRecipe(ServiceRules, ("rules", "rules-nft", "rules-ipvs"), _service_rules),
    FactRecipe(CniFiles, ("ls-bin", "ls-net"), _files),
    FactRecipe(Platform, ("os-release", "uname"), _platform),
    FactRecipe(NodeClock, ("clock", "clock-after"), _clock),
    FactRecipe(NodeChanges, ("booted", "units", "packages"), _changes),
)
"""Every fact that is read on a node, with the commands in the order in which they are cited."""

DIRECTORY_FACTS: tuple[type[object], ...] = (CniDirectories, Mounts, FreeSpace, FileAttributes, CniFiles)
"""The facts that need the paths of the CNI directories."""
