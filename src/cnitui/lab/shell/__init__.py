"""The login shell of a simulated node: a small POSIX shell and the commands that read a node's state.

Outputs have the layout of EL9's coreutils, libselinux, audit, util-linux, systemd and cri-tools.
"""
