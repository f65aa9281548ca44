"""Machines as an installer leaves them: directories, mounts, configuration files of an EL9 host with containerd."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from cnitui.lab.machine.audit import AuditEvent
from cnitui.lab.machine.files import Mount
from cnitui.lab.machine.network import Interface
from cnitui.lab.machine.node import BIN_DIR, CONF_DIR, Node
from cnitui.lab.machine.selinux import Denial, context

if TYPE_CHECKING:
    from datetime import datetime

_TMP = "/tmp"  # noqa: S108 - a path of the simulated machine
_DIRECTORIES = (
    "/", "/boot", "/etc", "/etc/cni", CONF_DIR, "/etc/containerd", "/etc/kubernetes", "/etc/selinux", "/opt",
    "/opt/cni", BIN_DIR, "/proc", "/root", "/run", "/sys", "/sys/fs", "/sys/fs/bpf", _TMP, "/usr", "/usr/bin", "/var",
    "/var/lib", "/var/lib/calico", "/var/lib/cni", "/var/lib/kubelet", "/var/log", "/var/log/audit",
    "/var/log/calico", "/var/log/calico/cni", "/var/run",
)  # fmt: skip

_PLUGINS = {"bridge": 5_006_664, "dhcp": 11_403_896, "ptp": 4_593_160, "vlan": 4_251_992}
"""Reference plugins of the kubernetes-cni package that Calico does not bring itself."""

OS_RELEASE = """NAME="Rocky Linux"
VERSION="9.4 (Blue Onyx)"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.4"
PLATFORM_ID="platform:el9"
PRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"
ANSI_COLOR="0;32"
LOGO="fedora-logo-icon"
CPE_NAME="cpe:/o:rocky:rocky:9::baseos"
HOME_URL="https://rockylinux.org/"
BUG_REPORT_URL="https://bugs.rockylinux.org/"
SUPPORT_END="2032-05-31"
ROCKY_SUPPORT_PRODUCT="Rocky-Linux-9"
ROCKY_SUPPORT_PRODUCT_VERSION="9.4"
REDHAT_SUPPORT_PRODUCT="Rocky Linux"
REDHAT_SUPPORT_PRODUCT_VERSION="9.4"
"""


def machine(name: str, ip: str, index: int, born: datetime, booted: datetime, *, control_plane: bool) -> Node:
    """A healthy machine, nothing of Calico installed yet; the same name always gives the same one."""
    node = Node(
        name=name, ip=ip, control_plane=control_plane, born=born, booted=booted, rng=random.Random(name),  # noqa: S311
        pod_subnet=f"10.244.{index % 256}.0/24",
    )  # fmt: skip
    node.network.interfaces = [Interface("eth0", ip)]
    files = node.files
    for path in _DIRECTORIES:
        files.directory(path, mode=0o700 if path in ("/root", "/var/log/audit") else 0o755)
    files.entries[_TMP].mode = 0o1777
    for plugin, size in _PLUGINS.items():
        files.file(f"{BIN_DIR}/{plugin}", mode=0o755, size=size)
    files.file("/etc/os-release", content=OS_RELEASE)
    files.file("/etc/hostname", content=f"{name}\n")
    files.file("/etc/machine-id", content=f"{node.machine_id}\n", mode=0o444)
    files.mounts = _mounts()
    node.audit.defer(lambda: _noise(node))
    return node


def _noise(node: Node) -> list[AuditEvent]:
    """Denials at boot that have nothing to do with containers: every real node has some."""
    seen = (
        ("systemd-tmpfile", "getattr", "systemd_tmpfiles_t", "unlabeled_t", "tmp.qILCpBZFn0", 544),
        ("systemd-udevd", "search", "udev_t", "sysctl_fs_t", "fs", 10567),
    )
    return [
        AuditEvent(
            time=node.booted + timedelta(seconds=9, milliseconds=97 * place), serial=0,
            denial=Denial(permission, context(target), "dir"), pid=205 + place, ppid=1, comm=comm,
            exe=f"/usr/lib/systemd/{comm}", scontext=context(domain, role="system_r"), name=name, device="dm-0",
            inode=inode, permissive=False,
        )
        for place, (comm, permission, domain, target, name, inode) in enumerate(seen)
    ]  # fmt: skip


def _mounts() -> list[Mount]:
    seclabel = "seclabel,attr2,inode64,logbufs=8,logbsize=32k,noquota"
    return [
        Mount("/", "/dev/mapper/rl-root", "xfs", f"rw,relatime,{seclabel}", 51_290_592, 9_412_276),
        Mount("/boot", "/dev/sda1", "xfs", f"rw,relatime,{seclabel}", 983_040, 402_824, 524_288, 388),
        Mount("/proc", "proc", "proc", "rw,nosuid,nodev,noexec,relatime", 0, 0, 0, 0),
        Mount("/sys", "sysfs", "sysfs", "rw,nosuid,nodev,noexec,relatime,seclabel", 0, 0, 0, 0),
        Mount("/run", "tmpfs", "tmpfs", "rw,nosuid,nodev,seclabel,mode=755,inode64", 1_629_668, 9_064, 819_200, 947),
    ]


def opt_volume(node: Node) -> Mount:
    """Gives the machine a volume of its own for /opt, and returns it."""
    options = node.root_mount().options
    volume = Mount("/opt", "/dev/mapper/rl-opt", "xfs", options, 2_086_912, 214_332, 1_048_576, 412)
    node.files.mounts.append(volume)
    return volume


def selinux_config(node: Node) -> str:
    """/etc/selinux/config."""
    return (
        "# This file controls the state of SELinux on the system.\n# SELINUX= can take one of these three values:\n"
        "#     enforcing - SELinux security policy is enforced.\n"
        "#     permissive - SELinux prints warnings instead of enforcing.\n"
        "#     disabled - No SELinux policy is loaded.\n"
        f"SELINUX={node.selinux.configured}\n"
        "# SELINUXTYPE= can take one of these three values:\n"
        "#     targeted - Targeted processes are protected,\n"
        "#     minimum - Modification of targeted policy. Only selected processes are protected.\n"
        "#     mls - Multi Level Security protection.\n"
        f"SELINUXTYPE={node.selinux.policy}\n"
    )


def containerd_config(node: Node) -> str:
    """/etc/containerd/config.toml: the lines that matter to a CNI."""
    labels = "true" if node.selinux.runtime_labels else "false"
    return f"""version = 2

[plugins."io.containerd.grpc.v1.cri"]
  enable_selinux = {labels}
  sandbox_image = "registry.k8s.io/pause:3.10"
  selinux_category_range = 1024

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{node.cni_bin_dir}"
    conf_dir = "{node.cni_conf_dir}"
    max_conf_num = 1

  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = true
"""
