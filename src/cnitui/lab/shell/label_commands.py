"""Commands of libselinux and policycoreutils: reading modes and labels, and setting them as root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnitui.lab.machine.files import Entry
from cnitui.lab.machine.selinux import CUSTOMIZABLE, POLICY_RULES, context, level_of, type_of
from cnitui.lab.shell.reading import FileProblem, lookup

if TYPE_CHECKING:
    from cnitui.lab.shell.invocation import Builtin, Invocation

USER_CONTEXT = "unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023"


def getenforce(run: Invocation) -> int:
    """Enforcing, Permissive or Disabled."""
    run.line(run.node.selinux.mode.capitalize())
    return 0


def setenforce(run: Invocation) -> int:
    """setenforce 0|1: really, and only as root."""
    if not run.session.root:
        run.complain(" setenforce() failed")
        return 1
    if not run.node.selinux.enabled:
        run.complain("SELinux is disabled")
        return 1
    value = run.arguments[1].lower() if len(run.arguments) == 2 else ""
    if value not in ("0", "1", "permissive", "enforcing"):
        run.err("usage:  setenforce [ Enforcing | Permissive | 1 | 0 ]\n")
        return 1
    run.node.selinux.mode = "enforcing" if value in ("1", "enforcing") else "permissive"
    return 0


def sestatus(run: Invocation) -> int:
    """sestatus."""
    selinux = run.node.selinux
    if not selinux.enabled:
        run.line("SELinux status:                 disabled")
        return 0
    rows = (
        ("SELinux status:", "enabled"),
        ("SELinuxfs mount:", "/sys/fs/selinux"),
        ("SELinux root directory:", "/etc/selinux"),
        ("Loaded policy name:", selinux.policy),
        ("Current mode:", selinux.mode),
        ("Mode from config file:", selinux.configured),
        ("Policy MLS status:", "enabled"),
        ("Policy deny_unknown status:", "allowed"),
        ("Memory protection checking:", "actual (secure)"),
        ("Max kernel policy version:", "33"),
    )
    for title, value in rows:
        run.line(f"{title:<32}{value}")
    return 0


def matchpathcon(run: Invocation) -> int:
    """matchpathcon [-V] [-n] PATH…."""
    flags, operands = run.options("mf")
    status = 0
    for path in operands:
        wanted = context(run.node.selinux.default_type(path))
        if "V" not in flags:
            run.line(wanted if "n" in flags else f"{path}\t{wanted}")
            continue
        try:
            entry = lookup(run.session, path)
        except FileProblem as problem:
            run.line(f"{path} error: {problem}")
            status = 1
            continue
        if type_of(entry.label) == type_of(wanted) and level_of(entry.label) == "s0":
            run.line(f"{path} verified.")
        else:
            run.line(f"{path} has context {entry.label}, should be {wanted}")
            status = 1
    return status


def restorecon(run: Invocation) -> int:
    """restorecon [-R|-r] [-F] [-n] [-v] PATH….

    Without -F a customizable type stays as it is, and user, role and level are kept.
    """
    flags, operands = run.options("e")
    silent = "n" in flags
    for path in operands:
        try:
            top = lookup(run.session, path)
        except FileProblem as problem:
            run.err(f"restorecon: lstat({path}) failed: {problem}\n")
            return 255
        recursive = "R" in flags or "r" in flags
        for entry in list(run.node.files.below(path)) if recursive else [top]:
            wanted = _restored(run, entry, force="F" in flags)
            if wanted == entry.label:
                continue
            barred = "" if silent else _barred(run, entry)
            if barred:
                run.err(f"restorecon: Could not set context for {entry.path}:  {barred}\n")
                return 255
            if "v" in flags:
                verb = "Would relabel" if silent else "Relabeled"
                run.line(f"{verb} {entry.path} from {entry.label} to {wanted}")
            if not silent:
                entry.label = wanted
    return 0


def _barred(run: Invocation, entry: Entry) -> str:
    """Why the user cannot set the entry's label, in the kernel's words; "" when nothing is in the way."""
    if run.node.files.mount_of(entry.path).read_only:
        return "Read-only file system"
    return "" if run.session.root and not entry.immutable else "Operation not permitted"


def _restored(run: Invocation, entry: Entry, *, force: bool) -> str:
    wanted = run.node.selinux.default_type(entry.path)
    if force:
        return context(wanted)
    if type_of(entry.label) in CUSTOMIZABLE:
        return entry.label
    parts = entry.label.split(":")
    return ":".join([parts[0], parts[1], wanted, *parts[3:]])


def chcon(run: Invocation) -> int:
    """chcon [-R] [-t TYPE] [-l LEVEL] [-u USER] [CONTEXT] PATH…."""
    flags, operands = run.options("tulr", long_with_value=("type", "range", "user", "reference"))
    if not run.session.root:
        run.err(f"chcon: failed to change context of '{operands[-1]}': Operation not permitted\n")
        return 1
    whole = "" if {"t", "l", "u", "type", "range", "user"} & set(flags) else operands.pop(0)
    for path in operands:
        try:
            top = lookup(run.session, path)
        except FileProblem as problem:
            run.err(f"chcon: cannot access '{path}': {problem}\n")
            return 1
        for entry in list(run.node.files.below(path)) if "R" in flags else [top]:
            barred = _barred(run, entry)
            if barred:
                run.err(f"chcon: failed to change context of '{entry.path}': {barred}\n")
                return 1
            parts = entry.label.split(":")
            type_ = flags.get("t") or flags.get("type") or parts[2]
            level = flags.get("l") or flags.get("range") or level_of(entry.label)
            entry.label = whole or context(type_, level, flags.get("u") or parts[0])
    return 0


def semanage(run: Invocation) -> int:
    """semanage fcontext -l, -lC, -a or -m -t TYPE PATTERN, -d PATTERN; semanage permissive -l, -a, -d."""
    if not run.session.root or run.node.files.mount_of("/etc/selinux").read_only:
        run.err("ValueError: SELinux policy is not managed or store cannot be accessed.\n")
        return 1
    area = run.arguments[1] if len(run.arguments) > 1 else ""
    run.arguments = [run.arguments[0], *run.arguments[2:]]
    flags, operands = run.options("tfsr", long_with_value=("type", "range", "seuser"))
    if area == "fcontext":
        return _fcontext(run, flags, operands)
    if area == "permissive":
        return _permissive(run, flags, operands)
    run.err(f"usage: semanage [-h] ... \nsemanage: error: argument subcommand: invalid choice: '{area}'\n")
    return 1


def _fcontext(run: Invocation, flags: dict[str, str], operands: list[str]) -> int:
    if "l" in flags or "list" in flags:
        _list_rules(run, local="C" in flags or "locallist" in flags, headed="n" not in flags)
        return 0
    selinux, pattern = run.node.selinux, operands[-1] if operands else ""
    local = any(rule[0] == pattern for rule in selinux.local_rules)
    own = any(rule[0] == pattern for rule in POLICY_RULES)
    refused = _refused(flags, pattern, local=local, own=own)
    if refused:
        run.err(f"ValueError: {refused}\n")
        return 1
    selinux.local_rules = [rule for rule in selinux.local_rules if rule[0] != pattern]
    if "d" not in flags:
        selinux.local_rules.append((pattern, "all files", flags.get("t") or flags.get("type") or ""))
    return 0


def _refused(flags: dict[str, str], pattern: str, *, local: bool, own: bool) -> str:
    """What semanage 3.4 of policycoreutils has against it, in its words."""
    if " " in pattern:
        return "File specification can not include spaces"
    if {"a", "add"} & set(flags) and (local or own):
        return f"File context for {pattern} already defined"
    if {"d", "delete"} & set(flags) and not local and own:
        return f"File context for {pattern} is defined in policy, cannot be deleted"
    if not {"a", "add"} & set(flags) and not local and not own:
        return f"File context for {pattern} is not defined"
    return ""


def _list_rules(run: Invocation, *, local: bool, headed: bool) -> None:
    own = run.node.selinux.local_rules
    rules = own if local else [*POLICY_RULES, *own]
    if rules and headed:
        run.line(f"{'SELinux fcontext':<50} {'type':<18} Context\n")
    for pattern, kind, type_ in sorted(rules):
        run.line(f"{pattern:<50} {kind:<18} {'<<None>>' if type_ == '<<none>>' else context(type_) + ' '}")


def _permissive(run: Invocation, flags: dict[str, str], operands: list[str]) -> int:
    domains = run.node.selinux.permissive_domains
    if "l" in flags:
        if domains:
            run.line("Customized Permissive Types\n")
        for domain in sorted(domains):
            run.line(domain)
        return 0
    for domain in operands:
        (domains.discard if "d" in flags else domains.add)(domain)
    return 0


def getsebool(run: Invocation) -> int:
    """getsebool -a, as far as containers go."""
    values = {
        "container_connect_any": "off", "container_manage_cgroup": "on", "container_read_certs": "off",
        "container_use_cephfs": "off", "container_use_devices": "off", "container_use_ecryptfs": "off",
    }  # fmt: skip
    wanted = [name for name in run.arguments[1:] if not name.startswith("-")]
    for name in wanted or values:
        run.line(f"{name} --> {values.get(name, 'off')}")
    return 0


def semodule(run: Invocation) -> int:
    """semodule -l."""
    if not run.session.root:
        run.err("libsemanage.semanage_create_store: Could not read from module store (Permission denied).\n")
        return 1
    for name in ("container", "permissivedomains", "targeted"):
        run.line(name)
    return 0


COMMANDS: dict[str, Builtin] = {
    "getenforce": getenforce, "setenforce": setenforce, "sestatus": sestatus, "matchpathcon": matchpathcon,
    "restorecon": restorecon, "chcon": chcon, "semanage": semanage, "getsebool": getsebool, "semodule": semodule,
}  # fmt: skip
