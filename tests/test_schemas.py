"""The published schemas: valid, true to what we write, and told in the documentation key by key."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.conftest import PROJECT
from tests.running import cnitui
from tests.schemas import SCHEMAS, keys, objections, objects

TOLD = (
    keys("diagnosis-v2.json"),
    keys("diagnosis-v2.json", "causes"),
    keys("diagnosis-v2.json", "groups"),
    keys("diagnosis-v2.json", "machines"),
    keys("experiment-v1.json") | keys("try-v1.json"),
    keys("experiment-v1.json", "expected"),
    keys("report-v1.json"),
    keys("plan-report-v1.json"),
)
"""What each table of docs/diagnosis-json.md tells of, in their order."""
INSIDE = {
    ("diagnosis-v2.json", "next_evidence"),
    ("diagnosis-v2.json", "unavailable"),
    ("diagnosis-v2.json", "waiting"),
    ("diagnosis-v2.json", "causes", "for"),
    ("report-v1.json", "actions"),
    ("report-v1.json", "verification"),
    ("plan-report-v1.json", "outcome"),
}
"""Small objects that are told in a row of a table: each of their keys is named there."""
PASTE = """\
$ kubectl -n kube-system logs calico-node-aaaaa -c install-cni
Running as a Kubernetes pod
cp: error writing '/host/opt/cni/bin/calico': No space left on device
"""
RECORDED = """\
evidence:
  logs:
    install-cni: "cp: error writing '/host/opt/cni/bin/calico': No space left on device"
"""


def tables() -> list[dict[str, str]]:
    """Each table of the documentation: key to the rest of its row."""
    text = (PROJECT / "docs" / "diagnosis-json.md").read_text("utf-8")
    parts = re.findall(r"^\| key \|.*\n\|---.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    rows = [[row.strip("|\n ").split(" | ", 1) for row in part.splitlines()] for part in parts]
    return [{key: told for names, told in table for key in re.findall(r"`(\w+)`", names)} for table in rows]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_valid_and_named_as_what_it_describes(name: str) -> None:
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert schema["properties"]["schema"]["const"] == schema["title"]
    assert name == f"{schema['title'].removeprefix('cnitui/').replace('/', '-')}.json"
    assert schema["required"] == [key for key in schema["required"] if key in schema["properties"]]
    assert all("additionalProperties" not in one for one in objects(schema)), "later releases may add keys"


def test_every_documented_key_is_in_the_schema_and_the_other_way_round() -> None:
    assert [set(table) for table in tables()] == [set(told) for told in TOLD]


@pytest.mark.parametrize("path", sorted(INSIDE))
def test_what_is_told_in_one_row_is_told_whole(path: tuple[str, ...]) -> None:
    top = keys(*path[:-1])
    row = next(table[path[-1]] for table in tables() if set(table) == top)
    assert keys(*path) <= set(re.findall(r"`(\w+)`", row))


async def test_case_files_and_pastes_come_to_documents_of_the_schema(tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(RECORDED)
    (tmp_path / "paste.txt").write_text(PASTE)
    for given in (("--case", tmp_path / "case.yaml"), ("--text", tmp_path / "paste.txt")):
        told = await cnitui(tmp_path, "diagnose", "-o", "json", *given)
        document = json.loads(told.out)
        assert document["causes"][0]["id"] == "disk-full", told.err
        assert objections(document) == []


@pytest.mark.shared
async def test_so_do_all_recorded_incidents(shared: Path, tmp_path: Path) -> None:
    from cnitui.domain.diagnosis import diagnose
    from cnitui.domain.report import as_data
    from cnitui.gateways.casefile import read_case

    paths = sorted((shared / "corpus" / "cases").glob("*.yaml"))
    assert paths
    assert {str(path): found for path in paths if (found := objections(as_data(diagnose(read_case(path)))))} == {}


@pytest.mark.parametrize(
    "change",
    [{"status": "fine"}, {"causes": [{}]}, {"groups": None}, {"more": 1}, {"waiting": [{"node": "n", "why": 1}]}],
    ids=str,
)
def test_what_is_no_diagnosis_is_objected_to(change: dict[str, object]) -> None:
    whole = {
        "schema": "cnitui/diagnosis/v2", "status": "healthy", "causes": [], "next_evidence": [], "unavailable": [],
        "waiting": [], "groups": [],
    }  # fmt: skip
    assert objections(whole) == []
    assert objections({**whole, **change})
