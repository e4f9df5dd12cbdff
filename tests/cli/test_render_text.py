"""The text renderer: exact output for canned reports."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplet.compiler.diagnostics import Diagnostic, Edit, Fix, Span
from looplet.compiler.render.excerpt import excerpt, shown
from looplet.compiler.render.text import render
from looplet.compiler.render.visible import visible, width
from looplet.compiler.report import Checked, Report
from looplet.compiler.text.lines import Lines

Build = Callable[..., Report]


def finding(span: Span | None, message: str = "it is wrong", **more: object) -> Diagnostic:
    path = str(more.pop("path", "config.yaml"))
    return Diagnostic("CT299", "error", message, path, span, **more)  # type: ignore[arg-type]


def drawn(text: str, span: Span, limit: int = 100) -> list[str]:
    return [f"{gutter}|{row}" for gutter, row in shown(excerpt(Lines(text), span, limit))]


def test_a_finding_with_everything(report_on: Build) -> None:
    rename = Edit("config.yaml", Span.at(2, 1, 9), "max_steps")
    report = report_on(
        "agents/a.cartridge",
        {"config.yaml": "done_tool: done\nmax_stpes: 20\n"},
        Diagnostic(
            "CT201",
            "error",
            "unknown key `max_stpes`; write `max_steps`",
            "config.yaml",
            Span.at(2, 1, 9),
            notes=("keys are listed by\n`looplet-compile schema config`",),
            fixes=(Fix("rename to `max_steps`", True, (rename,)), Fix("remove the key", False)),
        ),
        Diagnostic("CT901", "advice", "no version is given", "cartridge.json"),
    )
    assert render(report) == dedent(
        """\
        agents/a.cartridge/config.yaml:2:1: error[CT201] unknown key `max_stpes`; write `max_steps`
        2 | max_stpes: 20
          | ^^^^^^^^^
          = note: keys are listed by
                  `looplet-compile schema config`
          = help: rename to `max_steps` (safe; --fix applies it)
          = help: remove the key

        agents/a.cartridge/cartridge.json: advice[CT901] no version is given

        1 cartridge checked: 1 error, 1 advice; --fix mends 1 of them
        """
    )


def test_summary_of_a_clean_report() -> None:
    clean = Checked("a", "a", (), {}, None)
    assert render(Report((clean, clean))) == "2 cartridges checked: nothing to report\n"


def test_a_finding_of_the_cartridge_as_a_whole_and_of_a_parent(report_on: Build) -> None:
    report = report_on(
        "agents/a.cartridge", {}, finding(None, path=""), finding(None, path="../b/config.yaml")
    )
    places = [line.split(": ")[0] for line in render(report).splitlines() if "CT299" in line]
    assert places == ["agents/a.cartridge", "agents/b/config.yaml"]


def test_carets_stand_under_wide_and_combining_characters_and_tabs() -> None:
    assert drawn("名前: 値x\n", Span.at(1, 5, 1)) == ["1|名前: 値x", " |      ^^"]
    assert drawn("e\u0301te\u0301: no\n", Span.at(1, 8, 2)) == [
        "1|e\u0301te\u0301: no",
        " |     ^^",
    ]
    assert drawn("a:\tno\n", Span.at(1, 4, 2)) == ["1|a:    no", " |      ^^"]
    assert drawn("a: \x1b[31m\n", Span.at(1, 4, 1)) == [
        "1|a: \\x1b[31m",
        " |   ^^^^",
    ]


def test_a_span_without_length_or_behind_the_line_has_one_caret() -> None:
    assert drawn("a:\n", Span.at(1, 3, 0)) == ["1|a:", " |  ^"]
    assert drawn("a:\n", Span.at(1, 40, 2)) == ["1|a:", " |  ^"]
    assert drawn("a:\n", Span.at(9, 1)) == []
    assert drawn("", Span.at(1, 1, 0)) == ["1|", " |^"]


def test_long_lines_are_cut_around_the_span() -> None:
    line = "a" * 500 + "HERE" + "b" * 500
    source, carets = drawn(line, Span.at(1, 501, 4), 40)
    assert source == "1|…" + "a" * 10 + "HERE" + "b" * 26 + "…"
    assert carets == " |" + " " * 11 + "^^^^"
    source, carets = drawn("x" * 500, Span.at(1, 1, 500), 40)
    assert (source, carets) == ("1|" + "x" * 40 + "…", " |" + "^" * 40)
    source, _ = drawn("x" * 60, Span.at(1, 59, 2), 40)
    assert source == "1|…" + "x" * 40


def test_spans_over_several_lines() -> None:
    two = "a: [1,\n  2]\nb: 3\n"
    assert drawn(two, Span.of(1, 4, 2, 5)) == ["1|a: [1,", " |   ^^^", "2|  2]", " |  ^^"]
    three = "a:\n  x: 1\n  y: 2\nb: 3\n"
    assert drawn(three, Span.of(1, 1, 4, 1)) == [
        "1|a:",
        " |^^",
        "2|  x: 1",
        " |  ^^^^",
        "3|  y: 2",
        " |  ^^^^",
    ]
    many = "a:\n" + "  - 1\n" * 9 + "b: 3\n"
    assert drawn(many, Span.of(1, 1, 11, 1)) == [
        " 1|a:",
        "  |^^",
        "..|",
        "10|  - 1",
        "  |  ^^^",
    ]
    assert drawn("a: 1\n\n\nb: 2\n", Span.of(1, 4, 4, 1)) == ["1|a: 1", " |   ^"]


def test_lines_end_as_in_the_compiler_and_a_bom_is_no_column(report_on: Build) -> None:
    text = "\ufeffa: 1\r\nb: \u2028 2\rc: 3"
    report = report_on("a", {"config.yaml": text}, finding(Span.at(3, 1)), finding(Span.at(1, 1)))
    assert "3 | c: 3\n  | ^" in render(report)
    assert "1 | a: 1\n  | ^" in render(report)


def test_what_a_terminal_would_obey_is_escaped(report_on: Build) -> None:
    evil = "\x1b]0;owned\x07 \u202egnp \x9b31m \u2066 \ud800 \x7f"
    report = report_on(
        f"a{evil}",
        {f"f{evil}": evil},
        finding(Span.at(1, 1), evil, path=f"f{evil}", notes=(evil,), fixes=(Fix(evil, True),)),
    )
    text = render(report)
    assert "\\x1b]0;owned\\x07 \\u202egnp \\x9b31m \\u2066 \\ud800 \\x7f" in text
    assert_harmless(text)


def test_colour_only_when_asked(report_on: Build) -> None:
    report = report_on("a", {"config.yaml": "a: 1\n"}, finding(Span.at(1, 4)))
    assert "\x1b" not in render(report)
    coloured = render(report, color=True)
    assert "\x1b[1;31merror[CT299]\x1b[0m" in coloured
    assert "   \x1b[1;31m^\x1b[0m" in coloured


@given(st.text())
def test_visible_text_is_harmless_and_one_line(text: str) -> None:
    assert_harmless(visible(text) + "\n")
    assert "\n" not in visible(text)
    assert width(visible(text)) >= 0


positions = st.tuples(st.integers(0, 6), st.integers(0, 12))


@given(
    st.text(st.characters() | st.sampled_from("\t\r\n\x1b \u202e値é")),
    positions,
    positions,
    st.integers(1, 30),
)
def test_any_span_of_any_text_has_an_excerpt(
    text: str, start: tuple[int, int], end: tuple[int, int], limit: int
) -> None:
    for row in excerpt(Lines(text), Span.of(*start, *end), limit):
        assert_harmless(row.text + "\n")
        assert row.carets.strip(" ").strip("^") == ""
        assert width(row.text) <= limit + 2
        assert width(row.carets) <= limit + 2


@given(st.text(), st.text(min_size=1), st.text())
def test_any_report_renders_harmlessly(message: str, path: str, source: str) -> None:
    one = finding(Span.at(1, 1, 3), message, path=path, notes=(source,))
    text = render(Report((Checked(path, path, (one,), {path: source.encode()}, None),)))
    assert_harmless(text)


def assert_harmless(text: str) -> None:
    for character in set(text) - {"\n"}:
        assert unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp"), text


@pytest.mark.parametrize("severity", ["error", "warning", "advice"])
def test_every_severity_has_a_label(report_on: Build, severity: str) -> None:
    one = Diagnostic("CT299", severity, "m", "f")  # type: ignore[arg-type]
    assert f"f: {severity}[CT299] m" in render(report_on("a", {}, one))
