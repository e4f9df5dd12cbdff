"""The journal: what is written is read again, and what was cut off is dropped, at any byte."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplet import CheckpointError
from looplet.checkpoint.journal import Journal, read_journal
from looplet.checkpoint.lock import Lock

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
ENTRIES = st.lists(st.dictionaries(st.text(max_size=5), JSON, max_size=3), max_size=6)


@given(entries=ENTRIES, more=ENTRIES, data=st.data())
def test_what_is_cut_off_at_any_byte_is_dropped_and_the_rest_goes_on(
    tmp_path_factory: pytest.TempPathFactory, entries: Any, more: Any, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    journal = Journal(str(path), 0)
    ends = [0]
    for entry in entries:
        journal.append(entry)
        ends.append(path.stat().st_size)
    journal.close()
    assert read_journal(str(path)) == (entries, ends[-1])

    size = data.draw(st.integers(0, ends[-1]))
    os.truncate(path, size)
    whole = sum(1 for end in ends[1:] if end <= size)
    assert read_journal(str(path)) == (entries[:whole], ends[whole])

    journal = Journal(str(path), ends[whole])
    for entry in more:
        journal.append(entry)
    journal.close()
    assert read_journal(str(path))[0] == entries[:whole] + more


@pytest.mark.parametrize("sign", [b"x", b"\n", b"\x00"])
def test_a_line_that_was_changed_is_damage_and_no_silent_loss(tmp_path: Path, sign: bytes) -> None:
    path = tmp_path / "j"
    journal = Journal(str(path), 0)
    for number in range(3):
        journal.append({"number": number})
    journal.close()
    data = bytearray(path.read_bytes())
    data[20:21] = sign
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"j:1: this line was changed") as raised:
        read_journal(str(path))
    assert raised.value.kind == "damaged"


@pytest.mark.parametrize(("part", "kept"), [(0.0, [1, 3]), (0.5, [1, 3]), (1.0, [1, 2, 3])])
def test_a_signal_in_a_write_leaves_a_whole_line_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: float, kept: list[int]
) -> None:
    """The write after it finds out which."""
    journal = Journal(str(tmp_path / "j"), 0)
    journal.append({"number": 1})
    write = os.write

    def broken_off(file: int, data: Any) -> int:
        write(file, bytes(data)[: int(len(data) * part)])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", broken_off)
        with pytest.raises(KeyboardInterrupt):
            journal.append({"number": 2})
    journal.append({"number": 3})
    journal.close()
    assert read_journal(str(tmp_path / "j"))[0] == [{"number": number} for number in kept]


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(str(tmp_path / "j"), 0)
    journal.append({"number": 1})
    write = os.write
    room = [5]

    def full(file: int, data: Any) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        took, room[0] = write(file, bytes(data)[: room[0]]), 0
        return took

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            journal.append({"number": 2})
    assert read_journal(str(tmp_path / "j"))[0] == [{"number": 1}]
    journal.append({"number": 3})
    journal.close()
    assert read_journal(str(tmp_path / "j"))[0] == [{"number": 1}, {"number": 3}]


def test_what_json_cannot_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path / "j"), 0)
    with pytest.raises(CheckpointError, match="set"):
        journal.append({"a": {1, 2}})
    journal.close()
    assert (tmp_path / "j").read_bytes() == b""


def test_a_lock_is_held_once_and_free_when_closed(tmp_path: Path) -> None:
    first = Lock(str(tmp_path))
    with pytest.raises(CheckpointError, match=f"the process {os.getpid()} is running") as raised:
        Lock(str(tmp_path))
    assert raised.value.kind == "locked"
    first.close()
    Lock(str(tmp_path)).close()
