"""python3, as far as Ansible needs it to look: the modules `setup` and `ping`.

No Python runs on a machine that does not exist. Ansible sends its module as a program (AnsiballZ) that names it; what
`setup` would find is told from the machine itself, as every other command of the shell tells it. Other modules fail.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from cnitui.lab.shell.homes import home_of

if TYPE_CHECKING:
    from cnitui.lab.jsontypes import Object
    from cnitui.lab.machine.files import Mount
    from cnitui.lab.machine.node import Node
    from cnitui.lab.shell.invocation import Builtin, Invocation

VERSION = "3.9.18"
_MODULE = re.compile(r"module_fqn=[\\'\"]{1,2}ansible\.(?:modules|legacy)\.(\w{1,60})")


def python3(run: Invocation) -> int:
    """python3 --version, or python3 FILE (or - on standard input) of an Ansible module."""
    operands = [word for word in run.arguments[1:] if not word.startswith("-")]
    if run.arguments[1:] in (["--version"], ["-V"]):
        run.line(f"Python {VERSION}")
        return 0
    entry = run.node.files.get(operands[0]) if operands else None
    found = _MODULE.search(entry.content or "" if entry is not None else run.stdin)
    module = found[1] if found is not None else ""
    if module == "ping":
        run.line(json.dumps({"ping": "pong", "changed": False}))
        return 0
    if module == "setup":
        run.line(json.dumps({"ansible_facts": facts(run), "changed": False}))
        return 0
    what = f"the Ansible module {module}" if module else "this program"
    run.err(f"python3: the lab has no Python: of Ansible it knows setup and ping, and not {what}\n")
    return 1


def facts(run: Invocation) -> Object:
    """What Ansible's `setup` gathers, as far as the machine has it: names as in ansible.module_utils.facts."""
    node, now = run.node, run.node.local(run.world.clock.now())
    system, _, version = node.os_image.partition(" Linux ")
    found: Object = {
        "hostname": node.name,
        "nodename": node.name,
        "fqdn": node.name,
        "system": "Linux",
        "kernel": node.kernel,
        "architecture": "x86_64" if node.architecture == "amd64" else "aarch64",
        "distribution": system,
        "distribution_version": version.split(" ")[0],
        "distribution_major_version": version.split(".")[0],
        "os_family": "RedHat",
        "pkg_mgr": "dnf",
        "service_mgr": "systemd",
        "machine_id": node.machine_id,
        "processor_vcpus": 4,
        "memtotal_mb": 8148328 // 1024,
        "uptime_seconds": int((now - node.local(node.booted)).total_seconds()),
        "user_id": run.session.user,
        "user_dir": home_of(node, run.session.user).path,
        "date_time": {"iso8601": f"{now.isoformat()[:19]}Z", "epoch": str(int(now.timestamp())), "tz": "UTC"},
        "python_version": VERSION,
        "python": {"executable": "/usr/bin/python3", "version": {"major": 3, "minor": 9, "micro": 18}},
        "selinux": _selinux(node),
        "selinux_python_present": True,
        "mounts": [_mount(one) for one in node.files.mounts if one.source.startswith("/dev/")],
        **_addresses(node),
    }
    return {f"ansible_{name}": value for name, value in found.items()} | {
        "gather_subset": ["all"],
        "module_setup": True,
    }


def _selinux(node: Node) -> Object:
    if not node.selinux.enabled:
        return {"status": "disabled"}
    held = node.selinux
    return {
        "status": "enabled", "mode": held.mode, "config_mode": held.configured, "type": held.policy, "policyvers": 33,
    }  # fmt: skip


def _mount(mount: Mount) -> Object:
    return {
        "mount": mount.target, "device": mount.source, "fstype": mount.fstype, "options": mount.options,
        "size_total": mount.size * 1024, "size_available": mount.available * 1024,
        "inode_total": mount.inodes, "inode_available": mount.inodes - mount.inodes_used,
    }  # fmt: skip


def _addresses(node: Node) -> Object:
    links = node.network.interfaces
    default: Object = {"address": node.ip, "interface": links[0].name, "gateway": "10.240.0.1"} if links else {}
    return {
        "interfaces": ["lo", *(link.name for link in links)],
        "all_ipv4_addresses": [link.address for link in links],
        "default_ipv4": default if node.network.default_route else {},
        **{link.name: {"device": link.name, "active": True, "ipv4": {"address": link.address}} for link in links},
    }


COMMANDS: dict[str, Builtin] = {"python3": python3}
