"""Settings from file, environment and flags; a flag wins over the environment, that over the file, that over defaults.

The file is `$XDG_CONFIG_HOME/cnitui/config.yaml`; docs/configuration.md describes it. Every error names the file (or
the variable), the key and what was expected.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from cnitui.errors import ConfigurationError, UsageError
from cnitui.late_dataclass import dataclass

NodeAccess = Literal["ssh", "pod", "none"]
NODE_ACCESS: tuple[NodeAccess, ...] = ("ssh", "pod", "none")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""RFC 1123 label: kubernetes staging/src/k8s.io/apimachinery/pkg/util/validation."""
LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a start of cnitui is told; paths are expanded, times in seconds."""

    kubeconfig: tuple[Path, ...] = ()
    context: str = ""
    namespace: str = ""
    impersonate: str = ""
    request_timeout: float = 10.0
    node_access: NodeAccess = "ssh"
    ssh_config: Path | None = None
    ssh_user: str = ""
    ssh_key: Path | None = None
    readonly: bool = False
    readonly_contexts: tuple[str, ...] = ()
    onlookers: bool = False
    """Others look on in a browser: nothing is written anywhere, not even on this machine."""
    log_level: str = "warning"
    log_file: Path | None = None
    node_hosts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    node_patterns: tuple[tuple[str, str], ...] = ()
    test_pod_image: str = ""
    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    theme: str = ""
    ascii: bool | None = None
    """Signs and lines in ASCII alone; None leaves it to what the environment says of the terminal."""
    state_dir: Path = Path()


class _Reader:
    """Reads values of the configuration file and says precisely what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file

    def wrong(self, key: str, expected: str, got: object) -> ConfigurationError:
        shown = repr(got)[:60]
        return ConfigurationError(f"{self.file}: {key}: expected {expected}, got {shown}", "Correct it or remove it.")

    def text(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not value.isprintable():
            raise self.wrong(key, "a text on one line", value)
        return value

    def path(self, key: str, value: object) -> Path:
        return expanded(self.text(key, value), f"{self.file}: {key}")

    def texts(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "a list of texts", value)
        return tuple(value)

    def map(self, key: str, value: object) -> Mapping[str, str]:
        if not isinstance(value, dict) or not all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()):
            raise self.wrong(key, "a map from text to text", value)
        return MappingProxyType(dict(value))

    def flag(self, key: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false", value)
        return value

    def known(self, key: str, value: object, names: tuple[str, ...]) -> dict[str, object]:
        if not isinstance(value, dict):
            raise self.wrong(key or "the document", "a map", value)
        for name in value:
            if name not in names:
                raise ConfigurationError(
                    f"{self.file}: unknown key {name!r}{' in ' + key if key else ''}; known are {', '.join(names)}",
                    "Correct it or remove it.",
                )
        return value


_TOP = (
    "readonly",
    "readonlyContexts",
    "namespace",
    "nodeAccess",
    "nodes",
    "ssh",
    "testPodImage",
    "keys",
    "theme",
    "ascii",
)


def from_document(settings: Settings, document: object, file: str) -> Settings:
    """Settings with what a configuration document says; raises ConfigurationError naming file, key and expectation."""
    if document is None:
        return settings
    reader = _Reader(file)
    given = reader.known("", document, _TOP)
    changes: dict[str, Any] = {}
    simple: dict[str, tuple[str, Callable[[str, object], object]]] = {
        "readonly": ("readonly", reader.flag),
        "readonlyContexts": ("readonly_contexts", reader.texts),
        "namespace": ("namespace", reader.text),
        "testPodImage": ("test_pod_image", reader.text),
        "keys": ("keys", reader.map),
        "theme": ("theme", reader.text),
        "ascii": ("ascii", reader.flag),
    }
    for key, (name, read) in simple.items():
        if key in given:
            changes[name] = read(key, given[key])
    if "nodeAccess" in given:
        changes["node_access"] = _node_access(reader.text("nodeAccess", given["nodeAccess"]), f"{file}: nodeAccess")
    changes.update(_ssh(reader, given.get("ssh", {})))
    changes.update(_nodes(reader, given.get("nodes", {})))
    return replace(settings, **changes)


def _ssh(reader: _Reader, value: object) -> dict[str, object]:
    given = reader.known("ssh", value, ("config", "user", "key"))
    changes: dict[str, object] = {}
    for key in ("config", "key"):
        if key in given:
            changes[f"ssh_{key}"] = reader.path(f"ssh.{key}", given[key])
    if "user" in given:
        changes["ssh_user"] = reader.text("ssh.user", given["user"])
    return changes


def _nodes(reader: _Reader, value: object) -> dict[str, object]:
    given = reader.known("nodes", value, ("map", "patterns"))
    changes: dict[str, object] = {}
    if "map" in given:
        changes["node_hosts"] = reader.map("nodes.map", given["map"])
    if "patterns" in given:
        changes["node_patterns"] = tuple(reader.map("nodes.patterns", given["patterns"]).items())
    return changes


def _node_access(value: str, where: str) -> NodeAccess:
    if value not in NODE_ACCESS:
        raise ConfigurationError(f"{where}: expected one of {', '.join(NODE_ACCESS)}, got {value!r}")
    return value


def seconds_of(text: str, where: str = "--request-timeout") -> float:
    """A time as kubectl takes it: `10`, `10s`, `2m`, `500ms`; 0 means no limit. Raises UsageError."""
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    number, unit = text.strip(), "s"
    for suffix in ("ms", "s", "m", "h"):
        if number.endswith(suffix):
            number, unit = number.removesuffix(suffix), suffix
            break
    try:
        value = float(number) * units[unit]
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise UsageError(f"{where}: expected a time such as 10s, got {text[:40]!r}")
    return value


def speed_of(text: str) -> float:
    """A factor above 0 that is still a time machine and no standstill; raises UsageError."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.001 <= value <= 1000:
        raise UsageError(f"--speed: expected a number from 0.001 to 1000, got {text[:40]!r}")
    return value


def expanded(text: str, where: str) -> Path:
    """A path with `~` and `~user` expanded; raises ConfigurationError for a user who is none."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ConfigurationError(f"{where}: {text[:200]!r} has no home directory to start from") from error


def checked(settings: Settings) -> Settings:
    """The settings, wherever they come from, when they can be meant; raises UsageError."""
    name = settings.namespace
    if name and not _NAMESPACE.fullmatch(name):
        raise UsageError(
            f"namespace {name[:80]!r}: expected lower case letters, digits and '-', at most 63 of them",
            "See: kubectl get namespaces",
        )
    return settings


def configuration_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the configuration file is looked for."""
    return _xdg(environ, "XDG_CONFIG_HOME", ".config") / "cnitui" / "config.yaml"


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where audit log, plans and our own log are kept."""
    return _xdg(environ, "XDG_STATE_HOME", ".local/state") / "cnitui"


def in_browser(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the screens are shown in a browser, as textual-serve starts them."""
    return environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")


def _xdg(environ: Mapping[str, str], variable: str, default: str) -> Path:
    """The specification wants an absolute path; anything else is ignored."""
    given = Path(environ.get(variable, ""))
    return given if given.is_absolute() else expanded("~", variable) / default


def kubeconfig_files(given: str, environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The kubeconfig files in kubectl's order, whether they exist or not; the default one when none is named."""
    named = given or environ.get("CNITUI_KUBECONFIG", "") or environ.get("KUBECONFIG", "")
    if named:
        return tuple(expanded(part, "kubeconfig") for part in named.split(os.pathsep) if part)
    return (expanded("~", "kubeconfig") / ".kube" / "config",)


def read_configuration(settings: Settings, file: Path) -> Settings:
    """Settings with what the file says; a file that is not there says nothing."""
    try:
        text = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return settings
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}", "Correct it or remove it.") from error
    from cnitui.gateways.documents import load_own_yaml

    return from_document(settings, load_own_yaml(text, str(file)), str(file))
