"""Whatever stands in a file, a check ends with a report: random damage to every text of the base.

`LOOPLET_FUZZ=5000` tries that many examples of each kind, with a new seed at each run.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from corpus_cases import BASE, base_files
from hypothesis import given, settings
from hypothesis import strategies as st

from looplet.compiler.cache import Cache
from looplet.compiler.diagnostics import RULES
from looplet.compiler.pipeline import check_tree
from looplet.compiler.render import github, sarif
from looplet.compiler.render import json as as_json
from looplet.compiler.render import text as as_text
from looplet.compiler.report import Report
from looplet.compiler.source import Tree
from looplet.compiler.text.lines import Lines, decode
from looplet.preset import File

MORE = int(os.environ.get("LOOPLET_FUZZ", "0"))
fuzz = settings(max_examples=MORE or 60, derandomize=not MORE, database=None)

FILES = {path: data for path, (data, _) in base_files(BASE).items()}
TEXTS = sorted(path for path in FILES if not path.endswith("README.md"))
DECLARATIONS = [path for path in TEXTS if path.endswith((".yaml", ".json"))]

# What tends to hurt: marks of YAML, Jinja, JSON and Python, and characters that count oddly.
PIECES = st.sampled_from(
    [
        *("\t", "\r", "\n", "\r\n", "\u2028", "\ufeff", "\0", "\x1b[31m", "\u0301", "\U0001f682"),
        *("---\n", "...\n", "- ", "? ", ": ", "#", "&a ", "*a", "!!str ", "!x ", "|\n", ">-\n"),
        *("@", "`", "%", "<<: ", "{", "}", "[", "]", ",", '"', "'", "\\", "\\u", "\\ud83d", "~"),
        *("{{ ", " }}", "{% if ", "{% endif %}", "{% raw %}", "{#", "${ref:", "${runtime.", "@@"),
        *("def ", "return ", "class ", "(", ")", "lambda: ", "1" * 50, "0x", "1e999", ".nan", "-"),
        *("null", "true", "no", "2026-11-22", "../", "/etc", "x-", "$ref: '#'", "type: object\n"),
    ]
) | st.text(max_size=5)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
    | st.sampled_from(["@notes", "${runtime.workspace}", "search", "type", "object", "", "*"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


def checked(path: str, data: bytes) -> Report:
    """The report on the base with other bytes in one file; what every report promises holds."""
    files = {name: File(content) for name, content in FILES.items()} | {path: File(data)}
    report = Report((check_tree(BASE, Tree("base", files), Cache("", False)),))
    for found in report.diagnostics:
        assert found.path in files or found.code == "CT301", found
        lines = Lines(decode(files[found.path].data)) if found.path in files else Lines("")
        for span in filter(None, [found.span, *(e.span for f in found.fixes for e in f.edits)]):
            assert span.start <= span.end
            assert lines.offset(span.start) is not None, (found, lines.text)
            assert lines.offset(span.end) is not None, (found, lines.text)
        assert found.message and "\n" not in found.message
    shown = as_text.render(report) + as_text.render(report, color=True)
    assert "\0" not in shown and "Traceback" not in shown
    assert json.loads(as_json.render(report))["version"] == 1
    assert json.loads(sarif.render(report, table=RULES, version="1"))["version"] == "2.1.0"
    github.render(report)
    return report


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The place of every value in nested data."""
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    else:
        return [path]
    return [path, *(place for step, item in inner for place in places(item, (*path, step)))]


def with_value(value: Any, place: tuple[str | int, ...], new: Any) -> Any:
    """Nested data with another value at one place."""
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = with_value(value[place[0]], place[1:], new)
    return copy


@given(st.sampled_from(TEXTS), st.data())
@fuzz
def test_pieces_put_in(path: str, data: st.DataObject) -> None:
    text = FILES[path].decode()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.integers(0, 4))
        text = text[:at] + data.draw(PIECES) + text[at + gone :]
    checked(path, text.encode("utf-8", "surrogatepass"))


@given(st.sampled_from(TEXTS), st.data())
@fuzz
def test_bytes_changed(path: str, data: st.DataObject) -> None:
    content = bytearray(FILES[path])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    checked(path, bytes(content))


@given(st.sampled_from(TEXTS), st.data())
@fuzz
def test_texts_cut_off(path: str, data: st.DataObject) -> None:
    content = FILES[path]
    start = data.draw(st.sampled_from([0, 0, 0, data.draw(st.integers(0, len(content)))]))
    checked(path, content[start : data.draw(st.integers(start, len(content)))])


@given(st.sampled_from(TEXTS), st.data())
@fuzz
def test_lines_moved(path: str, data: st.DataObject) -> None:
    lines = FILES[path].splitlines(keepends=True)
    line = lines.pop(data.draw(st.integers(0, len(lines) - 1)))
    if data.draw(st.booleans()):
        indent = data.draw(st.sampled_from([b"", b"  ", b"\t"]))
        lines.insert(data.draw(st.integers(0, len(lines))), indent + line)
    checked(path, b"".join(lines))


@given(st.sampled_from(DECLARATIONS), JSON)
@fuzz
def test_any_value_in_place_of_a_file(path: str, value: Any) -> None:
    checked(path, json.dumps(value).encode())


@given(st.sampled_from(DECLARATIONS), JSON, st.data())
@fuzz
def test_any_value_in_place_of_one(path: str, new: Any, data: st.DataObject) -> None:
    value = yaml.load(FILES[path], yaml.BaseLoader)  # texts only
    place = data.draw(st.sampled_from(places(value)))
    checked(path, json.dumps(with_value(value, place, new)).encode())


# One value of each type, to stand at each place of each file.
OTHERS: dict[str, Any] = {
    "mapping": {"zzz": 1},
    "list": [{"zzz": 1}],
    "number": -7.25,
    "null": None,
}


@pytest.mark.parametrize("path", [*DECLARATIONS, "tools/shout.py"])
def test_every_place_with_values_of_other_types(path: str) -> None:
    if path.endswith(".py"):
        for new in (*OTHERS, "zzz"):
            text = FILES[path].decode().replace('{"text": {"type": "string"}}', repr(new))
            checked(path, text.encode())
        return
    language = json.loads if path.endswith(".json") else yaml.safe_load
    value = language(FILES[path].decode())
    for place in places(value):
        for new in OTHERS:
            checked(path, json.dumps(with_value(value, place, new)).encode())


@pytest.mark.parametrize("path", TEXTS)
@pytest.mark.parametrize(
    "data", [b"", b"\n", b"\xef\xbb\xbf", b"\xff\xfe", b"#\n", b"\r", b"0", b"~"]
)
def test_files_that_say_next_to_nothing(path: str, data: bytes) -> None:
    checked(path, data)


def test_windows_and_marks_everywhere(tmp_path: Path) -> None:
    """The whole base with CRLF and byte order marks means the same."""
    files = {
        path: File(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")) for path, data in FILES.items()
    }
    checked_tree = check_tree(BASE, Tree("base", files), Cache("", False))
    assert checked_tree.diagnostics == ()
