"""Raw terminal text, as somebody pasted it, to blocks: which command printed what, on which node.

Prompts, `ssh NODE …` and `kubectl …` say what follows; text without a prompt is one block of unknown command. Nothing
is lost: every line of the paste stands in exactly one block, cleaned of what a terminal obeys.
"""

from __future__ import annotations

import dataclasses
import re
import shlex
from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from cnitui.domain.parsing.framing import unframed
from cnitui.domain.parsing.wrapping import unwrapped
from cnitui.late_dataclass import dataclass

MOST_CHARACTERS = 64 * 2**20
LONGEST_LINE = 20_000
BlockKind = Literal["log", "events", "describe", "pods", "nodes", "node", "document", "words", "unknown"]

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b\n]{0,1000}(?:\x07|\x1b\\)?|"
    r"[PX^_][^\x1b\n]{0,1000}(?:\x1b\\)?|[ -/]?[0-~])"
)
_UNSEEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160), 0x200B, 0x2060, 0xFEFF))
_PROMPT = re.compile(
    r"(?:\[?(?P<user>[\w.-]{1,64})@(?P<host>[\w.-]{1,253})[^\]$#%\n]{0,120}\]?\s?[$#%]|"
    r"(?P<bare>[$#]|\+{1,3}|PS [^>\n]{1,100}>|❯|➜|~[$#]|bash-\d\.\d[$#]|sh-\d\.\d[$#]))\s+(?P<command>\S.{0,4000})"
)
_COMMANDS = frozenset(
    {
        "kubectl", "k", "oc", "ssh", "ls", "getenforce", "sestatus", "ausearch", "journalctl", "dmesg", "findmnt",
        "mount", "df", "lsattr", "crictl", "docker", "nerdctl", "stat", "cat", "grep", "sudo", "ip", "iptables",
        "nft", "sysctl", "systemctl", "matchpathcon", "restorecon", "semanage", "ps", "id", "uname", "calicoctl",
        "curl", "nc", "ping", "helm", "tail", "head", "echo", "for", "cd", "date", "namei", "getsebool", "semodule",
        "lsmod", "modprobe", "podman", "audit2why", "sealert", "lscpu", "free",
    }
)  # fmt: skip

_SSH_VALUED = frozenset(
    {"-F", "-i", "-l", "-o", "-p", "-J", "-b", "-c", "-D", "-E", "-I", "-L", "-m", "-R", "-S", "-W"}
)
_KUBECTL_VALUED = frozenset(
    {"-n", "--namespace", "-c", "--container", "-l", "--selector", "-o", "--output", "--context", "--tail", "--since",
     "--kubeconfig", "--field-selector", "--for", "--as"}
)  # fmt: skip
_CALICO_NODE = re.compile(r"calico-node|canal")
_HEXADECIMAL = re.compile(r"[0-9a-f]{6,64}")


@dataclass(frozen=True, slots=True)
class Block:
    """What one command printed; `first_line` counts from 1 in the whole paste.

    `origin` is the container or component a log is of, or the kind again; `pod` and `node` are "" when not told.
    """

    kind: BlockKind
    text: str
    origin: str = ""
    command: str = ""
    node: str = ""
    pod: str = ""
    first_line: int = 1


@dataclasses.dataclass(slots=True)
class _Open:
    command: str = ""
    node: str = ""
    first_line: int = 1
    lines: list[str] = field(default_factory=list)


def clean(text: str) -> str:
    """Take away what a terminal obeys; carriage returns overwrite as they did on the screen."""
    text = text[:MOST_CHARACTERS].replace("\r\n", "\n")
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if "\r" in text:
        text = "\n".join(_overwritten(line) for line in text.split("\n"))
    return text.translate(_UNSEEN)


def _overwritten(line: str) -> str:
    parts = [part for part in line.split("\r") if part]
    return parts[-1] if parts else ""


def blocks_of(text: str) -> tuple[Block, ...]:
    """The blocks of a paste, in their order: unframed, and lines that the terminal wrapped are whole again."""
    return tuple(_blocks(unwrapped(unframed(clean(text)), _is_prompt)))


def _blocks(text: str) -> Iterator[Block]:
    current = _Open()
    for number, line in enumerate(text.split("\n"), 1):
        prompt = _prompt(line)
        if prompt is None:
            current.lines.append(line[:LONGEST_LINE])
            continue
        yield from _closed(current)
        node, command = prompt
        current = _Open(command, node or (current.node if _inside(current.node, command) else ""), number + 1)
    yield from _closed(current)


def _inside(node: str, command: str) -> bool:
    return bool(node) and command.split()[0] not in ("kubectl", "ssh", "oc", "k")


def _closed(block: _Open) -> Iterator[Block]:
    text = "\n".join(block.lines).strip("\n")
    if text.strip():
        yield described(block.command, text, block.node, block.first_line)


def _is_prompt(line: str) -> bool:
    return _prompt(line) is not None


def _prompt(line: str) -> tuple[str, str] | None:
    found = _PROMPT.fullmatch(line.strip()) if len(line) < 5000 else None
    if found is None:
        return None
    command = found["command"].strip()
    words = [word for word in command.split()[:4] if "=" not in word]
    if not words or words[0].rpartition("/")[2] not in _COMMANDS:
        return None
    return (found["host"] or "").partition(".")[0], command


def described(command: str, text: str, node: str = "", first_line: int = 1) -> Block:
    """A block with what its command tells: kind, container, pod and node."""
    words = _words(command)
    while words and (words[0] in ("sudo", "-n", "time", "watch") or "=" in words[0]):
        words = words[1:]
    if words and words[0] == "ssh":
        host, rest = _ssh(words[1:])
        inner = described(rest, text, host, first_line)
        return Block(inner.kind, text, inner.origin, command, host or inner.node, inner.pod, first_line)
    program = words[0].rpartition("/")[2] if words else ""
    if program in ("kubectl", "oc", "k"):
        kind, origin, pod = _kubectl(words[1:])
        return Block(kind, text, origin, command, "", _told(pod), first_line)
    if program in ("crictl", "docker", "nerdctl", "podman") and "logs" in words:
        return Block("log", text, _container_in(words), command, node, "", first_line)
    if program == "journalctl":
        return Block("log", text, _unit(words), command, node, "", first_line)
    return Block("node" if program else "unknown", text, program or "pasted", command, node, "", first_line)


def _words(command: str) -> list[str]:
    """The words of the first program; what stands behind a pipe or another operator says nothing about the output.

    Redirections are left out wherever they stand. `<pod>` is none: people write so what they do not want to tell.
    """
    text = _PLACEHOLDER.sub(lambda found: found[0].replace(" ", "-"), command[:4000])
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    ends = (place for place, word in enumerate(words) if word in _OPERATORS)
    return _without_redirections(words[: next(ends, len(words))])


def _told(name: str) -> str:
    """A name, or "" where a placeholder stands in its place."""
    return "" if _PLACEHOLDER.search(name) else name


def _without_redirections(words: list[str]) -> list[str]:
    kept, following = [], iter(words)
    for word in following:
        found = None if _PLACEHOLDER.search(word) else _REDIRECTION.match(word)
        if found is None:
            kept.append(word)
        elif not found["target"]:
            next(following, None)
    return kept


_OPERATORS = frozenset({"|", "|&", "||", "&&", ";", "&"})
_REDIRECTION = re.compile(r"(?:\d*(?:>>|>\||>&|<&|<<<|<<|>|<)|&>>?)(?P<target>.*)", re.DOTALL)
_PLACEHOLDER = re.compile(r"<[A-Za-z](?:[\w .-]*\w)?>")


def _ssh(words: list[str]) -> tuple[str, str]:
    """The host and the command of an ssh command line."""
    rest = list(words)
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in _SSH_VALUED else rest[1:]
    if not rest:
        return "", ""
    return _told(rest[0].rpartition("@")[2]), " ".join(rest[1:])


def _kubectl(words: list[str]) -> tuple[BlockKind, str, str]:
    plain = [word for place, word in enumerate(words) if not _option(words, place)]
    verb = plain[0] if plain else ""
    name = plain[-1].rpartition("/")[2] if len(plain) > 1 else ""
    if verb == "logs":
        return "log", _value(words, "-c", "--container") or _default_container(words, name), name
    if verb == "events" or (verb == "get" and len(plain) > 1 and plain[1].startswith(("event", "ev"))):
        return "events", "events", _pod_of_events(words)
    if verb == "describe":
        return "describe", "describe", name
    if verb != "get" or len(plain) < 2:
        return "unknown", "pasted", ""
    if _value(words, "-o", "--output") in ("yaml", "json"):
        return "document", "document", name
    return _table(plain[1])


def _pod_of_events(words: list[str]) -> str:
    """The pod that events were asked about: `--for pod/NAME`, or a selector of involvedObject.name."""
    asked = _value(words, "--for")
    if asked:
        return asked.rpartition("/")[2] if asked.lower().startswith("po") else ""
    fields = (field.partition("=") for field in _value(words, "--field-selector").split(","))
    return next((value.lstrip("=") for name, _, value in fields if name == "involvedObject.name"), "")


def _default_container(words: list[str], pod: str) -> str:
    """Of a Calico pod calico-node, as kubectl chooses; any other pod speaks under its own name."""
    named = pod or _value(words, "-l", "--selector")
    return "calico-node" if not named or _CALICO_NODE.search(named) else named


def _table(kind: str) -> tuple[BlockKind, str, str]:
    if kind.startswith(("po", "all")):
        return "pods", "pods", ""
    return ("nodes", "nodes", "") if kind.startswith("no") else ("unknown", "pasted", "")


def _option(words: list[str], place: int) -> bool:
    """Whether this word is an option, or the value of the one before it."""
    word, before = words[place], words[place - 1] if place else ""
    return word.startswith("-") or before in _KUBECTL_VALUED


def _value(words: list[str], *names: str) -> str:
    for place, word in enumerate(words):
        if word in names and place + 1 < len(words):
            return words[place + 1]
        for name in names:
            if word.startswith(f"{name}="):
                return word.partition("=")[2]
            if len(name) == 2 and word.startswith(name) and len(word) > 2 and not word.startswith("--"):
                return word[2:].lstrip("=")
    return ""


def _container_in(words: list[str]) -> str:
    known = next((name for name in ("install-cni", "upgrade-ipam", "calico-node") if name in " ".join(words)), "")
    last = words[-1]
    return known or ("container" if _HEXADECIMAL.fullmatch(last) or not last[:1].isalpha() else last)


def _unit(words: list[str]) -> str:
    unit = _value(words, "-u", "--unit").removesuffix(".service")
    return unit or ("kernel" if {"-k", "--dmesg"} & set(words) else "journal")
