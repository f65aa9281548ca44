"""The catalogue of known causes: one module each, listed here and nowhere else.

Modules whose name begins with `_` are what several causes share.
"""

from __future__ import annotations

from cnitui.domain.causes import (
    admission_denied,
    apiserver_unreachable,
    arch_mismatch,
    bad_cni_config,
    bgp_not_ready,
    cni_dir_mismatch,
    disk_full,
    host_permission,
    image_pull,
    ip_autodetection,
    ip_pool_config,
    kernel_dataplane,
    kube_proxy_service_vip,
    missing_crds,
    mount_failure,
    operator_managed,
    rbac_forbidden,
    read_only_filesystem,
    resource_pressure,
    runtime_failure,
    selinux_denial,
    selinux_wrong_context,
    serviceaccount_token,
    stale_node_state,
    text_file_busy,
    tls_certificate,
    typha_unreachable,
    unknown,
    version_incompatibility,
)
from cnitui.domain.causes.base import Cause

CATALOGUE: tuple[Cause, ...] = (
    selinux_denial.CAUSE,
    selinux_wrong_context.CAUSE,
    read_only_filesystem.CAUSE,
    host_permission.CAUSE,
    text_file_busy.CAUSE,
    disk_full.CAUSE,
    mount_failure.CAUSE,
    image_pull.CAUSE,
    arch_mismatch.CAUSE,
    admission_denied.CAUSE,
    runtime_failure.CAUSE,
    resource_pressure.CAUSE,
    rbac_forbidden.CAUSE,
    serviceaccount_token.CAUSE,
    tls_certificate.CAUSE,
    apiserver_unreachable.CAUSE,
    kube_proxy_service_vip.CAUSE,
    typha_unreachable.CAUSE,
    missing_crds.CAUSE,
    version_incompatibility.CAUSE,
    bad_cni_config.CAUSE,
    cni_dir_mismatch.CAUSE,
    operator_managed.CAUSE,
    stale_node_state.CAUSE,
    ip_autodetection.CAUSE,
    bgp_not_ready.CAUSE,
    ip_pool_config.CAUSE,
    kernel_dataplane.CAUSE,
    unknown.CAUSE,
)
"""In the order of the taxonomy; among findings of equal strength this order decides."""
