"""ansible-role: the packaged Ansible role under a name of its own, with what was observed as its defaults.

`cnitui/roles/calico_install_cni` is a working role by itself. Its name is the prefix of its variables and filters, as
Ansible's conventions want it, so a role of another name has it replaced throughout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from cnitui.domain.derive import image_version
from cnitui.domain.facts import INSTALL_CNI, DaemonSetStatus
from cnitui.errors import StateError, UsageError
from cnitui.gateways.documents import dump_yaml
from cnitui.gateways.manifests import write_manifest

PACKAGED = "calico_install_cni"
DEFAULTS = "defaults/main.yml"
_ROLE = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_NAME = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")
"""Names of Kubernetes objects (RFC 1123): what a hostile cluster answers instead goes into no file."""
_VERSION = re.compile(r"v\d{1,4}(\.\d{1,4}){1,2}")


def role_name(folder: Path) -> str:
    """The role's name, which is its folder's; raises UsageError when Ansible would not have it."""
    name = folder.resolve().name
    if not _ROLE.fullmatch(name):
        raise UsageError(
            f"{name[:80]!r} cannot be the name of a role: small letters, digits, - and _, a letter first",
            f"For example roles/{PACKAGED}.",
        )
    return name


def role_files(name: str, observed: DaemonSetStatus | None = None) -> dict[str, str]:
    """Texts by their path in the role; an observed DaemonSet becomes its defaults."""
    prefix = name.replace("-", "_")
    texts = dict(_packaged(files("cnitui") / "roles" / PACKAGED, ""))
    if observed is not None:
        texts[DEFAULTS] = _observed(texts[DEFAULTS], observed)
    return {
        path.replace(PACKAGED, prefix): text.replace(f"role: {PACKAGED}", f"role: {name}").replace(PACKAGED, prefix)
        for path, text in sorted(texts.items())
    }


def _packaged(folder: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_file():
            yield f"{path}{entry.name}", entry.read_text("utf-8")
        elif entry.name != "__pycache__":
            yield from _packaged(entry, f"{path}{entry.name}/")


def _observed(defaults: str, daemonset: DaemonSetStatus) -> str:
    values = {"namespace": daemonset.namespace, "daemonset": daemonset.name}
    for key, value in values.items():
        if _NAME.fullmatch(value):
            line = dump_yaml({f"{PACKAGED}_{key}": value})
            defaults = re.sub(rf"^{PACKAGED}_{key}: .*\n", line, defaults, flags=re.MULTILINE)
    version = version_of(daemonset)
    if not version:
        return defaults
    noted = f"# When this role was written the cluster ran Calico {version}: take the manifest of that version."
    return defaults.replace("---\n", f"---\n{noted}\n#\n", 1)


def version_of(daemonset: DaemonSetStatus) -> str:
    """Calico's version by install-cni's image, "" when its tag is none."""
    container = daemonset.container(INSTALL_CNI)
    version = image_version(container.image) if container is not None else ""
    return version if _VERSION.fullmatch(version) else ""


def check_role(folder: Path, texts: Mapping[str, str], *, force: bool) -> None:
    """Raise StateError when the role would replace a file and may not."""
    if folder.exists() and not folder.is_dir():
        raise StateError(f"{folder} is a file, not a folder", "Name another folder.")
    there = [path for path in texts if (folder / path).exists()]
    if there and not force:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise StateError(f"{folder / there[0]} is there already{more}", "Nothing was written; --force replaces it.")


def write_role(folder: Path, texts: Mapping[str, str]) -> None:
    """Write all files, each whole or not at all; raises StateError."""
    for path, text in texts.items():
        target = folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StateError(f"{target.parent}: cannot be made: {error.strerror}") from error
        write_manifest(target, text.encode())
