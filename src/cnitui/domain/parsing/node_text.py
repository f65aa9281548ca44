"""Facts about a node in pasted text: every parser is given what it may be about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from posixpath import dirname

from cnitui.domain.facts import (
    ApiReach,
    AvcDenials,
    CniDirectories,
    ContainerLabel,
    DirectoryEntry,
    FileAttributes,
    Filesystem,
    FreeSpace,
    Mount,
    Mounts,
    Platform,
    Reach,
    RuntimeDirectories,
    SelinuxMode,
)
from cnitui.domain.parsing.attributes import parse_lsattr
from cnitui.domain.parsing.avc import parse_avc
from cnitui.domain.parsing.complaints import missing_paths
from cnitui.domain.parsing.lines import position
from cnitui.domain.parsing.ls import parse_ls
from cnitui.domain.parsing.matchpathcon import parse_matchpathcon
from cnitui.domain.parsing.mounts import parse_findmnt, parse_mount_table
from cnitui.domain.parsing.os_release import parse_os_release
from cnitui.domain.parsing.paste import Block
from cnitui.domain.parsing.reach import parse_reach
from cnitui.domain.parsing.runtime import parse_directories, parse_inspect, parse_labelling, parse_process_label
from cnitui.domain.parsing.selinux_mode import parse_getenforce, parse_sestatus
from cnitui.domain.parsing.space import parse_df
from cnitui.domain.selinux import Avc, Label

BIN_DIR, NET_DIR = "/opt/cni/bin", "/etc/cni/net.d"
_LISTED = re.compile(r"^\s*(?:d|-|l)[rwxsStT-]{9}[.+@]?\s|^\s*\S+:\S+:\w+_t(?::s0\S*)?\s+/", re.MULTILINE)
_PLUGINS = re.compile(r"\b(?:calico|calico-ipam|loopback|portmap|host-local|bandwidth)$", re.MULTILINE)
_ADDRESS = re.compile(
    r"https?://(?P<url>[\w.\[\]:-]{1,253}?:\d{1,5})|\b(?P<host>[\w.-]{1,253})[ :/](?P<port>443|6443)\b"
)
_FINDMNT = re.compile(r"^TARGET\s+SOURCE\s+FSTYPE", re.MULTILINE)
_LONG_TEXT = 200_000
_MOST_RECORDS = 4_000
_NODE_KINDS = frozenset({"node", "unknown", "log", "describe"})


def node_facts(blocks: Sequence[Block]) -> Iterator[object]:
    """Every fact about one node that the blocks hold."""
    told = [block for block in blocks if block.kind in _NODE_KINDS]
    makers = (
        _mode,
        _denials,
        _directories,
        _mounts,
        _space,
        _attributes,
        _label,
        _runtime_directories,
        _reach,
        _platform,
    )
    for make in makers:
        fact = make(told)
        if fact is not None:
            yield fact


def _mode(blocks: Sequence[Block]) -> SelinuxMode | None:
    status = next((found for block in blocks if (found := _sestatus(block))), None)
    plain = next((found for block in blocks if (found := _getenforce(block))), None)
    return status or plain


def _sestatus(block: Block) -> SelinuxMode | None:
    return parse_sestatus(block.text) if "SELinux status" in block.text else None


def _getenforce(block: Block) -> SelinuxMode | None:
    fits = "getenforce" in block.command or (block.kind == "unknown" and len(block.text) < 1_000_000)
    return parse_getenforce(block.text) if fits and "ing" in block.text.lower() + "disabled" else None


def _denials(blocks: Sequence[Block]) -> AvcDenials | None:
    records: list[Avc] = []
    for block in blocks:
        if "avc:" in block.text.lower():
            records += (_placed(avc, block) for avc in parse_avc(_about_denials(block.text)))
    return AvcDenials(tuple(records), "pasted") if records else None


def _placed(avc: Avc, block: Block) -> Avc:
    """The record with its line counted in the whole text."""
    number = avc.position.rpartition(" ")[2]
    if not number.isdigit() or len(block.text) >= _LONG_TEXT:
        return replace(avc, position="")
    return replace(avc, position=position(int(number) + block.first_line - 1))


def _about_denials(text: str) -> str:
    """The lines that can be part of an audit record, when the text is long."""
    if len(text) < _LONG_TEXT:
        return text
    lines = [line for line in text.split("\n") if "avc" in line.lower() or "type=" in line]
    kept = lines if len(lines) <= _MOST_RECORDS else lines[: _MOST_RECORDS // 2] + lines[-_MOST_RECORDS // 2 :]
    return "\n".join(kept)


def _directories(blocks: Sequence[Block]) -> CniDirectories | None:
    entries = [entry for block in blocks if _LISTED.search(block.text) for entry in _entries(block)]
    defaults: dict[str, Label] = {}
    for block in blocks:
        if "matchpathcon" in block.command or "restorecon" in block.command:
            defaults.update(parse_matchpathcon(block.text))
    missing = [path for block in blocks if "ls" in block.command.split()[:3] for path in missing_paths(block.text)]
    if not entries and not missing:
        return None
    directories = {entry.path.rstrip("/"): entry for entry in entries if entry.kind in ("d", "")}
    return CniDirectories(BIN_DIR, NET_DIR, directories, _files(entries), tuple(missing), defaults)


def _entries(block: Block) -> tuple[DirectoryEntry, ...]:
    named = [word.rstrip("/") or "/" for word in block.command.split() if word.startswith("/")]
    directory = named[-1] if len(named) == 1 else ""
    if not directory and not named:
        directory = BIN_DIR if _PLUGINS.search(block.text) else (NET_DIR if ".conflist" in block.text else "")
    if "-d" in block.command or "d" in "".join(word for word in block.command.split() if re.fullmatch(r"-\w+", word)):
        directory = ""
    return parse_ls(block.text[: 2 * _LONG_TEXT], directory)


def _files(entries: Iterable[DirectoryEntry]) -> Mapping[str, tuple[DirectoryEntry, ...]]:
    files: dict[str, list[DirectoryEntry]] = {}
    for entry in entries:
        if entry.kind in ("-", "l"):
            files.setdefault(dirname(entry.path), []).append(entry)
    return {directory: tuple(found) for directory, found in files.items()}


def _mounts(blocks: Sequence[Block]) -> Mounts | None:
    found = [mount for block in blocks for mount in _mounts_in(block)]
    return Mounts(tuple(found)) if found else None


def _mounts_in(block: Block) -> Iterator[Mount]:
    header = _FINDMNT.search(block.text)
    if "findmnt" in block.command or header is not None:
        named = [word for word in block.command.split() if word.startswith("/")]
        begin = header.start() if header else 0
        mount = parse_findmnt(block.text[begin : begin + _LONG_TEXT], named[0] if named else "")
        if mount is not None:
            yield mount if named else replace(mount, path=BIN_DIR)
    elif " type " in block.text and len(block.text) < 1_000_000:
        for path in (BIN_DIR, NET_DIR):
            mount = parse_mount_table(block.text, path)
            if mount is not None:
                yield mount


def _space(blocks: Sequence[Block]) -> FreeSpace | None:
    rows: list[Filesystem] = []
    for block in blocks:
        if "Filesystem" in block.text:
            named = [word for word in block.command.split() if word.startswith("/")]
            rows += parse_df(block.text, named)
    return FreeSpace(tuple(rows)) if rows else None


def _attributes(blocks: Sequence[Block]) -> FileAttributes | None:
    found: dict[str, str] = {}
    for block in blocks:
        if "lsattr" in block.command or re.search(r"^[-\w]{16,24} /", block.text, re.MULTILINE):
            found.update(parse_lsattr(block.text))
    return FileAttributes(found) if found else None


def _label(blocks: Sequence[Block]) -> ContainerLabel | None:
    asked = (block for block in blocks if "inspect" in block.command or "selinuxLabel" in block.text)
    inspected = next((found for block in asked if (found := parse_inspect(block.text))), None)
    running = next((found for block in blocks if (found := parse_process_label(block.text))), None)
    return inspected or running or next((found for block in blocks if (found := _labelling(block))), None)


def _labelling(block: Block) -> ContainerLabel | None:
    """The runtime's own switch, where its configuration was pasted."""
    if "enable_selinux" not in block.text or len(block.text) >= _LONG_TEXT:
        return None
    switch = parse_labelling(block.text)
    line = next((line.strip() for line in block.text.split("\n") if "enable_selinux" in line), "")
    return None if switch is None else ContainerLabel(None, known=False, labelling=switch, raw=line)


def _runtime_directories(blocks: Sequence[Block]) -> RuntimeDirectories | None:
    """The runtime's CNI directories, where its configuration was pasted."""
    texts = (block.text for block in blocks if "_dir" in block.text and len(block.text) < _LONG_TEXT)
    return next((found for text in texts if (found := parse_directories(text))), None)


def _reach(blocks: Sequence[Block]) -> ApiReach | None:
    service: Reach | None = None
    endpoint: Reach | None = None
    for block in blocks:
        address = _asked(block)
        if address:
            reach = parse_reach(address, block.text)
            if address.partition(":")[0].endswith(".1") and address.endswith(":443"):
                service = reach
            else:
                endpoint = reach
    return ApiReach(service, endpoint) if service or endpoint else None


def _asked(block: Block) -> str:
    words = block.command.split()
    if not any(word.rpartition("/")[2] in ("curl", "nc", "telnet", "wget") for word in words):
        return ""
    found = _ADDRESS.search(block.command)
    if found is None:
        return ""
    return found["url"] or f"{found['host']}:{found['port']}"


def _platform(blocks: Sequence[Block]) -> Platform | None:
    asked = (block for block in blocks if "os-release" in block.command or "PRETTY_NAME=" in block.text)
    return next((found for block in asked if (found := parse_os_release(block.text))), None)
