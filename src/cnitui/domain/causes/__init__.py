"""The catalogue of known causes: one module each, listed here and nowhere else.

Modules whose name begins with `_` are what several causes share.
"""

from __future__ import annotations

from cnitui.domain.causes import (
    apiserver_unreachable,
    disk_full,
    host_permission,
    kube_proxy_service_vip,
    read_only_filesystem,
    selinux_denial,
    selinux_wrong_context,
    text_file_busy,
    unknown,
)
from cnitui.domain.causes.base import Cause

CATALOGUE: tuple[Cause, ...] = (
    selinux_denial.CAUSE,
    selinux_wrong_context.CAUSE,
    read_only_filesystem.CAUSE,
    host_permission.CAUSE,
    text_file_busy.CAUSE,
    disk_full.CAUSE,
    apiserver_unreachable.CAUSE,
    kube_proxy_service_vip.CAUSE,
    unknown.CAUSE,
)
"""In the order of the taxonomy; among findings of equal strength this order decides."""
