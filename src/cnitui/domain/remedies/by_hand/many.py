"""Steps on hundreds of nodes: on one of them first, then on all, whose names are in a file and not in the line.

A line with three hundred names can neither be read nor checked, and the first node shows whether the cure is one.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from cnitui.domain.facts import CALICO_LABEL_VALUES
from cnitui.domain.plan import Step
from cnitui.domain.remedies.by_hand.seen import FEW, Seen

NAMES = "nodes"
"""The file with a name on each line; clush and pssh read such files, too."""
AT_ONCE = 8


def one_first(steps: Sequence[Step], seen: Seen) -> tuple[Step, ...]:
    """The steps as they are for a few nodes; for more than that, those that follow when the first node is well."""
    rest = list(dict.fromkeys(line for step in steps if (line := _on_all(step.command, seen))))
    if len(seen.nodes) <= FEW or not rest:
        return tuple(steps)
    first = next(place for place, step in enumerate(steps) if _on_all(step.command, seen))
    node = seen.names["node"]
    trial = replace(steps[first], words=f"{steps[first].words}. First on {node} alone")
    return (*steps[:first], trial, *steps[first + 1 :], *_then(node, len(seen.nodes) - 1, rest, seen.cause))


def _then(node: str, others: int, rest: Sequence[str], cause: str) -> Iterator[Step]:
    """It is not among those that the cause is found on any more."""
    words = f"When {node} is well: the names of the {others:,} others, one a line"
    yield Step(words, f"cnitui diagnose --nodes-of {cause} > {NAMES}")
    for place, line in enumerate(rest):
        yield Step("and" if place else f"Then on all of them, {AT_ONCE} at a time", line)


def _on_all(line: str, seen: Seen) -> str:
    """The line for every name in the file; "" for one that is not about the first node."""
    node, each = seen.names["node"], f"xargs -P {AT_ONCE} -I{{}}"
    if line.startswith(f"ssh {node} ") and not _only_looks(line.removeprefix(f"ssh {node} ")):
        return f"{each} ssh {{}} {line.removeprefix(f'ssh {node} ')} < {NAMES}"
    if f"| ssh {node} " in line:
        piped = line.replace(f"| ssh {node} ", "| ssh $node ")
        return f"while read -r node; do {piped}; done < {NAMES}"
    if " delete pod " in line:
        labels = [pod.app_label for pod in seen.pods if pod.app_label in CALICO_LABEL_VALUES]
        label = f"k8s-app={(*labels, CALICO_LABEL_VALUES[0])[0]}"
        chosen = seen.kubectl("delete", "pod", "-l", label, "--field-selector", "spec.nodeName={}")
        return f"{each} {chosen} < {NAMES}"
    return ""


_LOOKS = re.compile(
    r"(?:sudo )?(?:(?:cat|curl|date|df|dmesg|du|echo|grep|head|iptables-save|ls|lsattr|ps|sort|stat|tail)(?: |$)"
    r"|findmnt|timeout \d+ bash|containerd config dump|crictl (?:info|inspecti|ps)|fuser -v"
    r"|ip route(?: get|$)|nmcli .* show)"
)


def _only_looks(typed: str) -> bool:
    """Whether the line changes nothing: what one node says is enough to go on."""
    (line,) = shlex.split(typed) if typed[:1] in "'\"" else (typed,)
    signs = shlex.shlex(line, posix=True, punctuation_chars=";|&")
    signs.whitespace_split = True
    commands: list[list[str]] = [[]]
    for word in signs:
        commands.append([]) if set(word) <= set(";|&") else commands[-1].append(word)
    return all(_LOOKS.match(" ".join(command)) for command in commands if command)
