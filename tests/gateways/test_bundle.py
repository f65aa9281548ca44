"""Case files on disk: what comes back is what was written, and what strangers send is refused by name."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import random
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cnitui.domain.recording import Failure, Hidden, Piece, Recording
from cnitui.errors import CnituiError, ConfigurationError, StateError, UsageError
from cnitui.gateways import archive
from cnitui.gateways.bundle import Bundles, read_bundle

AT = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
PIECES = (
    Piece("log", ("kube-system", "calico-node-x", "install-cni", ""), "kubectl logs", AT, "w1", b"\xff a line\n"),
    Piece("command", ("w1", "audit", "root", "ausearch"), "ssh w1 …", AT, "w1", b"", b"<no matches>\n", 1, "ausearch"),
    Piece("command", ("../../etc", "audit", "", "x y"), "ssh x", AT, "../../etc", b"1", command="x", cut=True),
    Piece("command", ("..\u002f..\u002fetc", "audit", "root", "x z"), "ssh x", AT, "../../etc", b"2", command="x"),
    Piece("node", ("w2",), "ssh w2", AT, "w2", failure=Failure("NodeUnreachable", "no answer", "try ssh")),
)  # fmt: skip
RECORDING = Recording(AT, "prod", "https://10.0.0.1:6443", "v1.31.0", "", "ssh", {"w1": "ssh w1"}, PIECES, ("9 more",))


@pytest.fixture
def bundles(tmp_path: Path) -> Bundles:
    return Bundles(tmp_path)


@pytest.fixture
async def written(bundles: Bundles, tmp_path: Path) -> Path:
    path = tmp_path / "case.tar.gz"
    await bundles.write(
        path, RECORDING, '{"schema": "cnitui/diagnosis/v2"}\n', [Hidden("token", 2, "kubectl logs")], overwrite=False
    )
    return path


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as opened:
        return {info.name: opened.extractfile(info).read() for info in opened}  # type: ignore[union-attr]


def repacked(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The file with its manifest changed."""
    found = members(path)
    manifest = json.loads(found["manifest.json"])
    change(manifest)
    return archived(path.with_name("changed.tar.gz"), {**found, "manifest.json": json.dumps(manifest).encode()})


def archived(path: Path, found: dict[str, bytes]) -> Path:
    path.write_bytes(archive.packed_archive(found.items(), 0))
    return path


def odd_archive(path: Path, *infos: tarfile.TarInfo) -> Path:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as opened:
        for info in infos:
            opened.addfile(info, io.BytesIO(b"x" * info.size))
    path.write_bytes(packed.getvalue())
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, size
    return info


def test_what_comes_back_is_what_was_written(written: Path) -> None:
    found = read_bundle(written)
    by_key = {(piece.kind, piece.key): piece for piece in found.pieces}
    assert by_key == {(piece.kind, piece.key): piece for piece in PIECES}
    assert (found.at, found.context, found.server, found.server_version) == (
        AT,
        "prod",
        "https://10.0.0.1:6443",
        "v1.31.0",
    )
    assert (dict(found.reach), found.left_out, found.node_access) == ({"w1": "ssh w1"}, ("9 more",), "ssh")


def test_the_manifest_says_what_came_from_where_and_what_did_not(written: Path) -> None:
    found = members(written)
    manifest = json.loads(found["manifest.json"])
    assert manifest["schema"] == "cnitui/case/v1"
    assert manifest["collected_at"] == "2026-11-23T12:30:00.000Z"
    assert manifest["redactions"] == [{"what": "token", "count": 2, "source": "kubectl logs"}]
    (missing,) = manifest["unavailable"]
    assert (missing["source"], missing["node"], missing["why"]) == ("ssh w2", "w2", "no answer")
    files = {entry["file"] for entry in manifest["evidence"]} | {
        e["errors"] for e in manifest["evidence"] if "errors" in e
    }
    assert files | {"manifest.json", "diagnosis.json", "audit.jsonl"} == set(found)
    assert found["diagnosis.json"] == b'{"schema": "cnitui/diagnosis/v2"}\n'


def test_members_have_plain_names_of_their_own_whatever_nodes_are_called(written: Path) -> None:
    names = [name for name in members(written) if "/" in name]
    assert len(names) == len(set(names)) == 5
    assert all(name.startswith("evidence/") and ".." not in name for name in names)


def test_the_file_is_its_owners_only(written: Path) -> None:
    assert written.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in written.parent.iterdir()] == ["case.tar.gz"]


def test_an_existing_file_is_not_replaced_unless_told(bundles: Bundles, written: Path) -> None:
    before = written.read_bytes()
    with pytest.raises(StateError, match="exists already"):
        bundles.write_bytes(written, b"other", overwrite=False)
    assert written.read_bytes() == before
    bundles.write_bytes(written, b"other", overwrite=True)
    assert written.read_text() == "other"


def test_a_full_disk_leaves_nothing_behind(bundles: Bundles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateError, match="No space left on device"):
        bundles.write_bytes(tmp_path / "report.md", b"text", overwrite=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["missing/case.tar.gz", "."])
def test_a_place_that_cannot_be_written_is_named(bundles: Bundles, tmp_path: Path, name: str) -> None:
    with pytest.raises(StateError, match=r"folder|exists"):
        bundles.write_bytes(tmp_path / name, b"text", overwrite=False)


def test_only_audit_lines_of_the_context_are_taken(bundles: Bundles, tmp_path: Path) -> None:
    lines = [
        b'{"context": "prod", "event": "a"}',
        b'{"context": "dev"}',
        b"not json",
        b'["prod"]',
        b'{"context": "prod"',
    ]
    (tmp_path / "audit.jsonl").write_bytes(b"\n".join(lines))
    assert bundles.audit_lines("prod") == lines[0] + b"\n"
    assert Bundles(tmp_path / "nowhere").audit_lines("prod") == b""


# --- from strangers ---------------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_bundle(tmp_path / "none.tar.gz")


@pytest.mark.parametrize(
    ("info", "words"),
    [
        (member("/etc/passwd"), "leads elsewhere"),
        (member("../up"), "leads elsewhere"),
        (member("a/../../up"), "leads elsewhere"),
        (member("a\\b"), "leads elsewhere"),
        (member("link", tarfile.SYMTYPE, "/etc/shadow"), "no plain file"),
        (member("hard", tarfile.LNKTYPE, "manifest.json"), "no plain file"),
        (member("device", tarfile.CHRTYPE), "no plain file"),
        (member("pipe", tarfile.FIFOTYPE), "no plain file"),
        (member("other.txt", size=3), "holds no manifest.json"),
    ],
)
def test_members_that_no_case_file_holds_are_refused(tmp_path: Path, info: tarfile.TarInfo, words: str) -> None:
    path = odd_archive(tmp_path / "odd.tar.gz", info)
    with pytest.raises(ConfigurationError, match=words) as refused:
        read_bundle(path)
    assert str(path) in str(refused.value)


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    path = odd_archive(tmp_path / "odd.tar.gz", member("a", size=1), member("./a", size=2))
    with pytest.raises(ConfigurationError, match="holds a twice"):
        read_bundle(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(gzip.compress(b"\0" * (64 << 20)))
    with pytest.raises(ConfigurationError, match="unpacks to more than 33 MiB"):
        read_bundle(path)
    monkeypatch.setattr(archive, "LARGEST_WHOLE", 1 << 20)
    with pytest.raises(ConfigurationError, match="unpacks to more than"):
        read_bundle(path)
    monkeypatch.setattr(archive, "LARGEST_FILE", 10)
    with pytest.raises(ConfigurationError, match="expected at most"):
        read_bundle(path)


def test_too_many_and_too_large_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = odd_archive(tmp_path / "odd.tar.gz", member("a", size=9), member("b"), member("c"))
    monkeypatch.setattr(archive, "LARGEST_MEMBER", 8)
    with pytest.raises(ConfigurationError, match="'a' is larger"):
        read_bundle(path)
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MOST_MEMBERS", 2)
    with pytest.raises(ConfigurationError, match="more than 2 members"):
        read_bundle(path)


def test_every_cut_of_a_file_is_refused_in_words(written: Path, tmp_path: Path) -> None:
    data, path = written.read_bytes(), tmp_path / "cut.tar.gz"
    for length in (3, 11, 40, len(data) // 2, len(data) - 9, len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(ConfigurationError, match=r"cut\.tar\.gz"):
            read_bundle(path)


def test_every_flipped_byte_is_noticed_or_harmless(written: Path, tmp_path: Path) -> None:
    data, path = written.read_bytes(), tmp_path / "flipped.tar.gz"
    expected = read_bundle(written)
    for place in range(2, len(data), 7):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        assert read_or_refuse(path) in (expected, "flipped.tar.gz: refused")


def read_or_refuse(path: Path) -> Recording | str:
    """What is in the file, or that it was refused by its name."""
    try:
        return read_bundle(path)
    except CnituiError as error:
        return f"{path.name if path.name in str(error) else 'somebody'}: refused"


def without(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest.pop(key)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.update(schema="cnitui/case/v2"), "expected cnitui/case/v1, got 'cnitui/case/v2'"),
        (without("schema"), "expected cnitui/case/v1"),
        (without("collected_at"), "collected_at"),
        (lambda m: m.update(collected_at="9999-12-31T23:59:59-01:00"), "collected_at: expected a time of this century"),
        (lambda m: m.update(evidence={}), r"evidence"),
        (lambda m: m["evidence"][0].update(kind="virus"), "virus"),
        (lambda m: m["evidence"][0].update(key=[]), "does not fit the kind"),
        (lambda m: m["evidence"][0].update(file="evidence/none.txt"), "'evidence/none.txt' is missing"),
        (lambda m: m["evidence"][0].update(sha256="0"), "checksum differs"),
        (lambda m: m["unavailable"][0].update(key=["a", "b"]), "does not fit the kind"),
    ],
)
def test_a_manifest_that_is_wrong_is_named_with_its_key(
    written: Path, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words) as refused:
        read_bundle(repacked(written, change))
    assert "changed.tar.gz" in str(refused.value)


@pytest.mark.parametrize("manifest", [b"", b"{", b"[]", b"\xff", b'{"schema": ' + b"[" * 100_000])
def test_a_manifest_that_is_no_json_is_named(tmp_path: Path, manifest: bytes) -> None:
    path = archived(tmp_path / "odd.tar.gz", {"manifest.json": manifest})
    with pytest.raises(ConfigurationError, match=r"odd\.tar\.gz: manifest\.json"):
        read_bundle(path)


def test_opening_a_large_one_tells_how_far_it_is_and_may_be_stopped_on_the_way(tmp_path: Path) -> None:
    noise = random.Random(7).randbytes(5 << 20)
    path = archived(tmp_path / "large.tar.gz", {"raw": noise})
    told: list[str] = []
    assert archive.members_of(path, told.append) == {"raw": noise}
    shares = [int(words.split(": ")[1].split(" %")[0]) for words in told]
    assert shares == sorted(shares)
    assert len(set(shares)) > 3
    assert shares[-1] == 100

    def stop(words: str) -> None:
        raise KeyboardInterrupt(words)

    with pytest.raises(KeyboardInterrupt, match=r"opening large\.tar\.gz: 0 % unpacked"):
        archive.members_of(path, stop)
