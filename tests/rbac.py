"""The manifests of docs/rbac: what they grant."""

from __future__ import annotations

import yaml

from tests.conftest import PROJECT

FOLDER = PROJECT / "docs" / "rbac"
Right = tuple[str, str]
"""A verb, and what it is about: `pods/log`, `daemonsets.apps`."""


def text_of(*manifests: str, group: str = "oncall") -> str:
    """Manifests as their README tells to apply them, for a group of users."""
    text = "".join((FOLDER / f"{name}.yaml").read_text("utf-8") for name in manifests)
    return text.replace("name: oncall", f"name: {group}")


def rights_in(*manifests: str) -> set[Right]:
    """Every right that manifests grant."""
    rules = [rule for document in yaml.safe_load_all(text_of(*manifests)) for rule in document.get("rules", ())]
    return {
        (verb, kind(group, resource))
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def kind(group: str, resource: str) -> str:
    """`daemonsets.apps`, `pods/log`."""
    return f"{resource}.{group}" if group else resource
