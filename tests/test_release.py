"""What is released: the built files hold what they must and nothing else, and what is made from the command line is."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from cnitui.cli import run
from release import contents, preamble, share, zipapp
from tests.conftest import PROJECT


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with wheel and sdist."""
    folder = tmp_path_factory.mktemp("dist")
    for builder in (WheelBuilder, SdistBuilder):
        list(builder(str(PROJECT)).build(directory=str(folder), versions=["standard"]))
    return folder


def test_wheel_and_sdist_hold_what_runs_and_no_tests_or_pictures(built: Path) -> None:
    assert list(contents.faults(built)) == []


def test_what_does_not_belong_in_a_wheel_is_told(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    (sdist,) = built.glob("*.tar.gz")
    (tmp_path / sdist.name).write_bytes(sdist.read_bytes())
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(tmp_path / wheel.name, "w") as spoilt:
        for name in source.namelist():
            if name != "cnitui/py.typed":
                spoilt.writestr(name, source.read(name))
        spoilt.writestr("tests/test_x.py", "")
        spoilt.writestr("cnitui/picture.png", "")
    told = [fault.removeprefix(f"{wheel.name}: ") for fault in contents.faults(tmp_path)]
    assert told == [
        "cnitui/py.typed is missing",
        "tests/test_x.py does not belong in it",
        "cnitui/picture.png is no source",
    ]


def test_every_command_has_a_man_page_and_every_shell_its_completion(tmp_path: Path) -> None:
    share.write(tmp_path)
    pages = {page.stem for page in (tmp_path / "man/man1").iterdir()}
    assert pages == {"cnitui", *(f"cnitui-{name}" for name in run.commands)}
    assert "--node-access" in (tmp_path / "man/man1/cnitui-diagnose.1").read_text().replace("\\-", "-")
    for shell, place in share.COMPLETIONS.items():
        assert f"_CNITUI_COMPLETE={shell}_complete" in (tmp_path / place.format("cnitui")).read_text()


USES = """
import sys
from cnitui.gateways.kubernetes.lean_import import load_http
load_http()
import cnitui.commands, cnitui.gateways.kubernetes.cluster, cnitui.gateways.kubernetes.transport
import cnitui.gateways.kubernetes.socks, cnitui.gateways.ssh.session, cnitui.lab.__main__, cnitui.launch
from cnitui.gateways.kubernetes.client import Configuration, rest_client
rest_client(Configuration())
print(*(file for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))), sep="\\n")
"""


def test_the_single_file_leaves_out_nothing_that_is_loaded() -> None:
    site = Path(str(distribution("kubernetes").locate_file("")))
    gone = {path for path in zipapp.left_out(site) if path.name != "bin"}
    answer = subprocess.run([sys.executable, "-c", USES], capture_output=True, text=True, check=True)
    loaded = {Path(line) for line in answer.stdout.splitlines()}
    assert site / "kubernetes/aio/client/rest.py" in loaded
    assert site / "kubernetes/client" in gone
    assert [file for file in loaded if gone & {file, *file.parents}] == []


def test_the_single_file_on_another_python_says_so_instead_of_failing_somewhere() -> None:
    text = zipapp.checking_preamble()
    assert subprocess.run([sys.executable, "-c", text]).returncode == 0
    other = text.replace(preamble.here(), "cpython-310 on linux riscv64")
    answer = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True)
    assert answer.returncode == 1
    assert answer.stderr.startswith(
        f"cnitui: this file was built for cpython-310 on linux riscv64, and this is {preamble.here()}\n"
    )


def test_the_krew_manifest_names_this_version_and_waits_for_its_checksums() -> None:
    text = (PROJECT / "release/krew.yaml").read_text("utf-8")
    assert f"version: v{distribution('cnitui').version}" in text
    assert "sha256: TO_BE_FILLED_IN" in text
