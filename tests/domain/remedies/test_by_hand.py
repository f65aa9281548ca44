"""Steps made of what was seen: each way in which a cause shows itself has its own first step, with the names in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cnitui.domain.evidence import CaseFile, Source
from cnitui.domain.facts import (
    CniDirectories,
    DirectoryEntry,
    Mount,
    Mounts,
    NodeStatus,
    Platform,
    PodEvents,
    PodStatus,
    Run,
    RuntimeDirectories,
)
from cnitui.domain.facts import Event as Happened
from cnitui.domain.finding import Evidence, Finding, Judgement, Verdict
from cnitui.domain.owners import Owner
from cnitui.domain.remedies import Situation, Step, advice
from cnitui.domain.remedies.by_hand.table import STEPS
from tests.domain.remedies.test_remedies import STATUS, situation
from tests.engine.fake_cluster import diagnosis_of

NODE = "worker-01"
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
NET = "/etc/cni/net.d"


def found(cause: str, *quotes: str, facts: tuple[object, ...] = (), owner: Owner | None = None) -> Situation:
    """The cause on worker-01, with what was quoted for it and read of the node."""
    judgement = Judgement(Verdict.CONFIRMED, "it is so", tuple(Evidence("", one) for one in quotes))
    status = replace(STATUS, owners=(owner,)) if owner else STATUS
    made = situation(status=status, diagnosis=diagnosis_of(Finding(cause, "", judgement, (NODE,))))
    case: CaseFile = made.case
    for fact in facts:
        case = case.with_observed(fact, Source(""), "" if isinstance(fact, PodEvents) else NODE)
    return replace(made, case=case)


def first(cause: str, made: Situation) -> Step:
    return advice(cause, made).steps[0]


FOREIGN = DirectoryEntry("/opt/cni/bin", "d", "rwxr-xr-x", "calico", "calico", None)
LOCKED = DirectoryEntry("/opt/cni/bin", "d", "r-xr-xr-x", "root", "root", None)


@pytest.mark.parametrize(
    ("cause", "quotes", "facts", "words", "command"),
    [
        (
            "read-only-filesystem",
            (),
            (Mounts((Mount("/opt/cni/bin", "/", "/dev/vda", "xfs", ("ro",)),)),),
            "as an immutable system has it",
            "",
        ),
        (
            "read-only-filesystem",
            (),
            (Mounts((Mount("/opt/cni/bin", "/opt", "/dev/vda", "ext4", ("ro",)),)), Platform("Fedora CoreOS 39")),
            "put Calico's CNI directories where it is writable",
            "",
        ),
        (
            "host-permission",
            (),
            (CniDirectories("/opt/cni/bin", NET, {"/opt/cni/bin": FOREIGN}),),
            "/opt/cni/bin on worker-01 belongs to calico and has the mode rwxr-xr-x",
            "ssh worker-01 'sudo chown root:root /opt/cni/bin && sudo chmod 755 /opt/cni/bin'",
        ),
        (
            "host-permission",
            (),
            (CniDirectories("/opt/cni/bin", NET, {"/opt/cni/bin": LOCKED}),),
            "has the mode r-xr-xr-x",
            "sudo chmod 755 /opt/cni/bin",
        ),
        (
            "cni-dir-mismatch",
            (),
            (RuntimeDirectories(("/usr/libexec/cni",), NET), NodeStatus(NODE, runtime="cri-o://1.30.0")),
            "the runtime reads /usr/libexec/cni, and Calico writes to /opt/cni/bin: say /opt/cni/bin in /etc/crio",
            "systemctl restart crio",
        ),
        (
            "mount-failure",
            ('path "/var/run/calico" is mounted on "/var" but it is not a shared mount',),
            (),
            "Make the mount of /var/run/calico shared on worker-01",
            "ssh worker-01 sudo mount --make-rshared /var/run/calico",
        ),
        (
            "mount-failure",
            ("hostPath type check failed: /lib/modules is not a directory",),
            (),
            "/lib/modules is missing on worker-01",
            "ssh worker-01 sudo mkdir -p /lib/modules",
        ),
        (
            "mount-failure",
            ('MountVolume.SetUp failed for volume "etcd-certs" : secret "calico-etcd-secrets" not found',),
            (),
            "Create Secret calico-etcd-secrets in kube-system again",
            "",
        ),
        (
            "image-pull",
            ("pull access denied, 401 Unauthorized",),
            (),
            "wants credentials",
            "create secret docker-registry calico-pull",
        ),
        (
            "admission-denied",
            ('admission webhook "policies.example.com" denied the request',),
            (),
            "Webhook policies.example.com refuses calico-node's pods",
            "",
        ),
        (
            "admission-denied",
            ("ValidatingAdmissionPolicy 'no-privileged' with binding 'x' denied request",),
            (),
            "Policy no-privileged refuses calico-node's pods",
            "",
        ),
        (
            "admission-denied",
            (),
            (PodEvents((Happened("Warning", "FailedCreate", "forbidden: exceeded quota: pods-of-calico"),)),),
            "A quota of kube-system is used up",
            "get resourcequota",
        ),
        (
            "kernel-dataplane",
            ("iptables-restore failed",),
            (),
            "Load on worker-01",
            "modprobe -a ip_tables",
        ),
        (
            "stale-node-state",
            ("Calico node 'ip-10-0-0-7' is already using the IPv4 address 10.0.0.7.",),
            (),
            "The record ip-10-0-0-7 holds 10.0.0.7, which is the address of worker-01 now",
            "kubectl get node ip-10-0-0-7 -o wide",
        ),
        ("tls-certificate",
            ("x509: expired: current time 2026-12-01T00:00:00Z is after 2026-11-30T00:00:00Z",),
            (),
            "The API server's certificate ended on 2026-11-30",
            "kubeadm certs renew apiserver"),
        ("apiserver-unreachable", ("dial tcp: connect: network is unreachable",), (), "have no route to", "ip route"),
    ],
)  # fmt: skip
def test_what_was_seen_decides_the_first_step(
    cause: str, quotes: tuple[str, ...], facts: tuple[object, ...], words: str, command: str
) -> None:
    step = first(cause, found(cause, *quotes, facts=facts))
    assert words in step.words
    assert command in step.command
    assert bool(command) == bool(step.command)


@pytest.mark.parametrize(
    ("hours", "words"), [(0.5, "Start the pod afresh"), (2.0, "The kubelet has renewed the token since")]
)
def test_a_token_that_is_refused_may_be_an_old_one_for_an_hour(hours: float, words: str) -> None:
    made = found("serviceaccount-token", "Unable to create token for CNI kubeconfig error=Unauthorized")
    sick = made.case.value(PodStatus, NODE)
    assert sick is not None
    container = sick.failing
    assert container is not None
    run = Run("c9", NOON + timedelta(hours=hours), exit_code=1)
    aged = replace(sick, created_at=NOON, containers=(replace(container, last=run, current=None),))
    made = replace(made, case=made.case.with_observed(aged, Source(""), NODE))
    assert words in first("serviceaccount-token", made).words


def test_an_operator_is_named_and_its_installation_is_what_changes() -> None:
    made = found("operator-managed", owner=Owner("operator", "eu-west", detail="Installation"))
    assert "Installation/eu-west owns calico-node" in first("operator-managed", made).words
    assert first("operator-managed", made).command == "kubectl edit installation eu-west"


def test_a_change_of_the_daemonset_names_who_takes_it_back() -> None:
    quote = "Unable to auto-detect an IPv4 address"
    made = found("ip-autodetection", quote, owner=Owner("helm", "calico", "kube-system"))
    assert first("ip-autodetection", made).words.endswith("Helm release calico takes this back: make the change there.")
    assert "takes this back" not in first("ip-autodetection", found("ip-autodetection", quote)).words


@pytest.mark.parametrize("cause", sorted(set(STEPS) - {"ip-autodetection", "operator-managed", "selinux-denial"}))
def test_where_too_little_was_seen_the_table_has_the_steps(cause: str) -> None:
    steps = advice(cause, found(cause)).steps
    assert steps
    assert all("{" not in step.words for step in steps)


def test_the_address_of_a_node_that_is_examined_is_no_record_to_delete() -> None:
    made = found("stale-node-state", "Calico node 'worker-01' is already using the IPv4 address 10.0.0.7.")
    assert "delete node" not in " ".join(step.command for step in advice("stale-node-state", made).steps)
