"""Where a runtime looks for CNI files, by its own configuration."""

from __future__ import annotations

import pytest

from cnitui.domain.parsing.runtime import parse_directories


@pytest.mark.parametrize(
    ("text", "binaries", "conf"),
    [
        ('    bin_dir = "/opt/cni/bin"\n    conf_dir = "/etc/cni/net.d"\n', ("/opt/cni/bin",), "/etc/cni/net.d"),
        ("      bin_dirs = ['/opt/cni/bin', '/usr/lib/cni/']\n", ("/opt/cni/bin", "/usr/lib/cni"), ""),
        ('network_dir = "/etc/cni/net.d/"\nplugin_dirs = ["/opt/cni/bin/"]', ("/opt/cni/bin",), "/etc/cni/net.d"),
        ('conf_dir = "/a"\nconf_dir = "/b" # later wins', (), "/b"),
    ],
)
def test_containerds_and_crios_keys_are_read(text: str, binaries: tuple[str, ...], conf: str) -> None:
    found = parse_directories(text)
    assert found is not None
    assert (found.bin_dirs, found.conf_dir) == (binaries, conf)


@pytest.mark.parametrize("text", ["", "enable_selinux = true", "# bin_dir", "bin_dir =", 'bin_dir = "' + "x" * 9000])
def test_what_names_no_directory_gives_none(text: str) -> None:
    assert parse_directories(text) is None
