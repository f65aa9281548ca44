"""Steps against what is wrong on the nodes themselves: disks, mounts, permissions, runtimes, kernels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from cnitui.domain.facts import (
    CniDirectories,
    DirectoryEntry,
    FileAttributes,
    Filesystem,
    FreeSpace,
    LargestDirectories,
    Mount,
    Mounts,
    NodeStatus,
    Platform,
    RuntimeDirectories,
)
from cnitui.domain.plan import Step
from cnitui.domain.remedies.by_hand.seen import Seen, plain

MOST_DIRECTORIES = 3
_SYSTEM_DISKS = ("/", "/var", "/var/lib", "/var/log")
_IMMUTABLE = re.compile(r"coreos|flatcar|talos|bottlerocket|microos|elemental|atomic", re.IGNORECASE)
_DISK_ERRORS = "I/O error|remounting filesystem read-only|shutting down|corruption"


# --- disk-full --------------------------------------------------------------------------------------------------------


def disk_full(seen: Seen) -> Iterator[Step]:
    """Which filesystem is full of what, on which nodes; then what may safely go."""
    full = _full(seen)
    mount = full.mounted_on if full else seen.situation.directories[0]
    on, what = plain(mount, "MOUNT"), "inodes" if full is not None and _no_inodes(full) else "space"
    largest = _largest(seen, mount) if what == "space" else ()
    sizes = f"; the largest directories are {', '.join(f'{path} ({_size(kib)})' for path, kib in largest)}"
    which = "all of them" if largest else "the largest directories"
    counted = "--inodes" if what == "inodes" else "-h"
    yield Step(
        f"Free {what} on {mount} of {seen.where}: {_how_full(full)}{sizes if largest else ''}. This lists {which}",
        seen.ssh(f"sudo du -x {counted} {on} 2>/dev/null | sort -h | tail"),
    )
    directory = seen.names["bin_dir"]
    yield Step(
        "Remove what interrupted attempts left there", seen.ssh(f'sudo find {directory} -name "*.tmp" -print -delete')
    )
    if mount in _SYSTEM_DISKS:
        yield Step("Remove images that no container uses", seen.ssh("sudo crictl rmi --prune"))
        yield Step("Shorten the journal", seen.ssh("sudo journalctl --vacuum-size=200M"))
    yield Step(f"or enlarge {mount}; then see that there is room", seen.ssh(f"df -h {on}; df -i {on}"))
    yield from seen.restart()


def _full(seen: Seen) -> Filesystem | None:
    rows = [row for free in seen.values(FreeSpace).values() for row in free.filesystems]
    return next((row for row in rows if row.crammed or _no_inodes(row)), None)


def _largest(seen: Seen, mount: str) -> tuple[tuple[str, int], ...]:
    """The largest of those that were added up; not the whole, and of nested ones that in which it is."""
    found = seen.one(LargestDirectories)
    rows = [row for row in found.rows if row[0] != mount] if found is not None and found.mounted_on == mount else []
    pairs = ((path, kib, other, size) for path, kib in rows for other, size in rows)
    outer = {path for path, kib, other, size in pairs if other.startswith(f"{path}/") and size * 10 > kib * 8}
    return tuple(row for row in rows if row[0] not in outer)[:MOST_DIRECTORIES]


def _size(kib: int) -> str:
    return f"{kib / 2**20:.1f} GiB" if kib >= 2**20 else f"{kib / 2**10:.0f} MiB"


def _no_inodes(row: Filesystem) -> bool:
    return bool(row.inodes) and row.inodes_free == 0


def _how_full(row: Filesystem | None) -> str:
    if row is None:
        return "nothing is left"
    if _no_inodes(row):
        return f"100 % used, none of {row.inodes:,} inodes is left"
    return f"100 % used, {row.available_kib:,} of {row.size_kib or 0:,} KiB are left"


# --- refused directories ----------------------------------------------------------------------------------------------


def read_only(seen: Seen) -> Iterator[Step]:
    """Where a disk error made it so, the disk comes first; an immutable system wants another directory."""
    mount = _mount(seen, lambda one: one.read_only)
    if mount is None:
        return
    system = seen.one(Platform)
    target = plain(mount.target, "MOUNT")
    told = f"{mount.target} ({mount.fstype} on {mount.source}) is mounted read-only on {seen.where}"
    if mount.target in ("/", "/usr") or (system is not None and _IMMUTABLE.search(system.distribution)):
        yield Step(
            f"{told}, as an immutable system has it: put Calico's CNI directories where it is writable (usually below "
            "/var/lib/cni or /etc), in the DaemonSet's hostPaths cni-bin-dir and cni-net-dir and in the runtime"
        )
        yield Step("See where the runtime looks", seen.ssh('sudo crictl info | grep -iE "bindir|confdir"'))
    else:
        yield Step(
            f"{told}. This makes it writable, unless the kernel log has an error of the disk, which it shows instead",
            seen.ssh(f'sudo dmesg | grep -iE "{_DISK_ERRORS}" || sudo mount -o remount,rw {target}'),
        )
        check = "xfs_repair" if mount.fstype == "xfs" else "fsck -f"
        yield Step(
            "Where there is an error: check the filesystem, with nothing using it, before it is written to again",
            seen.ssh(f"sudo umount {target} && sudo {check} {plain(mount.source, 'DEVICE')}"),
        )
        yield Step("See that the next boot does not mount it so", seen.ssh(f"grep -n {target} /etc/fstab"))
    yield from seen.restart()


def _mount(seen: Seen, wanted: Callable[[Mount], bool]) -> Mount | None:
    mounts = [mount for found in seen.values(Mounts).values() for mount in found.mounts]
    return next(filter(wanted, mounts), None)


def host_permission(seen: Seen) -> Iterator[Step]:
    """Exactly what refuses: a mount option, an attribute, an owner or a mode."""
    told = [*_forbids_executing(seen), *_attributes(seen), *_owners(seen)]
    yield from told
    if told:
        yield from seen.restart()


def _forbids_executing(seen: Seen) -> Iterator[Step]:
    mount = _mount(seen, lambda one: "noexec" in one.options)
    if mount is not None:
        target = plain(mount.target, "MOUNT")
        yield Step(
            f"{mount.target} is mounted noexec on {seen.where}, so no plugin there can be started: allow it",
            seen.ssh(f"sudo mount -o remount,exec {target}"),
        )
        yield Step(
            "Take noexec out of its line, or the next boot brings it back", seen.ssh(f"grep -n {target} /etc/fstab")
        )


def _attributes(seen: Seen) -> Iterator[Step]:
    held = {
        path: letters
        for found in seen.values(FileAttributes).values()
        for path, letters in found.attributes.items()
        if {"i", "a"} & set(letters)
    }
    for path, letters in held.items():
        which = "".join(letter for letter in "ia" if letter in letters)
        words = {"i": "immutable", "a": "append-only", "ia": "immutable and append-only"}[which]
        yield Step(
            f"{path} is {words} on {seen.where}: take that away; somebody set it, so ask who",
            seen.ssh(f"sudo chattr -{which} {plain(path, 'DIRECTORY')}"),
        )


def _owners(seen: Seen) -> Iterator[Step]:
    entries = {
        path: entry
        for found in seen.values(CniDirectories).values()
        for path, entry in found.directories.items()
        if path in seen.situation.directories and _refuses(entry)
    }
    for path, entry in entries.items():
        held = plain(path, "DIRECTORY")
        yield Step(
            f"{path} on {seen.where} belongs to {entry.owner} and has the mode {entry.mode}: give it back to root",
            seen.ssh(f"sudo chown root:root {held} && sudo chmod 755 {held}"),
        )


def _refuses(entry: DirectoryEntry) -> bool:
    return entry.owner not in ("root", "0") or entry.mode[1:2] != "w"


def text_file_busy(seen: Seen) -> Iterator[Step]:
    """The program that runs is one call of a plugin that hangs."""
    inside = seen.quoted(r"open (/host)?(?P<path>/[\w./-]+): text file busy", "path")
    path = inside or f"{seen.names['bin_dir']}/calico"
    yield Step(
        f"A process on {seen.where} still executes {path}: see which, and since when",
        seen.ssh(f"sudo fuser -v {path}; ps -o pid,lstart,args -p $(sudo fuser {path} 2>/dev/null)"),
    )
    yield Step(
        "A call of a plugin ends within seconds; one that hangs is ended, and the kubelet calls it again",
        seen.ssh(f"sudo fuser -k -TERM {path}"),
    )
    yield from seen.restart()
    yield Step("For good: a release whose installer renames instead of overwriting (v3.28.1 and later)")


# --- runtime and kernel -----------------------------------------------------------------------------------------------


def runtime_failure(seen: Seen) -> Iterator[Step]:
    """Two drivers of control groups: the message tells which side has which."""
    if "cgroupsPath to be of format" not in seen.said:
        return
    config = "/var/lib/kubelet/config.yaml"
    yield Step(
        f"On {seen.where} the runtime manages control groups by systemd and the kubelet by cgroupfs: say "
        f"`cgroupDriver: systemd` in {config}, and restart the kubelet",
        seen.ssh(
            f'sudo sed -i.bak "s/^cgroupDriver:.*/cgroupDriver: systemd/" {config} && sudo systemctl restart kubelet'
        ),
    )
    yield Step(
        "See both sides",
        seen.ssh(f"sudo grep -n cgroupDriver {config}; sudo containerd config dump | grep SystemdCgroup"),
    )
    yield Step("Where every pod of a node changes its driver, drain that node first, one node after the other")


def cni_dir_mismatch(seen: Seen) -> Iterator[Step]:
    """Calico's side is the default of everybody else, so the runtime follows."""
    wrong = seen.one(RuntimeDirectories)
    bin_dir, net_dir = seen.situation.directories
    if wrong is None:
        return
    differs = [(wrong.conf_dir, net_dir)] if wrong.conf_dir not in ("", net_dir) else []
    if wrong.bin_dirs and bin_dir not in wrong.bin_dirs:
        differs.append((wrong.bin_dirs[0], bin_dir))
    if not differs:
        return
    node = seen.one(NodeStatus)
    crio = node is not None and node.runtime.startswith("cri-o")
    file, unit = ("/etc/crio/crio.conf", "crio") if crio else ("/etc/containerd/config.toml", "containerd")
    for theirs, ours in differs:
        line = f"s#{plain(theirs, 'THEIRS')}#{plain(ours, 'OURS')}#"
        yield Step(
            f"On {seen.where} the runtime reads {theirs}, and Calico writes to {ours}: say {ours} in {file}, and "
            "restart the runtime; running containers stay",
            seen.ssh(f'sudo sed -i.bak "{line}" {file} && sudo systemctl restart {unit}'),
        )
    yield Step("See that it finds the network", seen.ssh("sudo crictl info | grep -A3 NetworkReady"))
    yield Step("k3s and RKE2 write that file anew from a template: change config.toml.tmpl there")


_MODULES = (
    ("ipset", "ip_set xt_set ip_set_hash_ip ip_set_hash_net"),
    ("vxlan", "vxlan"),
    ("ipip", "ipip"),
    ("wireguard", "wireguard"),
    ("iptables", "ip_tables ip6_tables iptable_nat iptable_filter"),
)


def kernel_dataplane(seen: Seen) -> Iterator[Step]:
    """The modules of what the kernel refused; a kernel without them needs its package, or another backend."""
    lowered = seen.said.lower()
    named = [modules for word, modules in _MODULES if word in lowered]
    if not named:
        return
    node = seen.one(NodeStatus)
    kernel = f" (kernel {node.kernel})" if node and node.kernel else ""
    modules = " ".join(named)
    yield Step(f"Load on {seen.where}{kernel} what Felix misses", seen.ssh(f"sudo modprobe -a {modules}"))
    yield Step(
        "Keep it over a reboot", seen.ssh(f'printf "%s\\n" {modules} | sudo tee /etc/modules-load.d/calico.conf')
    )
    yield Step(
        "A module that is not found is in a package of its own (Enterprise Linux: kernel-modules-extra), and that of "
        "the running kernel",
        seen.ssh('sudo dnf -y install "kernel-modules-extra-$(uname -r)"'),
    )


STEPS: Mapping[str, Callable[[Seen], Iterator[Step]]] = {
    "disk-full": disk_full,
    "read-only-filesystem": read_only,
    "host-permission": host_permission,
    "text-file-busy": text_file_busy,
    "runtime-failure": runtime_failure,
    "cni-dir-mismatch": cni_dir_mismatch,
    "kernel-dataplane": kernel_dataplane,
}
