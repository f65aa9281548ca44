"""How a node labels its CNI directories, what gives them the type a confined container may write, and the way back.

What is planned depends on what is there: a rule is added only where none of ours stands, one that stands with another
type is changed and given back later, and where the policy's own rule is right already only the labels are restored.
`-F` resets user, role and level (and so the categories an earlier pod left) and does not spare customizable types, one
of which container_file_t is in Fedora's policy (contexts/customizable_types; Debian's does not list it).

Sources: semanage-fcontext(8), restorecon(8), matchpathcon(3); tried with semanage 3.4: `-a` on a rule that is there
fails (newer releases change it), `-m` fails where neither a local rule nor the policy has the specification, `-d`
refuses what only the policy defines, and a specification with a space is refused.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from types import MappingProxyType

from cnitui.domain.selinux import Label
from cnitui.late_dataclass import dataclass

TYPE = "container_file_t"
LEVEL = "s0"
CONTEXT = f"system_u:object_r:{TYPE}:{LEVEL}"
NONE = "<<none>>"
"""What a rule says instead of a context when files are to be left alone."""

_PLAIN = re.compile(r"/[\w./+@%=:,-]{1,1000}", re.ASCII)
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/boot", "/dev", "/proc", "/sys")
_CONTEXT = re.compile(r"[A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*(?::s\d[\w:,.-]*)?", re.ASCII)
_META = re.compile(r"([.^$*+?{}\[\]|()\\])")


@dataclass(frozen=True, slots=True)
class Rule:
    """One local rule of `semanage fcontext -lC`; `kind` as printed there (`all files`), a context or `<<none>>`."""

    spec: str
    kind: str
    context: str

    @property
    def line(self) -> str:
        """As semanage prints it, with single spaces."""
        return f"{self.spec} {self.kind} {self.context}"


@dataclass(frozen=True, slots=True)
class LabelState:
    """One node's labels now: of each directory, what the policy has for it, and the local rules that concern it.

    Contexts are texts as the node printed them. A directory without a default is one that matchpathcon said nothing
    of. `defined` are those of our own specifications which the policy itself has. `machine` is the machine-id that was
    read with them, "" when it was not told; `doubt` says why it is not certain that it is the node, "" when it is.
    """

    labels: Mapping[str, str]
    defaults: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    rules: tuple[Rule, ...] = ()
    defined: tuple[str, ...] = ()
    machine: str = ""
    doubt: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """All of it that may be alike on several nodes, for people."""
        return (*(self._directory(path) for path in self.labels), *(f"local rule: {rule.line}" for rule in self.rules))

    def _directory(self, path: str) -> str:
        default = self.defaults.get(path, "")
        if default == self.labels[path]:
            return f"{path} is {default}, as the policy has it"
        return f"{path} is {self.labels[path]}" + (f", the policy has {default}" if default else "")

    def rule(self, wanted: str) -> Rule | None:
        """The local rule with exactly this specification, for all files."""
        return next((rule for rule in self.rules if rule.spec == wanted and rule.kind == "all files"), None)


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a node's labels are not known, or cannot be changed, and what helps."""

    why: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class NodeStep:
    """One command on a node, as root: whoever runs it quotes its words for the node's shell."""

    argv: tuple[str, ...]
    words: str = ""

    @property
    def line(self) -> str:
        """As a person types it."""
        return shlex.join(("sudo", *self.argv))


# --- which directories ----------------------------------------------------------------------------------------------


def spec(path: str) -> str:
    """The file context specification (a regular expression) of a directory and all below it."""
    return _META.sub(r"\\\1", path) + "(/.*)?"


def why_not(path: str) -> str:
    """Why this directory must not be relabelled, "" when it may be.

    All below it gets the type, so a directory that others keep their programs or files in would break the node.
    """
    if not _PLAIN.fullmatch(path):
        return f"{path!r} is no path that a rule can name"
    parts = path.strip("/").split("/")
    if any(path == top or path.startswith(f"{top}/") for top in _SYSTEM):
        return f"{path} belongs to the system"
    if (
        len(parts) < 2
        or path != "/" + "/".join(part for part in parts if part not in ("", ".", ".."))
        or not any(part.startswith("cni") for part in parts)
    ):
        return f"{path} is not a directory of CNI alone"
    return ""


def concerning(rules: Iterable[Rule], paths: Sequence[str]) -> tuple[Rule, ...]:
    """The rules that can be about these directories, by the part of them that is no pattern.

    A node's patterns are never run: they may be made to keep us busy.
    """
    return tuple(rule for rule in rules if any(_touches(_stem(rule.spec), path) for path in paths))


def _touches(stem: str, path: str) -> bool:
    return len(stem) > 1 and (f"{path}/".startswith(stem) or stem.startswith(f"{path}/"))


def _stem(pattern: str) -> str:
    """The literal beginning of a pattern, escapes taken away."""
    found = re.match(r"(?:[^.^$*+?{}\[\]|()\\]|\\[^A-Za-z0-9])*", pattern[:1000])
    return re.sub(r"\\(.)", r"\1", found[0]) if found else ""


# --- there and back -------------------------------------------------------------------------------------------------


def relabelling(state: LabelState) -> tuple[NodeStep, ...]:
    """What makes every directory of the state container_file_t at s0, by rule and at once."""
    return (*(step for path in state.labels for step in _record(state, path)), _restore(state))


def why_not_back(state: LabelState) -> str:
    """Why the state could not be given back later, "" when it can."""
    contexts = [*state.labels.values(), *(rule.context for rule in _changed(state))]
    odd = next((text for text in contexts if text != NONE and not _CONTEXT.fullmatch(text)), "")
    return f"{odd!r} is no label that could be given back" if odd else ""


def reverting(before: LabelState, now: LabelState) -> tuple[tuple[NodeStep, ...], tuple[str, ...]]:
    """What takes the relabelling of `before` back, as far as it is there; and what somebody else changed since.

    Only rules that we added are deleted, and one that was there before gets its own context again. restorecon then
    gives what the rules say; a directory that was labelled otherwise gets its own label back.
    """
    steps: list[NodeStep] = []
    foreign: list[str] = []
    if before.machine and now.machine and before.machine != now.machine:
        return (), (f"its machine-id is {now.machine}, that of the machine which was changed is {before.machine}",)
    for path in before.labels:
        if not _right(before.defaults.get(path, "")):
            back, other = _unrecord(before.rule(spec(path)), now.rule(spec(path)), path)
            steps += back
            foreign += other
    if foreign or (not steps and now.labels == before.labels):
        return (), tuple(foreign)
    return (*steps, _restore(before), *_own_labels(before)), ()


def undoing(before: LabelState) -> tuple[NodeStep, ...]:
    """What takes the whole relabelling back, told before it is done."""
    back, _ = reverting(before, _after(before))
    return back


def _after(before: LabelState) -> LabelState:
    """The state that the steps of `relabelling` lead to."""
    changed = [path for path in before.labels if not _right(before.defaults.get(path, ""))]
    recorded = tuple(Rule(spec(path), "all files", CONTEXT) for path in changed)
    return replace(before, labels=dict.fromkeys(before.labels, CONTEXT), rules=recorded)


def _record(state: LabelState, path: str) -> Iterator[NodeStep]:
    """The rule, unless rules give the type already."""
    if _right(state.defaults.get(path, "")):
        return
    flag, words = ("-a", "record the type") if _free(state, path) else ("-m", "change the type that is recorded")
    yield NodeStep(("semanage", "fcontext", flag, "-t", TYPE, "-r", LEVEL, spec(path)), f"{words} for {path}")


def _free(state: LabelState, path: str) -> bool:
    return state.rule(spec(path)) is None and spec(path) not in state.defined


def _restore(state: LabelState) -> NodeStep:
    return NodeStep(("restorecon", "-RFv", *state.labels), "apply what the rules say, with -F")


def _right(context: str) -> bool:
    label = Label.parse(context)
    return label is not None and label.type == TYPE and label.level in ("", LEVEL)


def _changed(state: LabelState) -> Iterator[Rule]:
    """Local rules that a relabelling changes."""
    for path in state.labels:
        rule = state.rule(spec(path))
        if rule is not None and not _right(state.defaults.get(path, "")):
            yield rule


def _unrecord(before: Rule | None, now: Rule | None, path: str) -> tuple[list[NodeStep], list[str]]:
    if now == before:
        return [], []
    if now is None or not _right(now.context):
        return [], [f"the rule for {path} is {now.context if now else 'gone'}, not the one we recorded"]
    if before is None:
        return [NodeStep(("semanage", "fcontext", "-d", spec(path)), f"delete the rule that was added for {path}")], []
    return [
        NodeStep(("semanage", "fcontext", "-m", *_options(before.context), spec(path)), f"as before for {path}")
    ], []


def _options(context: str) -> tuple[str, ...]:
    """The options of semanage that record exactly this context."""
    label = Label.parse(context)
    if label is None:
        return ("-t", NONE)
    user = () if label.user == "system_u" else ("-s", label.user)
    return (*user, "-t", label.type, *(("-r", label.level) if label.level else ()))


def _own_labels(before: LabelState) -> Iterator[NodeStep]:
    for path, label in before.labels.items():
        if label != before.defaults.get(path, label):
            yield NodeStep(("chcon", label, path), f"the label that {path} had, which no rule gives")
