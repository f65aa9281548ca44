"""A paste is judged the same, whatever it went through before it was pasted."""

from __future__ import annotations

import html
import json
from collections.abc import Callable

import pytest

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.finding import Diagnosis, Verdict
from cnitui.domain.parsing.paste import blocks_of
from cnitui.domain.parsing.pasted import case_of

INSTALLER = (
    "2024-03-22 20:01:51.023 [INFO][1] cni-installer/<nil> <nil>: Running as a Kubernetes pod\n"
    "2024-03-22 20:01:54.950 [ERROR][1] cni-installer/<nil> <nil>: Failed to install /host/opt/cni/bin/calico "
    "error=failed to copy file: write /host/opt/cni/bin/calico.tmp: no space left on device"
)
EVENT = (
    "  Warning  FailedCreatePodSandBox  4m  kubelet  Failed to create pod sandbox: rpc error: code = Unknown desc = "
    'failed to setup network for sandbox "1f2e": plugin type="calico" failed (add): error getting ClusterInformation: '
    'Get "https://10.96.0.1:443/apis/crd.projectcalico.org/v1/clusterinformations/default": x509: certificate '
    "signed by unknown authority"
)
DENIAL = (
    'type=AVC msg=audit(1711564489.897:215): avc:  denied  { write } for  pid=3034 comm="cp" name="bin" dev="vda3" '
    "ino=258 scontext=system_u:system_r:container_t:s0:c217,c278 tcontext=system_u:object_r:usr_t:s0 tclass=dir "
    "permissive=0"
)
PASTES = {"disk-full": INSTALLER, "tls-certificate": EVENT, "selinux-wrong-context": DENIAL}


def by_line(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: "\n".join(change(line) for line in text.split("\n"))


def broken(width: int) -> Callable[[str], str]:
    return by_line(lambda line: "\n".join(line[start : start + width] for start in range(0, len(line), width)))


FRAMES: dict[str, Callable[[str], str]] = {
    "colours": by_line(lambda line: f"\x1b[32m{line[:30]}\x1b[1;31m{line[30:]}\x1b[0m"),
    "colours without escape": by_line(lambda line: f"[32m{line}[0m"),
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "quoted": by_line(lambda line: f"> {line}"),
    "fenced": lambda text: f"```bash\n{text}\n```",
    "code": by_line(lambda line: f"`{line}`"),
    "list": by_line(lambda line: f"* {line}"),
    "entities": html.escape,
    "entities twice": lambda text: html.escape(html.escape(text)),
    "typographic": lambda text: text.replace(' "', " “").replace('"', "”"),
    "breaks": lambda text: text.replace("\n", "<br>\n"),
    "pre": lambda text: f"<pre><code>{html.escape(text, quote=False)}</code></pre>",
    "cri": by_line(lambda line: f"2026-12-01T03:12:44.123456789Z stderr F {line}"),
    "json-file": by_line(lambda line: json.dumps({"log": f"{line}\n", "stream": "stderr"}, separators=(",", ":"))),
    "kubectl --prefix": by_line(lambda line: f"[pod/calico-node-x7k2p/install-cni] {line}"),
    "80 columns": broken(80),
    "120 columns": broken(120),
    "blank lines": lambda text: text.replace("\n", "\n\n"),
}


def judged(text: str) -> Diagnosis:
    return diagnose(case_of(blocks_of(text), "paste"))


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("cause", PASTES)
def test_what_surrounds_a_paste_changes_nothing(cause: str, frame: str) -> None:
    diagnosis = judged(FRAMES[frame](PASTES[cause]))
    assert diagnosis.findings[0].cause == cause
    assert {finding.cause for finding in diagnosis.confident} == {cause}


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        (
            "This happens because the filesystem is read-only, and the pod is trying to write there.",
            "read-only-filesystem",
        ),
        ("I think that the disk of our worker is full, no space left on device, and we cannot log in", "disk-full"),
        (
            "It was found that the agent on a node that is under pressure was OOMKilled again and again",
            "resource-pressure",
        ),
    ],
)
def test_what_a_person_tells_in_a_paste_is_possible_and_no_more(told: str, cause: str) -> None:
    diagnosis = judged(told)
    assert diagnosis.findings[0].cause == cause
    assert diagnosis.findings[0].verdict is Verdict.POSSIBLE


def test_what_a_person_quotes_a_program_printed() -> None:
    message = "Error from server: x509: certificate has expired or is not yet valid"
    diagnosis = judged(f"We see on all of our workers that `{message}` is what the plugin says, in the log.")
    assert [finding.cause for finding in diagnosis.confident] == ["tls-certificate"]
