from __future__ import annotations

import ast
import json
import re
import sys
import threading
import time
import warnings
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from looplet.compiler.python.facts import MAX_BYTES, Facts, decode, facts


def at(source: bytes, place: list[int]) -> str:
    """The text at a place, by the rules for lines that the facts promise."""
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", decode(source))
    line, column, end_line, end_column = place
    if line == end_line:
        return lines[line - 1][column - 1 : end_column - 1]
    middle = "".join(lines[line : end_line - 1])
    return lines[line - 1][column - 1 :] + middle + lines[end_line - 1][: end_column - 1]


def read(text: str) -> Facts:
    return facts(text.encode())


def test_a_plain_tool() -> None:
    found = read(
        '"""Searches.\n\nLong."""\ndef execute(ctx, *, query: str, limit: int = 20): ...\n'
    )
    assert found["doc"] == "Searches."
    (execute,) = found["functions"]
    assert execute["name"] == "execute" and execute["span"] == [4, 5, 4, 12]
    assert [(p["name"], p["kind"], p["required"]) for p in execute["parameters"]] == [
        ("ctx", "positional", True),
        ("query", "keyword", True),
        ("limit", "keyword", False),
    ]
    assert execute["parameters"][2]["default"] == 20
    assert execute["parameters"][2]["annotation"] == "int"
    assert not execute["is_async"] and not execute["is_generator"]


def test_every_kind_of_parameter() -> None:
    (function,) = read("def f(a, b=-1, /, c=(1, 2), *d, e, f=g(), **h): ...")["functions"]
    kinds = {p["name"]: (p["kind"], p["required"]) for p in function["parameters"]}
    assert kinds == {
        "a": ("positional_only", True),
        "b": ("positional_only", False),
        "c": ("positional", False),
        "d": ("args", False),
        "e": ("keyword", True),
        "f": ("keyword", False),
        "h": ("kwargs", False),
    }
    defaults = {p["name"]: p["default"] for p in function["parameters"] if "default" in p}
    assert defaults == {"b": -1, "c": [1, 2]}
    assert "default_span" in function["parameters"][5]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("True", True),
        ("None", None),
        ("-2.5", -2.5),
        ("'a' 'b'", "ab"),
        ("{'a': [1, {'b': ()}]}", {"a": [1, {"b": []}]}),
        ("1", 1),
    ],
)
def test_literals_have_values(written: str, value: Any) -> None:
    entry = read(f"X = {written}")["assigned"]["X"]
    assert entry["value"] == value and type(entry["value"]) is type(value)


@pytest.mark.parametrize(
    "written",
    [
        *("f()", "Y", "b'x'", "1j", "...", "{1: 2}", "{**a}", "[*a]", "1 + 1", "{1}", "f'{x}'"),
        *("1e999", "'\\ud800'", "-True", "0x" + "f" * 5000, "[" + "1," * 5000 + "]"),
    ],
)
def test_what_is_no_json_literal_has_no_value(written: str) -> None:
    entry = read(f"X = {written}")["assigned"]["X"]
    assert "value" not in entry


def test_the_last_assignment_counts() -> None:
    found = read("X = 1\nif a:\n    X: int = 2\nY = Z = 'z'\nW: int\n")
    assert found["assigned"]["X"]["value"] == 2 and found["assigned"]["X"]["conditional"]
    assert found["assigned"]["Y"]["value"] == found["assigned"]["Z"]["value"] == "z"
    assert "W" not in found["names"]


def test_generators() -> None:
    found = read(
        "def a():\n yield 1\n"
        "def b():\n for x in y:\n  with z: x = yield\n"
        "def c():\n def inner():\n  yield 1\n return inner\n"
        "def d():\n return lambda: (yield)\n"
        "def e():\n return [x for x in y]\n"
        "def f():\n return (yield from g)\n"
    )
    assert [each["is_generator"] for each in found["functions"]] == [
        *(True, True, False, False, False, True)
    ]


def test_imports_and_what_surrounds_them() -> None:
    found = read(
        "import os.path as p, json\n"
        "from typing import TYPE_CHECKING\n"
        "try:\n    import a\nexcept ImportError:\n    import b\nelse:\n    import c\n"
        "if TYPE_CHECKING:\n    from d.e import F\n"
        "def f():\n    if x:\n        from .. import g\n"
        "class C:\n    from .h.i import j\n"
        "import contextlib\n"
        "with contextlib.suppress(ImportError):\n    import k\n"
        "try:\n    import l\nexcept ValueError:\n    pass\n"
    )
    marks = {
        "." * each["level"] + each["module"]: "".join(
            letter
            for letter, mark in [
                ("g", each["guarded"]),
                ("t", each["typing"]),
                ("f", each["function"]),
            ]
            if mark
        )
        for each in found["imports"]
    }
    assert marks == {
        **{"os.path": "", "json": "", "typing": "", "a": "g", "b": "g", "c": "", "d.e": "t"},
        **{"..": "f", ".h.i": "", "contextlib": "", "k": "g", "l": ""},
    }
    assert {"p", "json", "TYPE_CHECKING", "a", "F"} <= set(found["names"])
    assert not {"g", "j", "path"} & set(found["names"])
    assert found["classes"][0]["attributes"] == ["j"]


def test_the_place_of_an_import_is_the_module() -> None:
    source = (
        b"import os.path as p, \\\n   json\nfrom  .. a . b import c\nfrom . import d\n"
        b"from .x import (\n  y,\n)\ntry: import zz\nfinally: pass\n"
    )
    places = [at(source, each["span"]) for each in facts(source)["imports"]]
    assert places == ["os.path", "json", "a", ".", "x", "zz"]


def test_names_bound_at_the_top_level() -> None:
    found = read(
        "import a.b\nfor c, (d, *e) in f: g = 1\nwith h as i: pass\n"
        "try: pass\nexcept E as j: pass\nmatch k:\n  case {'l': m, **n} | [o]: pass\n"
        "p += 1\nq.r = 1\ns[0] = 1\ndef t(): u = 1\nclass V:\n  w = 1\nasync def x(): ...\n"
        "while (y): z = 2\n"
    )
    assert set(found["names"]) == {*"acdegijmnop", *"tVxz"}
    assert not found["open"]


@pytest.mark.parametrize(
    "text", ["from a import *", "def __getattr__(n): ...", "globals()['a'] = 1", "exec('a = 1')"]
)
def test_names_that_come_from_elsewhere(text: str) -> None:
    assert read(text)["open"]


def test_a_class() -> None:
    found = read(
        "@final\nclass A(b.B, C[int], f(), metaclass=M):\n"
        "    limit = 3\n    def __init__(self, x, *, y=1): ...\n"
        "    if True:\n        @staticmethod\n        def m(): ...\n"
        "    class Inner: ...\n"
    )
    (a,) = found["classes"]
    assert a["bases"] == ["b.B", "C", "f"] and a["metaclass"] and a["decorators"] == ["final"]
    assert [m["name"] for m in a["methods"]] == ["__init__", "m"]
    assert a["methods"][1]["conditional"] and a["methods"][1]["decorators"] == ["staticmethod"]
    assert a["attributes"] == ["limit", "__init__", "m", "Inner"]
    assert a["fields"] is None


def test_the_constructor_of_a_dataclass() -> None:
    found = read(
        "@dataclasses.dataclass(frozen=True)\nclass A:\n"
        "    a: int\n    b: str = 'x'\n    c: list = field(default_factory=list)\n"
        "    d: ClassVar[int] = 3\n    e: int = field(init=False)\n    f = 3\n"
        "    _: KW_ONLY\n    g: int = field(default=5)\n    h: 'int' = field(kw_only=False)\n"
    )
    fields = found["classes"][0]["fields"]
    assert fields is not None
    assert [(p["name"], p["kind"], p["required"], p.get("default")) for p in fields] == [
        ("a", "positional", True, None),
        ("b", "positional", False, "x"),
        ("c", "positional", False, None),
        ("g", "keyword", False, 5),
        ("h", "positional", True, None),
    ]


def test_uses_of_resources() -> None:
    source = (
        "def execute(ctx):\n"
        "    if ctx.resources['é'] and x:\n"
        "        y = lambda: ctx.resources.get('b', None)\n"
        "    ctx.resources[name]; ctx.resources.pop('c')\n"
        "    def inner():\n        return [self.ctx.resources['d'] for _ in z]\n"
        "    return inner\n"
    ).encode()
    found = facts(source)["resources"]
    assert [(each["key"], each["optional"]) for each in found] == [
        ("é", False),
        ("b", True),
        ("d", False),
    ]
    assert at(source, found[0]["span"]) == "'é'"


def test_secrets_are_found_even_in_a_broken_file() -> None:
    key = "sk-ant-api03-" + "Zx81kQp2mVb7Lr9sTn4Wd6Yc3Hf5Jg0"
    source = f"x = (\n# é {key}\n".encode()
    found = facts(source)
    assert found["problem"] and at(source, found["secrets"][0]["span"]) == key


# -- places ----------------------------------------------------------------------------------


def test_places_with_what_is_not_ascii_before_them() -> None:
    source = (
        "x = 'é'; 𝒜𝓑 = 1\n\fclass Größe:\n\n\tdef größer(sélf, ü='𝒜', *, ß: 'é' = 'ü'): ...\n"
    ).encode()
    found = facts(source)
    (größe,) = found["classes"]
    (method,) = größe["methods"]
    assert at(source, größe["span"]) == "Größe"
    assert at(source, method["span"]) == "größer"
    assert [at(source, p["span"]) for p in method["parameters"]] == ["sélf", "ü", "ß"]
    assert at(source, method["parameters"][2]["default_span"]) == "'ü'"
    assert method["parameters"][2]["annotation"] == "'é'"
    # Python reads names in NFKC, the author's spelling is what the place covers.
    assert at(source, found["assigned"]["AB"]["span"]) == "𝒜𝓑"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark(end: str, bom: str) -> None:
    source = (bom + "def a(): ..." + end + "'\x0b\u2028'" + end * 2 + "def  b(): ...").encode()
    found = facts(source)
    assert found["problem"] is None
    assert [each["span"] for each in found["functions"]] == [[1, 5, 1, 6], [4, 6, 4, 7]]


def test_a_name_on_the_line_after_def() -> None:
    source = b"@deco(\n 1)\nasync \\\n def \\\n  f(a,\n    b): ...\n"
    (function,) = facts(source)["functions"]
    assert function["is_async"] and at(source, function["span"]) == "f"
    assert [at(source, p["span"]) for p in function["parameters"]] == ["a", "b"]


NAMES = st.sampled_from(["a", "execute", "größe", "名前", "ﬁx", "x1"])
PADS = st.sampled_from(["", "'é'; ", "'𝒜'; x = 'ß'; ", "\f"])


@given(st.lists(st.tuples(PADS, NAMES, st.lists(NAMES, unique=True, max_size=3)), max_size=4))
def test_the_text_at_a_name_is_the_name(parts: list[tuple[str, str, list[str]]]) -> None:
    lines = []
    for pad, name, parameters in parts:
        lines += [f"{pad}{name} = 1", f"def {name}({', '.join(parameters)}): return {pad!r}"]
    source = "\n".join(lines).encode()
    found = facts(source)
    assert found["problem"] is None
    assert len(found["functions"]) == len(parts)
    for function, (_, name, parameters) in zip(found["functions"], parts, strict=True):
        assert at(source, function["span"]) == name
        assert [at(source, p["span"]) for p in function["parameters"]] == parameters
        assert at(source, found["assigned"][function["name"]]["value_span"]) == "1"


# -- bad input -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "kind", "place"),
    [
        (b"def f(:\n", "syntax", [1, 7]),
        ("é = 1\nx = 'ü' ö\n".encode(), "syntax", None),
        (b"if x:\npass\n", "syntax", [2, 1]),
        (b"x = 1\n\xff", "encoding", [2, 1]),
        ("\ufeffé".encode() + b"\xff", "encoding", [1, 2]),
        (b"# coding: nonsense\n", "encoding", None),
        (b"\xef\xbb\xbf# coding: latin-1\n", "encoding", None),
        (b"\xef\xbb\xbf# coding: utf8\n", "encoding", None),
        (b"# coding: rot13\n", "encoding", None),
        (b"x = 1\ny\0", "syntax", [2, 2]),
        (b"(" * 100_000, "syntax", None),
        (b"(" * 100_000 + b")" * 100_000, "syntax", None),
        (b"-" * 100_000 + b"1", "depth", None),
        (b"a" + b".b" * 100_000, "depth", None),
        (b"if a:\n pass\n" + b"elif a:\n pass\n" * 20_000, "depth", None),
        (b"x = " + b"1" * 10_000, "syntax", None),
        (b"#" * (MAX_BYTES + 1), "size", None),
        (b"f'{'", "syntax", None),
    ],
)
def test_what_cannot_be_read(source: bytes, kind: str, place: list[int] | None) -> None:
    found = facts(source)
    assert found["problem"] and found["problem"]["kind"] == kind
    assert found["problem"]["message"] and found["open"]
    if place:
        assert found["problem"]["span"][:2] == place


def test_a_long_elif_chain_that_ends_in_raise() -> None:
    text = "if a:\n raise E\n" + "elif a:\n raise E\n" * 1000 + "else:\n raise E\n"
    assert read(text)["problem"] is None and read(text)["exits"]


def test_the_length_of_a_line_and_the_number_of_functions_do_not_multiply() -> None:
    start = time.process_time()
    found = read("é = 1; " + "abcdef = 1; " * 20_000 + "\n" + "def f(): ...\n" * 5_000)
    assert found["functions"][0]["mentions"] > 1
    # Linear work takes a second or less, quadratic work would take minutes.
    assert time.process_time() - start < 15


def test_encodings() -> None:
    source = "# -*- coding: latin-1 -*-\nx = 'é'; größe = 1\n".encode("latin-1")
    found = facts(source)
    assert found["assigned"]["x"]["value"] == "é"
    assert at(source, found["assigned"]["größe"]["span"]) == "größe"
    assert facts(b"'''\n\n# coding: latin-1'''\n")["problem"] is None
    assert facts(b"x = 1\n# coding: rot13\n")["problem"] is None
    assert facts(b"\xef\xbb\xbf# coding: UTF_8\n")["problem"] is None


def test_a_doubtful_escape_is_no_warning_and_no_error() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read("x = '\\d' + '\\é'\nassert (1, 'x')\n1 is 1\n")["problem"] is None


def test_filters_of_warnings_survive_threads() -> None:
    before = list(warnings.filters)
    threads = [
        threading.Thread(target=lambda: [read("x = '\\d'") for _ in range(50)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before


WORDS = """def class ( ) [ ] { } : , = * ** / @ ' \\" \'\'\' f' \\\\ x execute yield import from
. .. as lambda if else try except finally with match case return raise é 𝒜 # coding:"""
PIECES = st.lists(
    st.sampled_from([*WORDS.split(), "\n", "\n ", "\t", "\r", "\f", "\0"]), max_size=40
).map(lambda parts: " ".join(parts).encode())


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode()), PIECES))
@example(b"# coding: utf-7\n+2AA-")
@example(b"# coding: utf-16\n")
@example(b"from . import x\\\n")
@example(b"\xef\xbb\xbf")
@example(b"'\\N{'")
def test_any_bytes_give_facts(source: bytes) -> None:
    found = facts(source)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    json.dumps(found, ensure_ascii=False).encode()
    for place in _places(found):
        assert len(place) == 4 and all(isinstance(n, int) and n >= 1 for n in place)
        assert place[:2] <= place[2:]


def _places(value: Any) -> list[list[int]]:
    if isinstance(value, dict):
        own = [part for key, part in value.items() if key.endswith("span")]
        return own + [place for part in value.values() for place in _places(part)]
    if isinstance(value, list):
        return [place for part in value for place in _places(part)]
    return []


def test_the_standard_library_reads_the_same_as_ast_says() -> None:
    for module in (argparse_path(), __file__):
        with open(module, "rb") as file:
            source = file.read()
        tree = ast.parse(source)
        found = facts(source)
        wanted = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]
        assert [f["name"] for f in found["functions"] if not f["conditional"]] == wanted
        for function in found["functions"]:
            assert at(source, function["span"]) == function["name"]
            for parameter in function["parameters"]:
                assert at(source, parameter["span"]) == parameter["name"]


def argparse_path() -> str:
    import argparse

    assert argparse.__file__
    return argparse.__file__


# -- nothing is run --------------------------------------------------------------------------


def test_nothing_is_ever_executed(tmp_path: Any) -> None:
    marker = tmp_path / "ran"
    plant = f"open({str(marker)!r}, 'w').close()"
    source = (
        f"{plant}\n@({plant} or print)\ndef execute(x={plant}) -> [{plant}]: {plant}\n"
        f"class A(metaclass={plant}):\n    {plant}\n"
        f"__parameters__ = {plant}\nX: ({plant}) = 1\nimport antigravity_{id(plant)}\n"
    )
    before = set(sys.modules)
    assert read(source)["problem"] is None
    assert not marker.exists()
    assert not {name for name in set(sys.modules) - before if not name.startswith("encodings")}
