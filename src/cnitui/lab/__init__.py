"""A cluster to break: a simulated Calico cluster in one process, speaking real protocols on loopback.

It shares no code with what it is there to test, and is judged by kubectl and OpenSSH. Use it so::

    async with Lab.start("selinux-denial", speed=20, nodes=3) as lab:
        lab.kubeconfig                      # administrator; lab.kubeconfig_of("viewer") …
        lab.ssh_config, lab.api_url, lab.directory
        lab.world.node("worker-01").selinux.mode = "permissive"        # break or mend a machine
        lab.world.node("worker-01").files, .network, .sudo, .audit
        lab.faults.respond(503, r"/pods", times=2); lab.faults.cut_streams(); lab.faults.expire_watches()
        lab.faults.freeze(); lab.faults.thaw()                         # takes requests, says nothing
        await lab.standing.set("api drip=200 /log", "ssh down worker-*"); await lab.standing.set()  # faults/grammar.py
        lab.faults.forbid("kubernetes-admin", "patch", "daemonsets"); lab.faults.clear()
        await lab.stop_api(); await lab.start_api()                    # same port, same objects
        lab.ssh.fault("worker-01").hang = True; lab.ssh.change_host_key("worker-01"); lab.ssh.down("worker-01")
        lab.say("worker-01", "install-cni", "[red]hostile[/]")          # one more line in a log
        lab.audit                           # every write request: method, path, user, dry_run, code
        await lab.until(lambda: ...)        # wait on a fact about the world

`python -m cnitui.lab [SCENARIO] [--list] [--nodes N] [--speed S] [--fault F] [--with-parent]` runs one.
Importing this package loads neither aiohttp nor asyncssh; `Lab` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnitui.lab.lab import Lab as Lab


def __getattr__(name: str) -> object:
    """`Lab`, loaded when it is first asked for."""
    if name == "Lab":
        from cnitui.lab.lab import Lab

        return Lab
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
