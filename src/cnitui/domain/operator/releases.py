"""Which operator release belongs to which Calico release, and what that operator understands.

The table was made from the tags of projectcalico/calico: of each, the image tigera/operator that
manifests/tigera-operator.yaml names (v3.24 and later), or the version in _data/versions.yml (v3.20 to v3.23). It was
checked against config/calico_versions.yml at that tag of tigera/operator; `_INSTALLS_OTHER` are those where another
Calico stands there. What is not in the table is not known.
"""

from __future__ import annotations

import re

from cnitui.late_dataclass import dataclass

_TABLE: dict[int, tuple[int, tuple[int, ...]]] = {
    20: (20, (0, 3, 4, 5, 6, 8, 9)),
    21: (23, (0, 2, 3, 3, 5, 7, 8)),
    22: (25, (0, 2, 7, 9, 11, 13)),
    23: (27, (0, 1, 7, 12, 14, 16)),
    24: (28, (0, 1, 1, 3, 4, 5, 5)),
    25: (29, (0, 3, 6)),
    26: (30, (0, 4, 6, 7, 9, 11)),
    27: (32, (3, 4, 5, 7, 10, 12)),
    28: (34, (0, 3, 5, 8, 10, 13)),
    29: (36, (0, 2, 5, 7, 9, 12, 14, 16)),
    30: (38, (0, 1, 3, 6, 7, 9, 11, 13)),
    31: (40, (0, 1, 2, 3, 7, 8, 13, 15)),
    32: (42, (0, 3)),
}
"""Minor of Calico v3 to the minor of operator v1, and the operator's patch number for each patch from 0 on."""

_INSTALLS_OTHER = {
    "v3.21.3": "v3.21.2",
    "v3.24.2": "v3.24.1",
    "v3.24.6": "v3.24.5",
    "v3.26.2": "v3.26.1",
    "v3.27.1": "v3.27.0",
}
OLDEST, NEWEST = "v3.20.0", "v3.32.1"
SOURCE = "projectcalico/calico manifests/tigera-operator.yaml, tigera/operator config/calico_versions.yml"
_VERSION = re.compile(r"v3\.(\d{1,3})\.(\d{1,3})", re.ASCII)
_MANIFESTS = "https://raw.githubusercontent.com/projectcalico/calico/{}/manifests/{}"


@dataclass(frozen=True, slots=True)
class Release:
    """One Calico release and the operator its manifests bring: `v3.27.0`, `v1.32.3`.

    `minor` is the operator's. `installs` is the Calico that operator installs; nearly always the same.
    """

    calico: str
    operator: str
    minor: int
    installs: str

    @property
    def crds_apart(self) -> bool:
        """Whether the CRDs are in a file of their own, since Calico v3.30 (manifests/operator-crds.yaml)."""
        return self.minor >= 38

    @property
    def files(self) -> tuple[str, ...]:
        """The manifests to apply, in their order."""
        return ("operator-crds.yaml", "tigera-operator.yaml") if self.crds_apart else ("tigera-operator.yaml",)

    @property
    def registry(self) -> str:
        """Where the operator pulls Calico's images by default (pkg/components/images.go)."""
        return "quay.io/" if self.minor >= 38 else "docker.io/"

    def url(self, file: str) -> str:
        """Where one of its manifests is."""
        return _MANIFESTS.format(self.calico, file)


def release_of(version: str) -> Release | None:
    """The release of a Calico version (`v3.27.0`), None when the table does not have it."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return None
    minor, patch = (int(part) for part in found.groups())
    operator, patches = _TABLE.get(minor, (0, ()))
    if patch >= len(patches):
        return None
    return Release(version, f"v1.{operator}.{patches[patch]}", operator, _INSTALLS_OTHER.get(version, version))
