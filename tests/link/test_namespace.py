import gc
import inspect
import pickle
import sys
import threading
import traceback
import typing
from collections.abc import Callable
from pathlib import Path

import pytest

from looplet.link.namespace import LoadError, Namespace
from looplet.preset import File

Make = Callable[..., Namespace]


def namespace(files: dict[str, str | bytes], **options: typing.Any) -> Namespace:
    made = {p: File(t.encode() if isinstance(t, str) else t) for p, t in files.items()}
    return Namespace(made, lambda path: f"/nowhere/{path}", **options)


def value(files: dict[str, str | bytes], path: str = "tools/t/execute.py") -> typing.Any:
    return namespace(files).load(path).VALUE  # the functions of a closed namespace go on working


# ── what an import finds ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("import helper; VALUE = helper.X", "own"),
        ("from helper import X as VALUE", "own"),
        ("from .helper import X as VALUE", "own"),
        ("from . import helper; VALUE = helper.X", "own"),
        ("from ..shared import X as VALUE", "shared"),
        ("from ...lib.x import X as VALUE", "lib.x"),
        ("import lib.x; VALUE = lib.x.X", "lib.x"),
        ("import lib.x as x; VALUE = x.X", "lib.x"),
        ("from lib.x import X as VALUE", "lib.x"),
        ("from lib import x; VALUE = x.X", "lib.x"),
        ("from lib.deep.y import X as VALUE", "lib.deep.y"),
        ("import lib.deep.y; VALUE = lib.deep.y.X", "lib.deep.y"),
        ("from common import X as VALUE", "root common"),
        ("import pack; VALUE = pack.X", "pack/__init__"),
        ("from pack import part; VALUE = part.X", "pack/part"),
        ("import pack.part; VALUE = pack.X + pack.part.X", "pack/__init__pack/part"),
        ("from pack.part import *; VALUE = X", "pack/part"),
        ("from pack import *; VALUE = part.X", "pack/part"),
        ("def f():\n    from helper import X\n    return X\nVALUE = f()", "own"),
        ("VALUE = __import__('lib.x', fromlist=['X']).X", "lib.x"),
    ],
)
def test_local_imports(statement: str, found: str) -> None:
    files: dict[str, str | bytes] = {
        "tools/t/execute.py": statement,
        "tools/t/helper.py": "X = 'own'",
        "tools/shared.py": "X = 'shared'",
        "helper.py": "X = 'root'",
        "common.py": "X = 'root common'",
        "lib/x.py": "X = 'lib.x'",
        "lib/deep/y.py": "X = 'lib.deep.y'",
        "pack/__init__.py": "X = 'pack/__init__'\n__all__ = ['part']",
        "pack/part.py": "X = 'pack/part'",
    }
    assert value(files) == found


def test_the_standard_library_wins_over_local_files() -> None:
    files: dict[str, str | bytes] = {
        "tools/t/execute.py": "import json; VALUE = json.dumps([])",
        "tools/t/json.py": "raise RuntimeError",
        "json.py": "raise RuntimeError",
        "json/__init__.py": "raise RuntimeError",
    }
    assert value(files) == "[]"


def test_an_installed_package_wins_over_a_folder_that_does_not_have_the_module() -> None:
    files = {"tools/t/execute.py": "import yaml; VALUE = yaml.__name__", "yaml/notes.txt": ""}
    assert value(files) == "yaml"


def test_a_tool_named_like_the_package_it_imports() -> None:
    files = {"tools/yaml.py": "import yaml; VALUE = yaml.safe_load('1')"}
    assert value(files, "tools/yaml.py") == 1


def test_a_local_file_wins_over_an_installed_package() -> None:
    files = {"tools/t/execute.py": "import yaml; VALUE = yaml.X", "yaml.py": "X = 'mine'"}
    assert value(files) == "mine"


def test_circular_imports_work_as_in_python() -> None:
    files = {
        "tools/t/execute.py": "import a\nVALUE = a.b.X",
        "a.py": "import b",
        "b.py": "import a\nX = 1",
    }
    assert value(files) == 1


@pytest.mark.parametrize(
    ("statement", "error", "says"),
    [
        ("import nowhere_at_all", ModuleNotFoundError, "No module named 'nowhere_at_all'"),
        ("import pack.nothing", ModuleNotFoundError, "No module named 'pack.nothing'"),
        ("from .nothing import x", ModuleNotFoundError, "No module named 'nothing'"),
        ("from pack import nothing", ImportError, "cannot import name 'nothing'"),
        ("from .... import x", ImportError, "beyond the cartridge's folder"),
    ],
)
def test_an_import_that_finds_nothing(statement: str, error: type[ImportError], says: str) -> None:
    files = {
        "tools/t/execute.py": f"try:\n    {statement}\nexcept ImportError as e:\n    VALUE = e",
        "pack/__init__.py": "",
    }
    caught = value(files)
    assert type(caught) is error and says in str(caught)


def test_nothing_goes_on_the_path_and_bytes_are_not_read_again(tmp_path: Path) -> None:
    before = list(sys.path)
    (tmp_path / "execute.py").write_text("VALUE = 'disk'")
    made = Namespace(
        {"execute.py": File(b"VALUE = 'bytes'")}, lambda p: str(tmp_path / p), on_disk=True
    )
    assert made.load("execute.py").VALUE == "bytes"
    assert sys.path == before and "execute" not in sys.modules


# ── isolation ─────────────────────────────────────────────────────────────────────────────────────


def test_two_namespaces_do_not_see_each_other() -> None:
    one = namespace({"e.py": "from helper import X", "helper.py": "X = 1"})
    two = namespace({"e.py": "from helper import X", "helper.py": "X = 2"})
    assert (one.load("e.py").X, two.load("e.py").X) == (1, 2)


def test_forty_threads_each_get_their_own_helper() -> None:
    found: dict[int, int] = {}
    start = threading.Barrier(40)

    def load(number: int) -> None:
        mine = namespace(
            {
                "tools/t/execute.py": "import time\ntime.sleep(0.001)\n"
                "def execute():\n    import helper\n    from lib.x import X\n"
                "    return helper.X + X",
                "helper.py": f"import time\ntime.sleep(0.001)\nX = {number}",
                "lib/x.py": f"X = {number}",
            }
        )
        start.wait(10)
        found[number] = mine.load("tools/t/execute.py").execute()

    threads = [threading.Thread(target=load, args=(n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == {n: 2 * n for n in range(40)}


def test_many_threads_execute_a_module_once() -> None:
    made = namespace(
        {
            "a.py": "import counter\ncounter.COUNT.append(1)\nimport time\ntime.sleep(0.01)\nX = 1",
            "counter.py": "COUNT = []",
        }
    )
    start = threading.Barrier(20)
    found = []

    def load() -> None:
        start.wait(10)
        found.append(made.load("a.py").X)

    threads = [threading.Thread(target=load) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [1] * 20
    assert made.load("counter.py").COUNT == [1]


def test_python_finds_the_modules_for_pickle_dataclasses_and_typing() -> None:
    made = namespace(
        {
            "tools/my-tool/execute.py": "from __future__ import annotations\n"
            "from dataclasses import dataclass\n"
            "@dataclass\nclass Point:\n    x: int\n    other: Point | None = None\n"
            "def f(a: Point) -> None: ...\n"
        }
    )
    module = made.load("tools/my-tool/execute.py")
    assert module.__name__ == f"{made.name}.tools.my-tool.execute"
    point = module.Point(1, module.Point(2))
    assert pickle.loads(pickle.dumps(point)) == point
    assert typing.get_type_hints(module.f)["a"] is module.Point
    assert "class Point" in inspect.getsource(module.Point)


# ── the end ───────────────────────────────────────────────────────────────────────────────────────


def modules_of(name: str) -> list[str]:
    return [module for module in sys.modules if module.startswith(name)]


def test_closing_takes_the_modules_away() -> None:
    made = namespace(
        {"a.py": "import lib.x\ndef f(): return lib.x.X", "lib/x.py": "X = 1", "b.py": ""}
    )
    function = made.load("a.py").f
    assert len(modules_of(made.name)) == 4  # the root, a, lib, lib.x
    made.close()
    made.close()
    assert modules_of(made.name) == []
    assert function() == 1
    with pytest.raises(LoadError, match="is closed"):
        made.load("b.py")


def test_a_namespace_that_nobody_uses_goes_by_itself() -> None:
    made = namespace({"a.py": "import b", "b.py": ""})
    made.load("a.py")
    name = made.name
    del made
    gc.collect()
    assert modules_of(name) == []


# ── errors ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"e.py": "\n\nimport nowhere_at_all"}, "e.py:3: ModuleNotFoundError: No module named"),
        ({"e.py": "x = (\n"}, "e.py:1: SyntaxError: '(' was never closed"),
        ({"e.py": "import h", "h.py": "\nx ="}, "h.py:2: SyntaxError: invalid syntax"),
        ({"e.py": "import h", "h.py": "\n1/0"}, "h.py:2: ZeroDivisionError: division by zero"),
        ({"e.py": "\nimport sys\nsys.exit(3)"}, "e.py:3: the code left with sys.exit(3)"),
        ({"e.py": b"x = '\xff'"}, "e.py:1: SyntaxError: (unicode error)"),
        ({"e.py": b"x = \x00"}, "e.py"),
        ({"e.py": "int('x')"}, "e.py:1: ValueError: invalid literal"),
        ({}, "e.py: there is no such file in the cartridge"),
    ],
)
def test_a_load_error_names_the_place(files: dict[str, str | bytes], says: str) -> None:
    with pytest.raises(LoadError) as caught:
        namespace(files).load("e.py")
    assert str(caught.value).startswith(says)


def test_a_failed_module_is_not_kept() -> None:
    made = namespace(
        {"e.py": "import flaky", "flaky.py": "import sys\nif not sys.flags.looplet: pass"}
    )
    with pytest.raises(LoadError):
        made.load("e.py")
    assert not [name for name in modules_of(made.name) if name.endswith((".e", ".flaky"))]


def test_interrupting_is_not_an_error_of_the_code() -> None:
    with pytest.raises(KeyboardInterrupt):
        namespace({"e.py": "raise KeyboardInterrupt"}).load("e.py")


@pytest.mark.parametrize("on_disk", [False, True])
def test_tracebacks_show_the_authors_lines(on_disk: bool) -> None:
    made = namespace({"e.py": "def f():\n    return 1 / 0  # the author's line\n"}, on_disk=on_disk)
    try:
        made.load("e.py").f()
    except ZeroDivisionError:
        text = traceback.format_exc()
    assert "return 1 / 0  # the author's line" in text


def test_file_is_there_for_code_that_asks() -> None:
    asked: list[str] = []

    def place(path: str) -> str:
        asked.append(path)
        return f"/somewhere/{path}"

    files = {"a.py": File(b"X = 1"), "b.py": File(b"X = __file__")}
    made = Namespace(files, place)
    assert made.load("a.py").X == 1 and asked == []
    assert made.load("b.py").X == "/somewhere/b.py" and asked == ["b.py"]
