"""What every script for a node begins with, by whichever way it gets there."""

from __future__ import annotations

TIMED_OUT = 124
"""Status of timeout(1) for a command that it ended; also for one that we gave up on."""
PREAMBLE = """\
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin:/usr/local/bin:/var/lib/rancher/rke2/bin; export PATH
if timeout 1 true </dev/null >/dev/null 2>&1; then t='timeout {seconds}'; else t=; fi
"""
"""One language, the places of administrators' programs, and `$t`: a time limit where the node has timeout(1)."""
