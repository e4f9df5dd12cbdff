"""Mending: splices are exact, fixes are whole or not there, and what gets worse is taken back."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplet.compiler.commands.fix import SplicedText, mend, plan_fixes, splice
from looplet.compiler.diagnostics import Diagnostic, Edit, Fix, Severity, Span
from looplet.compiler.report import Checked
from looplet.compiler.text.lines import Lines

Check = Callable[[], Checked]


def replaced(
    span: Span, text: str, *, path: str = "config.yaml", safe: bool = True, **more: str
) -> Diagnostic:
    return mended(Fix("mend it", safe, (Edit(path, span, text),)), path=path, **more)


def mended(
    fix: Fix, *, path: str = "config.yaml", code: str = "CT299", severity: Severity = "error"
) -> Diagnostic:
    return Diagnostic(code, severity, "wrong", path, None, fixes=(fix,))


def on_disk(root: Path, files: dict[str, bytes], *findings: Diagnostic) -> Checked:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return Checked(str(root), "a", findings, files, None)


def clean(root: Path) -> Check:
    return lambda: Checked(str(root), "a", (), {}, None)


def test_comments_order_bom_and_line_ends_stay(tmp_path: Path) -> None:
    before = "\ufeff# top\r\nmax_stpes: 20   # why\r\ndone_tol: done\r\n".encode()
    checked = on_disk(
        tmp_path,
        {"config.yaml": before},
        replaced(Span.at(2, 1, 9), "max_steps"),
        replaced(Span.at(3, 1, 8), "done_tool"),
        replaced(Span.at(4, 1, 0), "state: {}\n"),
    )
    outcome = mend(checked, clean(tmp_path))
    after = "\ufeff# top\r\nmax_steps: 20   # why\r\ndone_tool: done\r\nstate: {}\r\n".encode()
    assert (tmp_path / "config.yaml").read_bytes() == after
    assert [(one.path, one.code, one.title) for one in outcome.applied] == [
        ("config.yaml", "CT299", "mend it")
    ] * 3
    assert outcome.left == ()


def test_a_fix_that_meets_another_waits_for_the_next_round(tmp_path: Path) -> None:
    checked = on_disk(
        tmp_path,
        {"config.yaml": b"abcdef\n"},
        replaced(Span.at(1, 1, 3), "X"),
        replaced(Span.at(1, 3, 2), "Y"),
    )

    def again() -> Checked:
        data = (tmp_path / "config.yaml").read_bytes()
        late = [replaced(Span.at(1, 2, 3), "Z")] if data == b"Xdef\n" else []
        return Checked(str(tmp_path), "a", tuple(late), {"config.yaml": data}, None)

    assert len(mend(checked, again).applied) == 2
    assert (tmp_path / "config.yaml").read_bytes() == b"XZ\n"


def test_a_fix_of_several_edits_is_whole_or_not_there() -> None:
    files = {"a": b"one\n", "b": b"two\n"}
    both = Fix("t", True, (Edit("a", Span.at(1, 1, 1), "O"), Edit("b", Span.at(9, 1), "T")))
    first = Fix("t", True, (Edit("b", Span.at(1, 1, 3), "2"),))
    overlap = Fix("t", True, (Edit("a", Span.at(1, 1, 3), "1"), Edit("b", Span.at(1, 2), "x")))
    twice = Fix("t", True, (Edit("a", Span.at(1, 1, 2), "1"), Edit("a", Span.at(1, 2, 2), "2")))
    findings = tuple(mended(fix, path="a") for fix in (both, first, overlap, twice))
    plan = plan_fixes(Checked("r", "a", findings, files, None))
    assert plan.files == {"b": b"2\n"}
    assert len(plan.applied) == 1


def test_only_safe_fixes_are_applied(tmp_path: Path) -> None:
    checked = on_disk(
        tmp_path, {"config.yaml": b"a\n"}, replaced(Span.at(1, 1, 1), "b", safe=False)
    )
    assert mend(checked, clean(tmp_path)).applied == ()
    assert (tmp_path / "config.yaml").read_bytes() == b"a\n"


def test_what_leaves_more_errors_is_taken_back(tmp_path: Path) -> None:
    move = Fix("move", True, rename=("old.py", "new/name.py"))
    files = {"config.yaml": b"ab\n", "old.py": b""}
    good, bad = replaced(Span.at(1, 1, 1), "A"), mended(move, path="old.py")
    checked = on_disk(tmp_path, files, good, bad, replaced(Span.at(1, 2, 1), "B"))

    def again() -> Checked:
        data = (tmp_path / "config.yaml").read_bytes()
        late = [replaced(Span.at(1, 2, 1), "B")] if data == b"Ab\n" else []
        moved = [mended(Fix("t", False))] * 5 if (tmp_path / "new").exists() else [bad]
        return Checked(str(tmp_path), "a", (*late, *moved), {"config.yaml": data}, None)

    outcome = mend(checked, again)
    assert len(outcome.applied) == 2
    assert outcome.left == ("old.py: not done, since it leaves more errors: move",)
    assert (tmp_path / "config.yaml").read_bytes() == b"AB\n"
    assert sorted(os.listdir(tmp_path)) == ["config.yaml", "old.py"]


def test_a_file_that_is_not_utf8_is_left_alone(tmp_path: Path) -> None:
    checked = on_disk(tmp_path, {"config.yaml": b"a\xff\n"}, replaced(Span.at(1, 1, 1), "b"))
    outcome = mend(checked, clean(tmp_path))
    assert outcome.left == ("config.yaml: not done, since the file is not UTF-8: mend it",)


def test_a_mended_syntax_error_may_uncover_what_it_hid(tmp_path: Path) -> None:
    checked = on_disk(
        tmp_path, {"config.yaml": b"\ta\n"}, replaced(Span.at(1, 1, 1), " ", code="CT101")
    )
    hidden = tuple(mended(Fix("t", False)) for _ in range(5))
    outcome = mend(checked, lambda: Checked(str(tmp_path), "a", hidden, {}, None))
    assert len(outcome.applied) == 1


def test_renames_make_folders_and_never_replace_a_file(tmp_path: Path) -> None:
    files = {"a.py": b"1", "b.py": b"2", "c.py": b"3"}
    move = mended(Fix("move", True, rename=("a.py", "tools/a/execute.py")))
    assert mend(on_disk(tmp_path, files, move), clean(tmp_path)).applied
    assert (tmp_path / "tools/a/execute.py").read_bytes() == b"1"
    taken = mended(Fix("move", True, rename=("b.py", "c.py")))
    outcome = mend(on_disk(tmp_path, files, taken), clean(tmp_path))
    assert "is there already" in outcome.left[0]
    assert (tmp_path / "b.py").read_bytes() == b"2"
    assert (tmp_path / "c.py").read_bytes() == b"3"


@pytest.mark.parametrize("path", ["../base/config.yaml", "/etc/x", "a/../../x"])
def test_nothing_outside_the_cartridge_is_touched(tmp_path: Path, path: str) -> None:
    root = tmp_path / "child"
    base = tmp_path / "base/config.yaml"
    base.parent.mkdir()
    base.write_bytes(b"a\n")
    checked = on_disk(root, {"x": b"a\n"}, replaced(Span.at(1, 1, 1), "b", path=path))
    checked = Checked(checked.root, "a", checked.diagnostics, {path: b"a\n"}, None)
    outcome = mend(checked, clean(root))
    assert base.read_bytes() == b"a\n"
    assert outcome.applied == ()
    assert "another cartridge's file" in outcome.left[0]


def test_a_link_out_of_the_cartridge_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "f").write_bytes(b"a\n")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(outside)
    finding = replaced(Span.at(1, 1, 1), "b", path="link/f")
    checked = Checked(str(root), "a", (finding,), {"link/f": b"a\n"}, None)
    assert "leads out" in mend(checked, clean(root)).left[0]
    assert (outside / "f").read_bytes() == b"a\n"


def test_a_file_that_changed_since_the_check_is_left_alone(tmp_path: Path) -> None:
    checked = on_disk(tmp_path, {"config.yaml": b"a\n"}, replaced(Span.at(1, 1, 1), "b"))
    (tmp_path / "config.yaml").write_bytes(b"mine\n")
    assert "has changed" in mend(checked, clean(tmp_path)).left[0]
    assert (tmp_path / "config.yaml").read_bytes() == b"mine\n"


def test_permissions_stay_and_no_other_file_appears(tmp_path: Path) -> None:
    checked = on_disk(tmp_path, {"config.yaml": b"a\n"}, replaced(Span.at(1, 1, 1), "b"))
    (tmp_path / "config.yaml").chmod(0o751)
    mend(checked, clean(tmp_path))
    assert stat.S_IMODE((tmp_path / "config.yaml").stat().st_mode) == 0o751
    assert os.listdir(tmp_path) == ["config.yaml"]


def test_an_interrupt_leaves_the_files_as_they_were(tmp_path: Path) -> None:
    checked = on_disk(tmp_path, {"config.yaml": b"a\n"}, replaced(Span.at(1, 1, 1), "b"))

    def interrupted() -> Checked:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mend(checked, interrupted)
    assert (tmp_path / "config.yaml").read_bytes() == b"a\n"


def test_a_fix_that_changes_nothing_or_no_folder_ends_at_once(tmp_path: Path) -> None:
    same = on_disk(tmp_path, {"config.yaml": b"a\n"}, replaced(Span.at(1, 1, 1), "a"))
    assert mend(same, lambda: pytest.fail("checked again")).applied == ()
    gone = Checked(str(tmp_path / "nowhere"), "a", same.diagnostics, {}, None)
    assert mend(gone, lambda: pytest.fail("checked again")).applied == ()


@given(
    st.text(st.sampled_from("ab\r\né値 ")),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9), st.text("xy", max_size=3))),
)
def test_splicing_equals_replacing_one_by_one(
    text: str, wanted: list[tuple[int, int, str]]
) -> None:
    source = SplicedText(text.encode())
    lines = Lines(text)
    for start, length, new in wanted:
        begin, end = (
            lines.position(min(start, len(text))),
            lines.position(min(start + length, len(text))),
        )
        found = source.place(Edit("f", Span(begin, end), new))
        if found:
            source.add(found)
    taken = list(source.splices)
    expected = text
    for start, end, new in sorted(taken, reverse=True):
        expected = expected[:start] + new + expected[end:]
    assert source.spliced() == expected.encode()
    assert splice(text, taken) == expected
    for index, (start, end, _) in enumerate(taken):
        for other in taken[index + 1 :]:
            assert end <= other[0] or other[1] <= start


@given(st.text(st.sampled_from("a\r\n\u2028値")))
def test_offsets_and_positions_agree(text: str) -> None:
    lines = Lines(text)
    for offset in range(len(text) + 1):
        position = lines.position(offset)
        if text[offset - 1 : offset + 1] != "\r\n":  # inside of a line end is no place
            assert lines.offset(position) == offset
