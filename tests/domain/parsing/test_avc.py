"""Denials as each tool prints them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from cnitui.domain.parsing.avc import parse_avc
from cnitui.domain.selinux import Avc

# Recorded on Debian 12: runc container in container_t, /opt/cni/bin made by hand; one event in five dresses.
FIELDS = (
    'avc:  denied  { write } for  pid=596 comm="install" name="bin" dev="vda" ino=109 '
    "scontext=system_u:system_r:container_t:s0:c123,c456 tcontext=system_u:object_r:usr_t:s0 tclass=dir permissive=0"
)
RAW = f"type=AVC msg=audit(1795401560.131:215): {FIELDS}"
DEFAULT = f"----\ntime->Mon Nov 23 02:39:20 2026\n{RAW}"
DMESG = f"[  325.170356] audit: type=1400 audit(1795401560.131:215): {FIELDS}"
DMESG_T = f"[Mon Nov 23 02:39:20 2026] audit: type=1400 audit(1795401560.131:215): {FIELDS}"
JOURNAL_K = f"2026-11-23T02:39:20+0000 worker-01 kernel: audit: type=1400 audit(1795401560.131:215): {FIELDS}"
JOURNAL = f"2026-11-23T02:39:20+0000 worker-01 audit[596]: AVC {FIELDS}"
JOURNAL_SHORT = f"Nov 23 02:39:20 worker-01 audit[596]: AVC {FIELDS}"
INTERPRETED = "type=AVC msg=audit(11/23/26 02:39:20.131:215) : " + FIELDS.replace('"', "")
EVENT_TIME = datetime(2026, 11, 23, 2, 39, 20, 131000, tzinfo=UTC)


def only(text: str) -> Avc:
    (record,) = parse_avc(text)
    return record


@pytest.mark.parametrize("text", [RAW, DEFAULT, DMESG, DMESG_T, JOURNAL_K, JOURNAL, JOURNAL_SHORT, INTERPRETED, FIELDS])
def test_every_dress_has_the_same_denial(text: str) -> None:
    record = only(text)
    assert record.summary == "container_t → usr_t dir { write }"
    assert (record.comm, record.name, record.device, record.inode, record.pid) == ("install", "bin", "vda", 109, 596)
    assert record.scontext is not None
    assert record.scontext.categories == "c123,c456"
    assert record.enforced
    assert record.kind == "AVC"


@pytest.mark.parametrize("text", [RAW, DEFAULT, DMESG, DMESG_T, JOURNAL_K])
def test_times_are_the_kernels_own_in_utc(text: str) -> None:
    assert only(text).time == EVENT_TIME


def test_a_journal_line_has_the_time_it_begins_with() -> None:
    assert only(JOURNAL).time == EVENT_TIME.replace(microsecond=0)
    assert only(JOURNAL.replace("+0000", "+0530")).time == EVENT_TIME.replace(microsecond=0) - timedelta(hours=5.5)
    assert only(JOURNAL_SHORT).time is None


def test_an_interpreted_time_is_local_and_unknown_without_the_nodes_zone() -> None:
    assert only(INTERPRETED).time is None
    assert parse_avc(INTERPRETED, zone=timezone(timedelta(hours=1)))[0].time == EVENT_TIME - timedelta(hours=1)


def test_a_record_says_where_it_stood_and_what_it_said() -> None:
    record = only(DEFAULT)
    assert record.position == "line 3"
    assert record.raw == RAW


def test_the_path_comes_from_the_record_of_the_same_event() -> None:
    event = "msg=audit(1795401560.131:215):"
    text = "\n".join(
        [
            f'type=PATH {event} item=0 name="/host/opt/cni/bin/" inode=109 dev=fe:00 nametype=PARENT',
            f'type=PATH {event} item=1 name="/host/opt/cni/bin/.touch" nametype=CREATE',
            f'type=CWD {event} cwd="/"',
            RAW.replace("ino=109", "ino=7"),
            'type=PATH msg=audit(1795401560.131:216): item=0 name="/else" nametype=NORMAL',
        ]
    )
    assert only(text).path == "/host/opt/cni/bin/.touch"
    assert only(text.replace("ino=7", "ino=109")).path == "/host/opt/cni/bin"


def test_a_relative_path_is_joined_with_the_working_directory() -> None:
    event = "msg=audit(1795401560.131:215):"
    text = f'type=CWD {event} cwd="/host/opt"\ntype=PATH {event} item=0 name="cni" nametype=NORMAL\n{RAW}'
    assert only(text).path == "/host/opt/cni"


def test_names_in_hexadecimal_are_read_back() -> None:
    assert only(RAW.replace('comm="install"', "comm=72756E6320696E6974")).comm == "runc init"
    assert only(INTERPRETED.replace("comm=install", "comm=BEEF")).comm == "BEEF"


def test_permissive_says_that_nothing_was_denied() -> None:
    assert only(RAW.replace("permissive=0", "permissive=1")).permissive is True
    assert only(RAW.replace(" permissive=0", "")).permissive is None


def test_an_old_kernels_record_counts_as_enforced_when_its_call_ended_in_eacces() -> None:
    # RHEL 7 prints no permissive= field
    call = 'type=SYSCALL msg=audit(1795401560.131:215): arch=c000003e syscall=257 success=no exit=-13 comm="install"'
    old = RAW.replace(" permissive=0", "")
    assert only(f"{call}\n{old}").permissive is False
    assert only(f"{call.replace('exit=-13', 'exit=-17')}\n{old}").permissive is None


def test_a_user_space_denial_is_one_too() -> None:
    # the form of systemd's object manager, as audit-userspace documents it
    text = (
        "type=USER_AVC msg=audit(1795401560.131:300): pid=1 uid=0 auid=4294967295 ses=4294967295 "
        'subj=system_u:system_r:init_t:s0 msg=\'avc:  denied  { status } for auid=n/a uid=0 gid=0 cmdline="" '
        "scontext=system_u:system_r:container_t:s0:c1,c2 tcontext=system_u:system_r:init_t:s0 tclass=system "
        'permissive=0  exe="/usr/lib/systemd/systemd" sauid=0 hostname=? addr=? terminal=?\''
    )
    record = only(text)
    assert (record.kind, record.summary) == ("USER_AVC", "container_t → init_t system { status }")


def test_what_a_process_calls_itself_is_no_denial() -> None:
    assert parse_avc(f"type=PROCTITLE msg=audit(11/23/26 02:39:20.131:215) : proctitle=x {FIELDS}") == ()
    assert parse_avc(f"type=USER_CMD msg=audit(1795401560.131:215): cmd={FIELDS}") == ()


def test_a_name_cannot_pretend_to_be_the_contexts_that_follow_it() -> None:
    forged = INTERPRETED.replace("name=bin", "name=x tcontext=a:b:container_file_t:s0 permissive=1")
    assert only(forged).summary == "container_t → usr_t dir { write }"
    assert only(forged).enforced


@pytest.mark.parametrize("text", ["", "<no matches>\n", "----\n", "avc:  granted  { load_policy } for  pid=1"])
def test_nothing_found_is_no_record(text: str) -> None:
    assert parse_avc(text) == ()


def test_a_cut_record_keeps_what_it_has() -> None:
    record = only(
        'type=AVC msg=audit(1555611120.741:866): avc:  denied  { create } for  pid=10790 comm="runc:[2:INIT]"'
    )
    assert (record.permissions, record.scontext, record.permissive) == (("create",), None, None)


@pytest.mark.parametrize(
    "name", ["ausearch", "ausearch-raw", "ausearch-i", "journal-k-avc", "journal-avc-json", "dmesg-avc"]
)
def test_every_denial_of_every_capture_is_read(shared: Path, name: str) -> None:
    files = sorted((shared / "captures").glob(f"*/{name}.txt"))
    assert files
    for file in files:
        text = file.read_text(errors="replace")
        records = parse_avc(text)
        assert len(records) == text.count("avc:  denied"), file.parent.name
        assert all(record.scontext and record.tcontext and record.tclass for record in records)
        assert all(record.permissive is not None for record in records)
        assert name == "ausearch-i" or all(record.time is not None for record in records)


def test_raw_and_default_output_of_one_search_agree(shared: Path) -> None:
    for folder in ("usr_t", "permissive", "second-pod"):
        plain, raw = (
            (shared / "captures" / folder / f"{name}.txt").read_text() for name in ("ausearch", "ausearch-raw")
        )
        plain_keys, raw_keys = ({(a.time, a.summary, a.comm, a.path) for a in parse_avc(text)} for text in (plain, raw))
        assert plain_keys == raw_keys


def test_a_process_that_somebody_started_from_a_terminal_is_told() -> None:
    event = "msg=audit(1685559691.252:12)"
    call = f'type=SYSCALL {event}: arch=c000003e success=no exit=-13 pid=8 tty=%s comm="cat" exe="/bin/busybox"'
    refused = (
        f'type=AVC {event}: avc:  denied  {{ read }} for  pid=8 comm="cat" name="config" '
        "scontext=system_u:system_r:container_t:s0 tcontext=system_u:object_r:bin_t:s0 tclass=file permissive=0"
    )
    found = [parse_avc(f"{call % tty}\n{refused}") for tty in ("pts0", "(none)")]
    assert [one.terminal for (one,) in found] == ["pts0", ""]
