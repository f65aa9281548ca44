"""`cnitui ansible-role`: writes the Ansible role of Solution 4, its defaults taken from a cluster or a case file."""

from __future__ import annotations

from pathlib import Path

import click

from cnitui.commands import HEALTHY, run_async
from cnitui.compose import open_case, services
from cnitui.domain.facts import INSTALL_CNI, DaemonSetStatus
from cnitui.engine.services import Services
from cnitui.errors import ClusterError, CnituiError, KubeconfigError
from cnitui.gateways.role_files import check_role, role_files, role_name, version_of, write_role
from cnitui.process import leave, log_to_file
from cnitui.settings import Settings


def run_ansible_role(
    settings: Settings, folder: Path, case: str = "", *, offline: bool = False, named: bool = False, force: bool = False
) -> int:
    """Observe, write, tell; `named` says that the user chose the cluster, so that not to reach it is an error."""
    log_to_file(settings)
    name = role_name(folder)
    check_role(folder, role_files(name), force=force)
    seen = None if offline else run_async(_seen(settings, case, named=named))
    if seen is not None and seen.managers:
        what = f"{seen.managers[0]} owns DaemonSet {seen.namespace}/{seen.name}: a role would fight the owner"
        raise CnituiError(what, "Nothing was written; make the change there. --offline writes the role all the same.")
    texts = role_files(name, seen)
    write_role(folder, texts)
    click.echo(f"cnitui: wrote {folder}: role {name}, {len(texts)} files, for {_words(seen)}", err=True)
    click.echo(f"        Give it {name.replace('-', '_')}_manifest; {folder / 'README.md'} tells the rest.", err=True)
    return leave(HEALTHY)


async def _seen(settings: Settings, case: str, *, named: bool) -> DaemonSetStatus | None:
    """The one DaemonSet that has install-cni, None when that cannot be told, which is said."""
    try:
        if case:
            return _only(await _with_installer(open_case(Path(case), settings)))
        async with services(settings) as opened:
            return _only(await _with_installer(opened))
    except (ClusterError, KubeconfigError) as error:
        if named or case:
            raise
        click.echo(f"cnitui: no cluster was looked at: {error.what}", err=True)
        return None


async def _with_installer(opened: Services) -> tuple[DaemonSetStatus, ...]:
    if opened.given is not None:
        given = opened.given.value(DaemonSetStatus)
        found: tuple[DaemonSetStatus, ...] = (given,) if given is not None else ()
    else:
        await opened.cluster.connect()
        found = await opened.cluster.daemonsets(opened.settings.namespace)
    return tuple(daemonset for daemonset in found if daemonset.container(INSTALL_CNI) is not None)


def _only(found: tuple[DaemonSetStatus, ...]) -> DaemonSetStatus | None:
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{one.namespace}/{one.name}" for one in found)
    why = f"{len(found)} DaemonSets have {INSTALL_CNI} ({names})" if found else f"no DaemonSet has {INSTALL_CNI}"
    click.echo(f"cnitui: {why}: -n chooses a namespace", err=True)
    return None


def _words(seen: DaemonSetStatus | None) -> str:
    if seen is None:
        return "kube-system/calico-node as in stock manifests"
    container = seen.container(INSTALL_CNI)
    privileged = container is not None and container.security.privileged
    already = f"; {INSTALL_CNI} is privileged there already" if privileged else ""
    return " ".join(filter(None, (f"DaemonSet {seen.namespace}/{seen.name}", version_of(seen)))) + already
