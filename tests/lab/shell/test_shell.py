"""The shell of a node: its language, and the formats its commands print."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cnitui.lab.lab import Lab
from cnitui.lab.shell.commands import login_shell


async def sh(lab: Lab, script: str, *, node: str = "worker-01", user: str = "vagrant") -> tuple[int, str, str]:
    """Exit status, output and error output of a script on a node."""
    out: list[str] = []
    err: list[str] = []
    status = await login_shell(lab.world, lab.world.node(node), user, out.append, err.append).run(script)
    return status, "".join(out), "".join(err)


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("echo a; echo b", "a\nb\n"),
        ("true && echo yes || echo no", "yes\n"),
        ("false && echo yes || echo no", "no\n"),
        ("false; echo $?", "1\n"),
        ("(exit 3); echo $?", "3\n"),
        ("{ echo a; echo b; } | tail -1", "b\n"),
        ("X='a b'; echo \"$X\" ${X} ${Y:-none}", "a b a b none\n"),
        ("for f in 1 2; do echo $f; done", "1\n2\n"),
        ("sh -c 'echo $0 $#' a b c", "a 2\n"),
        ("sh -c 'for f in \"$@\"; do echo \"$f\"; done' a 'b  c' d", "b  c\nd\n"),
        ("sh -c 'for f in \"$@\"; do echo \"$f\"; done; echo end' a", "end\n"),
        ("sh -c 'echo $0'", "sh\n"),
        ("if test -d /opt; then echo dir; elif true; then echo x; else echo y; fi", "dir\n"),
        ("if [ -f /opt ]; then echo file; else echo none; fi", "none\n"),
        ("echo $(echo nested $(echo deep))", "nested deep\n"),
        ('echo \'single $X\' "double \\"q\\"" bare\\ word', 'single $X double "q" bare word\n'),
        ("printf '%s=%d\\n' a 1 b 2", "a=1\nb=2\n"),
        ("printf '\\036BEGIN 0\\n'", "\x1eBEGIN 0\n"),
        ("echo a >/dev/null 2>&1; echo b", "b\n"),
        ("nosuch 2>/dev/null; echo $?", "127\n"),
        ("nosuch 2>&1", "bash: line 1: nosuch: command not found\n"),
        ("! false; echo $?", "0\n"),
        ("{ e=$(sh -c 'echo out; nosuch' 3>&1 1>&2 2>&3 3>&-); s=$?; echo \"[$e] $s\"; } 2>&1",
         "out\n[bash: line 1: nosuch: command not found] 127\n"),
        ("LC_ALL=C env | grep -c LC_ALL; echo ${LC_ALL:-unset}", "1\nunset\n"),
        ("LC_ALL=C; export LC_ALL; PATH=$PATH:/x; export PATH; echo $LC_ALL", "C\n"),
        ("echo one two | cut -d ' ' -f 2", "two\n"),
        ("printf 'b\\na\\nb\\n' | sort -u | wc -l", "2\n"),
        ("printf 'x1\\ny2\\n' | grep -E '^(x|z)' | head -n 1", "x1\n"),
        ("echo /opt/cni/b*", "/opt/cni/bin\n"),
        ("sh -c 'echo $1' name argument", "argument\n"),
        ("timeout 5 echo in time", "in time\n"),
        ("echo a # comment\necho b", "a\nb\n"),
        ("sudo -n sh -c 'id -u'", "0\n"),
        ("command -v getenforce", "/usr/sbin/getenforce\n"),
    ],
)  # fmt: skip
async def test_the_language_is_posix_enough(lab: Lab, script: str, output: str) -> None:
    assert (await sh(lab, script))[1] == output


@pytest.mark.parametrize("script", ["echo 'open", "if true; then", "echo )", "( echo"])
async def test_a_broken_script_is_a_syntax_error(lab: Lab, script: str) -> None:
    status, _, err = await sh(lab, script)
    assert status == 2
    assert err.startswith("bash: -c: line 1: ")


async def test_the_guides_listing_is_there(lab: Lab) -> None:
    _, out, _ = await sh(lab, "ls -lZ /opt/cni/bin/")
    rows = {line.split()[-1]: line for line in out.splitlines()[1:]}
    assert re.match(
        r"-rwxr-xr-x\. 1 root root system_u:object_r:container_file_t:s0 +\d+ \w{3} [ \d]\d \d\d:\d\d calico$",
        rows["calico"],
    )
    _, out, _ = await sh(lab, "ls -ldZ /opt/cni /opt/cni/bin /etc/cni /etc/cni/net.d")
    assert [line.split()[4].split(":")[2] for line in out.splitlines()] == ["etc_t", "etc_t", "usr_t", "bin_t"]


async def test_a_directorys_inode_is_the_one_in_the_denial(lab: Lab) -> None:
    _, inode, _ = await sh(lab, "stat -c %i /opt/cni/bin")
    _, raw, _ = await sh(
        lab, "sudo -n ausearch --input-logs -m avc -ts today --raw -c install | grep ^type=AVC | tail -1"
    )
    assert f"ino={inode.strip()} " in raw


async def test_ausearch_agrees_with_itself_in_every_form(lab: Lab) -> None:
    forms = {
        flag: (await sh(lab, f"sudo -n ausearch --input-logs -m avc -ts recent {flag}"))[1]
        for flag in ("", "--raw", "-i")
    }
    serials = [set(re.findall(r"audit\([^)]*:(\d+)\)", text)) for text in forms.values()]
    assert serials[0] == serials[1] == serials[2] != set()
    assert forms[""].startswith("----\ntime->")
    assert "comm=install name=bin" in forms["-i"]
    status, _, err = await sh(lab, "ausearch -m avc")
    assert status == 1
    assert err.startswith("Error opening config file (Permission denied)\nNOTE - using built-in logs: ")
    assert (await sh(lab, "sudo -n ausearch --input-logs -m avc -ts recent", node="master-01"))[::2] == (
        1,
        "<no matches>\n",
    )


async def test_denials_are_in_the_journal_too(lab: Lab) -> None:
    _, out, _ = await sh(lab, "sudo -n journalctl _AUDIT_TYPE_NAME=AVC --no-pager -o json -n 1")
    entry = json.loads(out)
    assert entry["_COMM"] == "install"
    assert entry["_AUDIT_FIELD_TCONTEXT"] == "system_u:object_r:bin_t:s0"
    lab.world.node("worker-01").audit.daemon = False
    assert "avc:  denied" in (await sh(lab, "sudo -n journalctl -k --no-pager | grep avc"))[1]
    assert "avc:  denied" in (await sh(lab, "sudo -n dmesg | grep -i avc"))[1]
    assert (await sh(lab, "sudo -n ausearch -m avc"))[0] == 1


async def test_restorecon_shows_and_does_what_the_policy_says(lab: Lab) -> None:
    assert (await sh(lab, "sudo -n restorecon -Rnv /opt/cni/bin"))[1] == ""
    _, out, _ = await sh(lab, "sudo -n restorecon -RFnv /opt/cni/bin | head -1")
    labels = "system_u:object_r:container_file_t:s0 to system_u:object_r:bin_t:s0"
    assert out == f"Would relabel /opt/cni/bin/bandwidth from {labels}\n"
    rule = "sudo -n semanage fcontext -a -t container_file_t '/opt/cni(/.*)?'"
    script = f"{rule} && sudo -n restorecon -RF /opt/cni && matchpathcon -V /opt/cni/bin"
    assert (await sh(lab, script))[1] == "/opt/cni/bin verified.\n"
    assert lab.world.node("worker-01").files.entries["/opt/cni/bin"].label == "system_u:object_r:container_file_t:s0"


async def test_setenforce_and_chcon_are_real_and_for_root_only(lab: Lab) -> None:
    assert (await sh(lab, "setenforce 0"))[0] == 1
    assert (await sh(lab, "sudo -n setenforce 0; getenforce"))[1] == "Permissive\n"
    assert (await sh(lab, "chcon -t container_file_t /opt/cni/bin"))[0] == 1
    assert (await sh(lab, "sudo -n chcon -t container_file_t /opt/cni/bin; ls -dZ /opt/cni/bin"))[
        1
    ] == "system_u:object_r:container_file_t:s0 /opt/cni/bin\n"


async def test_sudo_can_want_a_password_or_allow_little(lab: Lab) -> None:
    node = lab.world.node("worker-01")
    node.sudo.mode = "password"
    assert await sh(lab, "sudo -n true") == (1, "", "sudo: a password is required\n")
    node.sudo.mode = "limited"
    assert (await sh(lab, "sudo -n ausearch --input-logs -m avc -ts recent"))[0] == 0
    assert (await sh(lab, "sudo -n cat /etc/shadow"))[0] == 1
    assert (await sh(lab, "sudo -n true", user="root"))[0] == 0


async def test_a_missing_command_is_missing_everywhere(lab: Lab) -> None:
    lab.world.node("worker-01").missing_commands.add("getenforce")
    assert (await sh(lab, "getenforce"))[::2] == (127, "bash: line 1: getenforce: command not found\n")
    assert (await sh(lab, "sudo -n getenforce"))[::2] == (1, "sudo: getenforce: command not found\n")
    assert (await sh(lab, "command -v getenforce"))[0] == 1


async def test_root_only_files_and_directories_are_closed_to_others(lab: Lab) -> None:
    assert (await sh(lab, "cat /var/log/audit/audit.log"))[::2] == (
        1,
        "cat: /var/log/audit/audit.log: Permission denied\n",
    )
    assert (await sh(lab, "ls -laZ /var/log/audit"))[::2] == (
        2,
        "ls: cannot open directory '/var/log/audit': Permission denied\n",
    )
    assert (await sh(lab, "ls /nope"))[::2] == (2, "ls: cannot access '/nope': No such file or directory\n")
    assert "type=AVC" in (await sh(lab, "sudo -n tail -n 3 /var/log/audit/audit.log"))[1]


async def test_du_adds_up_what_is_in_each_directory_of_one_filesystem(lab: Lab) -> None:
    files = lab.world.node("worker-01").files
    files.directory("/srv")
    files.directory("/srv/deep")
    files.directory("/srv/deep/down")
    files.file("/srv/deep/down/large", size=10 * 4096 - 1)
    files.file("/srv/small", size=1)
    _, out, _ = await sh(lab, "du -xk --max-depth=1 /srv | sort -rn")
    assert out == "44\t/srv\n40\t/srv/deep\n"
    _, out, _ = await sh(lab, "du --inodes /srv/deep")
    assert out == "2\t/srv/deep/down\n3\t/srv/deep\n"
    status, _, err = await sh(lab, "du -x /nowhere")
    assert (status, err) == (1, "du: cannot access '/nowhere': No such file or directory\n")


async def test_mounts_and_space_are_those_of_the_node(lab: Lab) -> None:
    root = lab.world.node("worker-01").root_mount()
    _, out, _ = await sh(lab, "findmnt -n -o TARGET,FSTYPE,OPTIONS -T /opt/cni/bin")
    assert out.split() == ["/", "xfs", root.options]
    _, out, _ = await sh(lab, "findmnt -J -T /opt/cni/bin")
    assert json.loads(out)["filesystems"][0]["source"] == "/dev/mapper/rl-root"
    _, out, _ = await sh(lab, "df -P /opt/cni/bin /etc/cni/net.d")
    assert out.splitlines()[0].split() == [
        "Filesystem",
        "1024-blocks",
        "Used",
        "Available",
        "Capacity",
        "Mounted",
        "on",
    ]
    assert out.splitlines()[1] == out.splitlines()[2]
    assert (await sh(lab, "sudo -n mount -o remount,ro /; cat /proc/mounts | head -1"))[1].split()[3].startswith("ro,")


async def test_the_runtime_tells_the_label_of_each_container(lab: Lab) -> None:
    script = "sudo -n crictl inspect $(sudo -n crictl ps -a --name install-cni -q | head -1)"
    for node, label in (("worker-01", "container_t"), ("master-01", "")):
        _, out, _ = await sh(lab, script, node=node)
        process: dict[str, Any] = json.loads(out)["info"]["runtimeSpec"]["process"]
        assert label in process.get("selinuxLabel", "")
        assert bool(process.get("selinuxLabel")) == bool(label)
    assert (await sh(lab, "sudo -n grep enable_selinux /etc/containerd/config.toml"))[1] == "  enable_selinux = true\n"


async def test_the_network_answers_as_the_scenario_has_it(lab: Lab) -> None:
    assert (await sh(lab, "curl -ks -m 3 https://10.96.0.1:443/healthz"))[:2] == (0, "ok")
    lab.world.node("worker-01").network.service = "timeout"
    status, _, err = await sh(lab, "curl -ksS -m 3 https://10.96.0.1:443/healthz")
    assert (status, err) == (28, "curl: (28) Connection timed out after 3001 milliseconds\n")
    assert (await sh(lab, "curl -ks -m 3 https://10.240.0.11:6443/healthz"))[1] == "ok"
    assert "--to-destination 10.240.0.11:6443" in (await sh(lab, "sudo -n iptables -t nat -S"))[1]


async def test_files_can_be_written_and_read_back(lab: Lab) -> None:
    script = "echo one > /tmp/x; echo two >> /tmp/x; cat /tmp/x; sudo -n rm -f /tmp/x; cat /tmp/x"
    assert await sh(lab, script) == (1, "one\ntwo\n", "cat: /tmp/x: No such file or directory\n")


CAPTURED = {
    "sestatus": "sestatus.txt",
    "lsattr -d /opt/cni/bin /etc/cni/net.d": "lsattr.txt",
    "matchpathcon -V /opt/cni/bin /etc/cni/net.d": "matchpathcon-V.txt",
    "stat -c '%C %A %a %U:%G %s %F %n' /opt/cni/bin": "stat.txt",
    "df -P /opt/cni/bin": "df.txt",
    "findmnt -T /opt/cni/bin": "findmnt.txt",
    "ls -dZ /opt/cni/bin /etc/cni/net.d": "ls-dZ.txt",
    "ls -laZ /opt/cni/bin": "ls-laZ-bin.txt",
    "sudo -n ausearch --input-logs -m avc -ts recent --raw -c install": "ausearch-raw.txt",
    "sudo -n journalctl _AUDIT_TYPE_NAME=AVC --no-pager -o short-iso -n 3": "../access/root-journal.txt",
}


def shape(text: str) -> str:
    """A line without what differs between two nodes: words become w, numbers n, paddings one space."""
    text = re.sub(r"\d+", "n", text)
    return re.sub(r" +", " ", re.sub(r"[A-Za-z_/.n-]+", "w", text)).strip()


@pytest.mark.parametrize("command", CAPTURED)
async def test_first_lines_have_the_shape_of_a_real_nodes(lab: Lab, command: str, shared: Path) -> None:
    """captures/default: the same commands on a node where SELinux really enforces."""
    real = (shared / "captures" / "default" / CAPTURED[command]).read_text().splitlines()
    ours = (await sh(lab, command))[1].splitlines()
    known = {shape(line) for line in real}
    assert ours
    assert shape(ours[0]) in known


async def test_a_missing_file_fails_a_grep_that_also_matched(lab: Lab) -> None:
    status, out, err = await sh(lab, "grep -h enable_selinux /etc/containerd/config.toml /etc/crio")
    assert (status, out) == (2, "  enable_selinux = true\n")
    assert err == "grep: /etc/crio: No such file or directory\n"


async def test_curl_says_on_request_how_far_it_came(lab: Lab) -> None:
    _, _, err = await sh(lab, "curl -kvsS -o /dev/null -m 5 https://10.240.0.11:6443/livez")
    assert "* Connected to 10.240.0.11 (10.240.0.11) port 6443 (#0)\n" in err
    lab.world.node("worker-01").network.endpoint = "refused"
    status, _, err = await sh(lab, "curl -kvsS -o /dev/null -m 5 https://10.240.0.11:6443/livez")
    assert status == 7
    assert err.endswith("curl: (7) Failed to connect to 10.240.0.11 port 6443: Connection refused\n")
    lab.world.node("worker-01").network.endpoint = "ok"
    assert (await sh(lab, "curl -s https://10.96.0.1/livez"))[0] == 60


OWN = "/opt/(.*/)?bin(/.*)?"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("semanage fcontext -a -t bin_t '/opt/x'; semanage fcontext -a -t bin_t '/opt/x'", "/opt/x already defined"),
        (f"semanage fcontext -a -t bin_t '{OWN}'", f"{OWN} already defined"),
        ("semanage fcontext -m -t bin_t '/opt/x'", "/opt/x is not defined"),
        (f"semanage fcontext -d '{OWN}'", f"{OWN} is defined in policy, cannot be deleted"),
        ("semanage fcontext -d '/opt/x'", "/opt/x is not defined"),
    ],
)
async def test_semanage_refuses_as_a_real_one_does(lab: Lab, script: str, said: str) -> None:
    """The words of semanage 3.4, tried on a store of Debian's policy."""
    status, _, err = await sh(lab, script, user="root")
    assert (status, err) == (1, f"ValueError: File context for {said}\n")


async def test_a_local_rule_beats_the_policys_and_its_end_gives_that_back(lab: Lab) -> None:
    record = "semanage fcontext -m -t usr_t -r s0 '/opt/(.*/)?bin(/.*)?'; matchpathcon -n /opt/cni/bin"
    assert (await sh(lab, record, user="root"))[1] == "system_u:object_r:usr_t:s0\n"
    back = "semanage fcontext -d '/opt/(.*/)?bin(/.*)?'; matchpathcon -n /opt/cni/bin; semanage fcontext -l -C -n"
    assert (await sh(lab, back, user="root"))[1] == "system_u:object_r:bin_t:s0\n"


async def test_labels_on_a_read_only_volume_stay(lab: Lab) -> None:
    lab.world.node("worker-01").root_mount().options = "ro,seclabel"
    status, _, err = await sh(lab, "restorecon -RFv /opt/cni/bin", user="root")
    assert (status, err.split("  ")[1]) == (255, "Read-only file system\n")
    assert (await sh(lab, "chcon -t usr_t /opt/cni/bin", user="root"))[0] == 1
    assert (await sh(lab, "test -w /opt/cni/bin", user="root"))[0] == 1
