"""Mode, mounts, space, attributes, policy defaults, platform, runtime and reachability as tools print them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnitui.domain.facts import Platform, SelinuxMode
from cnitui.domain.parsing import selinux_mode, space
from cnitui.domain.parsing.attributes import parse_lsattr
from cnitui.domain.parsing.matchpathcon import parse_matchpathcon
from cnitui.domain.parsing.mounts import parse_findmnt, parse_mount_table
from cnitui.domain.parsing.os_release import parse_os_release
from cnitui.domain.parsing.reach import parse_reach, parse_service_rules
from cnitui.domain.parsing.runtime import parse_inspect, parse_labelling, parse_process_label
from cnitui.domain.selinux import Label

BIN, NET = "/opt/cni/bin", "/etc/cni/net.d"


class TestMode:
    def test_sestatus_knows_the_mode_now_and_the_one_in_the_file(self, shared: Path) -> None:
        text = (shared / "captures/permissive/sestatus.txt").read_text()
        assert selinux_mode.parse_sestatus(text) == SelinuxMode("Permissive", "Enforcing", "default")

    def test_disabled_is_all_that_sestatus_says_of_a_node_without(self) -> None:
        assert selinux_mode.parse_sestatus("SELinux status:                 disabled\n") == SelinuxMode("Disabled")

    def test_comments_in_the_configuration_are_no_settings(self) -> None:
        text = "# SELINUX= can take one of these:\n#SELINUX=disabled\nSELINUX=enforcing\nSELINUXTYPE=targeted\n"
        assert selinux_mode.parse_config(text) == SelinuxMode("", "Enforcing", "targeted")

    @pytest.mark.parametrize(
        ("text", "mode"), [("Enforcing\n", "Enforcing"), ("Last login: x\nPermissive\n", "Permissive")]
    )
    def test_getenforce_is_one_word_on_a_line(self, text: str, mode: str) -> None:
        assert selinux_mode.parse_getenforce(text) == SelinuxMode(mode)

    def test_getenforce_that_is_missing_says_nothing(self) -> None:
        assert selinux_mode.parse_getenforce("bash: line 1: getenforce: command not found\n") is None

    def test_selinuxfs_tells_without_any_tool(self) -> None:
        assert selinux_mode.parse_filesystems("0\n") == SelinuxMode("Disabled")
        assert selinux_mode.parse_filesystems("1\n") is None

    def test_permissive_domains_come_from_semanage_or_from_module_names(self, shared: Path) -> None:
        semanage = "\nBuiltin Permissive Types\n\n\nCustomized Permissive Types\n\ncontainer_t\n"
        assert selinux_mode.parse_permissive_domains(semanage) == ("container_t",)
        modules = (shared / "captures/permissive-domain/semodule.txt").read_text()
        assert selinux_mode.parse_permissive_modules(modules) == ("container_t",)

    def test_an_earlier_look_wins_where_two_know(self) -> None:
        merged = selinux_mode.merged(None, SelinuxMode("Permissive"), SelinuxMode("Enforcing", "Enforcing", "targeted"))
        assert merged == SelinuxMode("Permissive", "Enforcing", "targeted")


class TestMounts:
    def test_table_and_json_of_every_capture_agree(self, shared: Path) -> None:
        files = sorted((shared / "captures").glob("*/findmnt.txt"))
        assert files
        for file in files:
            table = parse_findmnt(file.read_text(), BIN)
            assert table == parse_findmnt(file.with_name("findmnt-json.txt").read_text(), BIN)

    def test_a_read_only_bind_mount_is_read_only_and_names_its_source(self) -> None:
        # findmnt of util-linux 2.38
        text = (
            "TARGET       SOURCE                 FSTYPE OPTIONS\n"
            "/opt/cni/bin /dev/vda[/opt/cni/bin] ext4   ro,relatime,seclabel,errors=remount-ro\n"
        )
        mount = parse_findmnt(text, BIN)
        assert mount is not None
        assert mount.read_only
        assert (mount.target, mount.source) == (BIN, "/dev/vda[/opt/cni/bin]")

    def test_remount_ro_on_errors_is_not_read_only(self) -> None:
        mount = parse_findmnt("/ /dev/vda ext4 rw,relatime,errors=remount-ro", BIN)
        assert mount is not None
        assert not mount.read_only

    def test_the_mount_table_gives_the_longest_target_and_of_two_the_later(self) -> None:
        table = (
            "/dev/vda / ext4 rw,relatime 0 0\n/dev/vdb /opt ext4 rw 0 0\ntmpfs /opt tmpfs ro 0 0\n"
            "tmpfs /opt/cni/bin-old tmpfs rw 0 0\n/dev/vdc /mnt/a\\040b ext4 rw 0 0\n"
        )
        mount = parse_mount_table(table, BIN)
        assert mount is not None
        assert (mount.target, mount.fstype, mount.path) == ("/opt", "tmpfs", BIN)
        blank = parse_mount_table(table, "/mnt/a b/c")
        assert blank is not None
        assert blank.target == "/mnt/a b"

    def test_the_output_of_mount_is_understood(self) -> None:
        mount = parse_mount_table("/dev/mapper/vg-opt on /opt type xfs (rw,noexec,relatime)", BIN)
        assert mount is not None
        assert mount.options == ("rw", "noexec", "relatime")


class TestSpace:
    def test_blocks_and_inodes_of_one_path_become_one_filesystem(self) -> None:
        # df of coreutils 9.1, a tmpfs of 64 KiB that is full
        header = "Filesystem     1024-blocks   Used Available Capacity Mounted on\n"
        blocks = f"{header}tmpfs    64     64         0     100% {BIN}\n/dev/vda 2507080 844772 1514852 36% /\n"
        header = "Filesystem     Inodes IUsed  IFree IUse% Mounted on\n"
        inodes = f"{header}tmpfs 188770 2 188768 1% {BIN}\n/dev/vda 163840 9 8 15% /\n"
        full, root = space.merged(space.parse_df(blocks, (BIN, NET)), space.parse_df(inodes, (BIN, NET)))
        assert (full.path, full.size_kib, full.available_kib, full.inodes_free) == (BIN, 64, 0, 188768)
        assert (root.path, root.mounted_on, root.available_kib, root.inodes) == (NET, "/", 1514852, 163840)

    def test_a_filesystem_that_counts_no_inodes_says_none(self) -> None:
        (row,) = space.parse_df("Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/vda 0 0 0 - /\n")
        assert (row.inodes, row.inodes_free, row.size_kib) == (None, None, None)

    @pytest.mark.parametrize(
        ("header", "numbers", "kib"),
        [("1K-blocks", "2048 0 2048", 2048), ("512-blocks", "2048 0 2048", 1024), ("Size", "2.0M 0 2.0M", 2048)],
    )
    def test_sizes_are_in_kib_whatever_the_block(self, header: str, numbers: str, kib: int) -> None:
        (row,) = space.parse_df(f"Filesystem {header} Used Available Use% Mounted on\n/dev/vda {numbers} 0% /\n")
        assert (row.size_kib, row.available_kib) == (kib, kib)

    def test_the_sizes_of_directories_are_read_and_nothing_else(self) -> None:
        text = "1900000\t/opt/backup\ndu: cannot read directory '/opt/x'\n25600\t/opt/a b\n-1\t/opt/c\n7 opt\n"
        assert space.parse_du(text) == (("/opt/backup", 1900000), ("/opt/a b", 25600))

    def test_a_long_device_name_may_stand_on_its_own_line(self) -> None:
        (row,) = space.parse_df(
            "Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/mapper/a-long-name\n   10 4 6 40% /opt\n"
        )
        assert (row.device, row.available_kib) == ("/dev/mapper/a-long-name", 6)


def test_lsattr_keeps_the_letters_that_are_set() -> None:
    text = f"----i---------e------- {BIN}\n--------------e------- {NET}\n"
    assert parse_lsattr(text) == {BIN: "ie", NET: "e"}


def test_a_filesystem_without_attributes_has_none_set() -> None:
    said = f"lsattr: Operation not supported While reading flags on {BIN}\n"
    assert parse_lsattr("", said) == {BIN: ""}
    assert parse_lsattr("", f"lsattr: No such file or directory while trying to stat {BIN}\n") == {}


@pytest.mark.parametrize(
    "text",
    [
        "/opt/cni/bin\tsystem_u:object_r:bin_t:s0\n/etc/cni\t<<none>>\n",
        "/opt/cni/bin has context system_u:object_r:usr_t:s0, should be system_u:object_r:bin_t:s0\n",
        "Would relabel /opt/cni/bin from system_u:object_r:usr_t:s0 to system_u:object_r:bin_t:s0\n",
        "restorecon reset /opt/cni/bin context system_u:object_r:usr_t:s0->system_u:object_r:bin_t:s0\n",
    ],
)
def test_the_policys_own_label_is_read_from_each_tool(text: str) -> None:
    assert parse_matchpathcon(text) == {BIN: Label("system_u", "object_r", "bin_t", "s0")}


def test_distribution_and_kernel_are_read_together() -> None:
    text = (
        'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n6.1.0-56-cloud-amd64\n'
    )
    assert parse_os_release(text) == Platform("Debian GNU/Linux", "12", "6.1.0-56-cloud-amd64")
    assert parse_os_release("cat: /etc/os-release: No such file or directory") is None


class TestRuntime:
    LABEL = "system_u:system_r:container_t:s0:c215,c393"

    def inspected(self, process: object) -> str:
        return json.dumps({"status": {"id": "x"}, "info": {"pid": 0, "runtimeSpec": {"process": process}}}, indent=2)

    def test_the_process_label_of_crictl_inspect(self) -> None:
        found = parse_inspect(self.inspected({"args": ["/opt/cni/bin/install"], "selinuxLabel": self.LABEL}))
        assert found is not None
        assert found.known
        assert str(found.label) == self.LABEL

    @pytest.mark.parametrize("text", ["<no value>", '  "selinuxLabel": "",'])
    def test_a_runtime_that_gave_no_label_is_known_to_have_given_none(self, text: str) -> None:
        for answer in (text, self.inspected({"args": []})):
            found = parse_inspect(answer)
            assert found is not None
            assert (found.known, found.label) == (True, None)

    @pytest.mark.parametrize("row", [f"{LABEL}   4211 ?        00:00:00 flanneld", f"{LABEL} calico-node"])
    def test_the_process_label_of_ps(self, row: str) -> None:
        other = "system_u:system_r:container_t:s0:c9,c10 77 ? 00:00:00 nginx"
        found = parse_process_label(f"LABEL PID TTY TIME CMD\n{other}\n{row}\n")
        assert found is not None
        assert str(found.label) == self.LABEL
        assert parse_process_label(other) is None

    @pytest.mark.parametrize("text", ["", "FATA[0000] no such container", "{}", '{"info": 3}', "{" * 100_000])
    def test_no_specification_no_label(self, text: str) -> None:
        assert parse_inspect(text) is None

    @pytest.mark.parametrize(
        ("text", "labelling"),
        [
            ("    enable_selinux = true", True),
            ("/etc/containerd/config.toml:  enable_selinux = false", False),
            ("# enable_selinux = true", None),
            ("selinux = true\nhostnetwork_disable_selinux = true", False),
            ("selinux = true\nhostnetwork_disable_selinux = false", True),
            ("selinux = false", False),
            ("", None),
        ],
    )
    def test_the_switch_holds_for_a_container_on_the_hosts_network(self, text: str, labelling: bool | None) -> None:
        assert parse_labelling(text) is labelling


class TestReach:
    @pytest.mark.parametrize(
        ("said", "status", "outcome"),
        [
            ("", 0, "answered"),
            (
                "bash: connect: Connection refused\nbash: line 1: /dev/tcp/10.96.0.1/443: Connection refused",
                1,
                "refused",
            ),
            ("", 124, "timeout"),
            ("bash: connect: Network is unreachable", 1, "unreachable"),
            ("bash: connect: No route to host", 1, "unreachable"),
            ("curl: (28) Connection timed out after 5001 milliseconds", 28, "timeout"),
            ("* connect to 10.96.0.1 port 443 failed: Connection refused\ncurl: (7) Failed to connect", 7, "refused"),
            ("* Connected to 10.96.0.1 port 443\n* TLS alert\ncurl: (35) SSL connect error", 35, "answered"),
            ("* Connected to 10.96.0.1 port 443\ncurl: (28) Operation timed out", 28, "timeout"),
            ("something else", 1, "unknown"),
            ("< HTTP/2 200", None, "answered"),
        ],
    )
    def test_outcomes(self, said: str, status: int | None, outcome: str) -> None:
        assert parse_reach("10.96.0.1:443", said, status).outcome == outcome

    def test_a_rule_for_another_address_that_begins_alike_is_none(self) -> None:
        text = "*nat\n-A KUBE-SERVICES -d 10.96.0.10/32 -p udp\n-A KUBE-SERVICES -d 110.96.0.1/32 -p tcp\n"
        assert parse_service_rules("10.96.0.1:443", text, readable=True).programmed is False
        assert parse_service_rules("10.96.0.1:443", text, readable=False).programmed is None

    @pytest.mark.parametrize(
        "rule",
        [
            "-A OUTPUT -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j DNAT --to-destination 192.0.2.100:6443",
            "ip daddr 10.96.0.1 tcp dport 443 dnat to 192.0.2.100:6443",
            "10.96.0.1 . tcp . 443 : goto service-2QRHZV4L-default/kubernetes/tcp/https,",
            "TCP  10.96.0.1:443 rr",
            "    inet 10.96.0.1/32 scope global kube-ipvs0",
        ],
    )
    def test_a_rule_of_any_proxy_mode_is_found(self, rule: str) -> None:
        found = parse_service_rules("10.96.0.1:443", f"*nat\n{rule}\n", readable=True)
        assert found.programmed is True
        assert found.raw == rule.strip()
