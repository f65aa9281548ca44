"""What the policy would label a path: `matchpathcon`, `matchpathcon -V`, `restorecon -nv`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cnitui.domain.parsing.lines import numbered
from cnitui.domain.selinux import Label

_PLAIN = re.compile(r"(?P<path>/\S{0,4095})\s+(?P<label>\S{1,800})\s*")
_VERIFIED = re.compile(r"(?P<path>/.{0,4095}?) has context \S{1,800}, should be (?P<label>\S{1,800})\s*")
_RELABEL = re.compile(
    r"(?:Would relabel|Relabeled|restorecon reset) (?P<path>/.{0,4095}?) from \S+ to (?P<label>\S+)\s*"
)
_OLD_RELABEL = re.compile(r"restorecon reset (?P<path>/.{0,4095}?) context \S{1,800}->(?P<label>\S{1,800})\s*")


def parse_matchpathcon(text: str) -> Mapping[str, Label]:
    """Path to the label the policy has for it; paths without one (`<<none>>`) are left out."""
    defaults: dict[str, Label] = {}
    for _, line in numbered(text):
        for pattern in (_VERIFIED, _RELABEL, _OLD_RELABEL, _PLAIN):
            match = pattern.fullmatch(line)
            label = Label.parse(match["label"]) if match else None
            if match and label:
                defaults[match["path"]] = label
                break
    return defaults
