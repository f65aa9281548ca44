from __future__ import annotations

import pytest

from cnitui.domain.diagnosis import diagnose
from cnitui.domain.finding import Diagnosis
from cnitui.domain.parsing.paste import blocks_of
from cnitui.domain.parsing.pasted import case_of
from cnitui.domain.speakers import Speaker, speaker_of

PLUGIN = 'plugin type="calico" failed (add): error getting ClusterInformation: connection is unauthorized: Unauthorized'


def pasted(text: str) -> Diagnosis:
    return diagnose(case_of(blocks_of(text), "paste"))


@pytest.mark.parametrize(
    ("origin", "text", "speaker"),
    [
        ("install-cni", "anything", "ours"),
        ("mount-cgroup", "anything", "ours"),
        ("calico-kube-controllers", "anything", "ours"),
        ("", "anything", "ours"),
        ("node df", "anything", "ours"),
        ("kubelet", "Unauthorized", "neighbour"),
        ("kubelet", PLUGIN, "ours"),
        ("kube-apiserver", "x509: certificate has expired", "neighbour"),
        ("node-exporter", "x509: certificate has expired", "foreign"),
        ("kube-state-metrics", "Unauthorized", "foreign"),
        ("coredns", "i/o timeout", "foreign"),
        ("reported", "the workers cannot reach the API server's Service address", "ours"),
        ("reported", "kubectl says Unauthorized", "neighbour"),
        ("calico-node", 'User "system:serviceaccount:shop:web" cannot list', "foreign"),
        ("web", 'User "system:serviceaccount:kube-system:calico-node" cannot list', "ours"),
        ("pasted", 'User "system:node:w1" cannot get', "neighbour"),
        ("journal", "Nov 23 10:00:01 w1 web[12]: Unauthorized", "foreign"),
        ("journal", "Nov 23 10:00:01 w1 kubelet[12]: Unauthorized", "neighbour"),
        ("pasted", 'rke2[2139]: level=error msg="etcd: context deadline exceeded"', "neighbour"),
        ("events", "relabel failed /var/lib/kubelet/pods/1a2b3c4d/etc-hosts: operation not permitted", "ours"),
        ("pasted", "web[12]: context deadline exceeded", "foreign"),
        ("events", 'Failed to pull image "registry.example/shop/web:1"', "foreign"),
        ("events", 'Failed to pull image "registry.example/net/node:v3.27.0"', "ours"),
        ("events", 'Error syncing pod="shop/web-1": probe failed', "foreign"),
        ("events", f'Error syncing pod="shop/web-1": {PLUGIN}', "ours"),
        ("kernel", "Memory cgroup out of memory: Killed process 12 (java)", "foreign"),
        ("kernel", "Memory cgroup out of memory: Killed process 12 (calico-node)", "ours"),
    ],
)
def test_a_line_is_said_by_whom_it_names_before_where_it_stands(origin: str, text: str, speaker: Speaker) -> None:
    assert speaker_of(origin, text) == speaker


def test_the_log_of_another_pod_is_not_taken_for_calico_nodes() -> None:
    diagnosis = pasted("$ kubectl -n shop logs web-7d9c5b6f4-x2k4p\npanic: runtime error: nil pointer dereference\n")
    assert diagnosis.confident == ()


def test_the_log_of_a_calico_pod_without_a_container_is_calico_nodes() -> None:
    diagnosis = pasted(f"$ kubectl -n kube-system logs calico-node-x2k4p\n{PLUGIN}\n")
    assert [finding.cause for finding in diagnosis.confident] == ["serviceaccount-token"]


def test_a_description_belongs_to_the_pod_that_it_names() -> None:
    ended = "    Last State:     Terminated\n      Reason:       OOMKilled\n      Exit Code:    137\n"
    assert pasted(f"$ kubectl describe pod web\nName:             web\nNamespace:        shop\n{ended}").confident == ()


@pytest.mark.parametrize(
    "listing",
    [
        "$ ps -ef\nroot  812  1  0 10:00 ?  00:00:01 /bin/watch 'no space left on device'\n",
        "root  812  0.0  0.1  1234  5678 ?  Ssl  10:00  0:01 /bin/watch 'text file busy'\n",
        "$ rpm -qa\nexec-format-error-1.0-1.el9.x86_64\n",
    ],
)
def test_lists_of_processes_and_packages_are_no_messages(listing: str) -> None:
    assert pasted(listing).confident == ()
