from __future__ import annotations

from collections.abc import Iterable

import pytest

from looplet.compiler.checks.python_file import Modules, check_module
from looplet.compiler.diagnostics import Diagnostic, Span
from looplet.compiler.python.distributions import distribution_of, provided
from looplet.compiler.python.facts import MAX_BYTES, facts

FILES = [
    *("cartridge.json", "lib.py", "shared/__init__.py", "shared/text.py", "deep/er/est/x.py"),
    *("tools/search/execute.py", "tools/search/helper.py", "tools/done/execute.py"),
]


def check(
    source: str | bytes,
    path: str = "tools/search/execute.py",
    files: Iterable[str] = FILES,
    dependencies: Iterable[str] = (),
) -> list[Diagnostic]:
    data = source if isinstance(source, bytes) else source.encode()
    return check_module(path, facts(data), Modules(files), provided(dependencies))


def codes(found: list[Diagnostic]) -> list[str]:
    return [each.code for each in found]


def test_a_syntax_error_has_its_place_and_the_parsers_words() -> None:
    (found,) = check("def execute(*, query: str)\n    return query\n")
    assert (found.code, found.severity) == ("CT401", "error")
    assert found.span and found.span.start.line == 1 and found.span.start.column == 27
    assert found.message == "this is not Python: expected ':'"


def test_files_that_cannot_be_read() -> None:
    (found,) = check(b"x = '\xe9'\n")
    assert found.code == "CT402" and found.span == Span.at(1, 6)
    assert codes(check(b"#" * (MAX_BYTES + 1))) == ["CT403"]
    (found,) = check("-" * 100_000 + "1")
    assert found.code == "CT401" and found.span is None


def test_a_module_that_always_exits() -> None:
    (found,) = check("import sys\nsys.exit(0)\n")
    assert found.code == "CT404" and found.span == Span.at(2, 1, 11)


@pytest.mark.parametrize(
    "text",
    [
        "import json, os.path, __future__, sys",
        "from looplet.types import ToolContext",
        "import helper, lib, shared.text, deep.er.est.x, tools.done.execute",
        "try:\n    import numpy\nexcept ImportError:\n    numpy = None",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy",
        "from .helper import x\nfrom . import helper\nfrom ..done import execute",
        "from ...lib import x\nfrom ... import lib, shared\nfrom ...shared import anything",
        "from ...deep.er.est import x",
    ],
)
def test_imports_that_lead_somewhere(text: str) -> None:
    assert check(text) == []


def test_an_import_that_nothing_provides() -> None:
    (found,) = check("def execute():\n    import requests.auth\n    import requests\n")
    assert (found.code, found.severity) == ("CT405", "warning")
    assert found.span == Span.at(2, 12, len("requests.auth"))
    assert "`requests`" in found.message and "cartridge.json" in found.message


def test_a_helper_of_another_tool_is_not_beside_this_one() -> None:
    assert codes(check("import helper", "tools/done/execute.py")) == ["CT405"]


@pytest.mark.parametrize(
    ("text", "near"),
    [("import jsno", "json"), ("import helpr", "helper"), ("from shraed import x", "shared")],
)
def test_a_misspelt_import_has_a_suggestion(text: str, near: str) -> None:
    (found,) = check(text)
    assert f"did you mean `{near}`?" in found.message


@pytest.mark.parametrize(
    ("requirement", "module"),
    [
        ("requests>=2", "requests"),
        ("PyYAML ~= 6.0", "yaml"),
        ("beautifulsoup4[lxml]", "bs4"),
        ("Pillow", "PIL.Image"),
        ("scikit-learn; python_version > '3'", "sklearn.svm"),
        ("opencv-python-headless", "cv2"),
        ("python-dateutil", "dateutil.parser"),
        ("attrs", "attr"),
        ("protobuf", "google.protobuf"),
        ("google-cloud-storage", "google.cloud"),
        ("ruamel.yaml", "ruamel.yaml"),
        ("my-Own.package", "my_own_package"),
        ("llama-cpp-python", "llama_cpp"),
    ],
)
def test_a_dependency_provides_its_modules(requirement: str, module: str) -> None:
    assert check(f"import {module}", dependencies=[requirement]) == []
    assert codes(check(f"import {module}")) == ["CT405"]


def test_the_distribution_to_declare() -> None:
    assert distribution_of("yaml") == "pyyaml"
    assert distribution_of("cv2") == "opencv-python"
    assert distribution_of("requests") == "requests"
    (found,) = check("import yaml")
    assert "`pyyaml`" in found.message
    assert provided(["", "!!", 3, "-x"]) == frozenset()


def test_relative_imports_that_lead_nowhere() -> None:
    (found,) = check("from .helpr import x")
    assert found.code == "CT406" and found.span == Span.at(1, 7, 5)
    assert "did you mean `helper`?" in found.message
    (found,) = check("from . import nothing")
    assert found.code == "CT406" and "`.nothing`" in found.message
    assert codes(check("from ...deep.er.nothing import x")) == ["CT406"]


def test_relative_imports_that_leave_the_cartridge() -> None:
    (found,) = check("from ....secret import x")
    assert found.code == "CT406" and "out of the cartridge" in found.message
    assert check("from .lib import x", "conftest.py") == []
    (found,) = check("from ..lib import x", "conftest.py")
    assert "out of the cartridge" in found.message


def test_only_the_first_unknown_imports_are_guessed_at() -> None:
    found = check("import " + ", ".join(f"jsno{n}x" for n in range(30)) + ", jsno")
    assert len(found) == 31 and "did you mean" not in found[-1].message


def test_ten_thousand_files_are_listed_once() -> None:
    modules = Modules(f"tools/t{n}/execute.py" for n in range(10_000))
    assert modules.importable("tools/t7/execute.py") == {"execute", "tools"}
