"""METADATA from manifests: what installers and indexes read, and what an author cannot write."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import pytest
from environments import ROOT
from hypothesis import given
from hypothesis import strategies as st
from packaging.metadata import Metadata as Parsed
from packaging.metadata import parse_email
from wheel_cases import CORPUS, packed, said

from looplet.compiler.archive.package import Package
from looplet.compiler.archive.wheel_metadata import metadata_of, one_line
from looplet.compiler.archive.wheel_needs import JINJA, LOOPLET
from looplet.compiler.checks.installers import REQUIRES_PYTHON
from looplet.compiler.report import CartridgeError


def _parsed(package: Package, *, editable: bool = False) -> Parsed:
    text = metadata_of(package, "shown", editable=editable).text()
    _, unparsed = parse_email(text)
    assert unparsed == {}
    return Parsed.from_email(text, validate=True)


def _requires(package: Package, *, editable: bool = False) -> list[str]:
    return [str(each) for each in _parsed(package, editable=editable).requires_dist or ()]


def test_everything_that_a_manifest_can_say(odd: Path) -> None:
    found = _parsed(packed(odd))
    assert (found.metadata_version, found.name, str(found.version)) == (
        "2.4",
        "my-agent-2",
        "1.0.0b2",
    )
    assert found.summary == "One of each thing that the format has."
    assert found.author == "Ada"
    assert found.author_email == "Grace <grace@example.org>"
    assert found.license_expression == "MIT"
    assert found.project_urls == {"Homepage": "https://example.org"}
    assert found.keywords == ["corpus"]
    assert str(found.requires_python) == ">=3.11"
    assert found.description_content_type == "text/markdown"
    assert found.description == (odd / "README.md").read_text("utf-8")


def test_next_to_nothing_said(tmp_path: Path, minimal: Path) -> None:
    (minimal / "cartridge.json").unlink()
    found = _parsed(packed(minimal))
    assert (found.name, str(found.version), found.summary) == ("minimal", "0.0.0", None)
    assert found.description == "# minimal\n\nAn agent for looplet.\n"
    assert _requires(packed(minimal)) == ["looplet<2,>=1"]


# ── an author's text ──────────────────────────────────────────────────────────────────────────────


def test_a_text_cannot_begin_another_field(minimal: Path) -> None:
    evil = "fine\r\nRequires-Dist: evil\n\nName: pip\x85\u2028\u2029\x0b\x0c\x1c\0\u202e!"
    said(
        minimal,
        description=evil,
        authors=[evil, {"name": evil, "email": "a@b.c"}, f"{evil} <x@y.z>"],
        keywords=[evil],
    )
    found = _parsed(packed(minimal))
    plain = "fine Requires-Dist: evil Name: pip !"
    assert found.summary == plain
    assert found.keywords == [plain]
    assert found.author == plain
    assert found.author_email == f'"{plain}" <a@b.c>, "{plain}" <x@y.z>'
    assert _requires(packed(minimal)) == ["looplet<2,>=1"]


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable() and line == line.strip() and len(line.splitlines()) <= 1
    assert one_line(line) == line


def test_a_long_summary_is_cut_as_indexes_want_it(minimal: Path) -> None:
    summary = _parsed(packed(said(minimal, description="word " * 400))).summary
    assert summary is not None and len(summary) == 512 and summary.endswith("…")


@pytest.mark.parametrize(
    ("authors", "author", "address"),
    [
        (["Ada"], "Ada", None),
        (["Ada", "Grace"], "Ada, Grace", None),
        (["Ada <a@b.c>"], None, "Ada <a@b.c>"),
        (["<a@b.c>"], None, "a@b.c"),
        ([{"name": "Lovelace, Ada", "email": "a@b.c"}], None, '"Lovelace, Ada" <a@b.c>'),
        ([{"name": 'A "x" \\', "email": "a@b.c"}], None, '"A \\"x\\" \\\\" <a@b.c>'),
        (["Ada <not an address>"], "Ada <not an address>", None),
        ([" \n"], None, None),
    ],
)
def test_people(
    minimal: Path, authors: list[object], author: str | None, address: str | None
) -> None:
    found = _parsed(packed(said(minimal, authors=authors)))
    assert (found.author, found.author_email) == (author, address)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_readme_keeps_its_lines(minimal: Path, ends: str) -> None:
    text = ends.join(["\ufeff# Title", "", "Name: pip", "x", "", ""])
    (minimal / "README.md").write_bytes(text.encode())
    found = _parsed(packed(minimal))
    assert found.description == "# Title\n\nName: pip\nx\n"
    assert found.name == "minimal"


# ── what is required ──────────────────────────────────────────────────────────────────────────────


def test_bounds_are_those_of_looplets_own_metadata() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == REQUIRES_PYTHON
    assert JINJA in project["optional-dependencies"]["compiler"]
    major = int(project["version"].partition(".")[0])
    assert f">={major},<{major + 1}" == LOOPLET


def test_jinja_is_required_by_a_template_with_an_expression_alone(minimal: Path) -> None:
    system = minimal / "prompts" / "system.md"
    template = minimal / "prompts" / "system.md.jinja"
    system.rename(template)
    assert _requires(packed(minimal)) == ["looplet<2,>=1"]
    template.write_text("Work on {{ task }}.\n")
    assert _requires(packed(minimal)) == ["jinja2>=3.1.5", "looplet<2,>=1"]
    # Whoever compiles has Jinja.
    assert _requires(packed(minimal), editable=True) == ["looplet[compiler]<2,>=1"]


def test_servers_need_the_protocol(minimal: Path) -> None:
    config = minimal / "config.yaml"
    config.write_text(config.read_text() + "mcp_servers: {time: {command: [uvx, x]}}\n")
    assert _requires(packed(minimal)) == ["looplet[mcp]<2,>=1"]
    assert _requires(packed(minimal), editable=True) == ["looplet[compiler,mcp]<2,>=1"]


def test_parents_and_nested_agents_bring_what_they_need(minimal: Path) -> None:
    parent = minimal.with_name("parent.cartridge")
    shutil.copytree(minimal, parent)
    said(parent, name="parent", dependencies=["httpx>=0.27"], requires_python=">=3.12")
    nested = minimal / "agents" / "helper.cartridge"
    shutil.copytree(minimal, nested)
    said(nested, name="helper", dependencies=["numpy"])
    config = nested / "config.yaml"
    config.write_text(config.read_text() + "mcp_servers: {time: {command: [uvx, x]}}\n")
    config = minimal / "config.yaml"
    plain = config.read_text()
    config.write_text("extends: ../parent.cartridge\n" + plain)
    assert _requires(packed(minimal)) == ["httpx>=0.27", "looplet<2,>=1"]
    assert str(_parsed(packed(minimal)).requires_python) == ">=3.12"
    config.write_text(f"extends: ../parent.cartridge\n{plain}builtin_tools: [subagent]\n")
    assert _requires(packed(minimal)) == ["httpx>=0.27", "looplet[mcp]<2,>=1", "numpy"]
    (nested / "prompts" / "system.md").rename(nested / "prompts" / "system.md.jinja")
    (nested / "prompts" / "system.md.jinja").write_text("Work on {{ task }}.\n")
    assert "jinja2>=3.1.5" in _requires(packed(minimal))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (">=3.11", ">=3.11"),
        (">=3.13", ">=3.13"),
        ("~=3.12", "~=3.12"),
        (">=3.8", ">=3.11,>=3.8"),
        ("!=3.12.1", "!=3.12.1,>=3.11"),
        ("<4", "<4,>=3.11"),
        ("==3.12.*", "==3.12.*"),
    ],
)
def test_pythons(minimal: Path, wanted: str, found: str) -> None:
    assert str(_parsed(packed(said(minimal, requires_python=wanted))).requires_python) == found


@pytest.mark.parametrize(
    "text",
    [
        *("httpx", "httpx>=0.27", "httpx >= 0.27, <1", "x[extra]~=1.0", "X.y_z==1.*"),
        *("x!=1.2", "x @ https://example.org/x.whl", "x; python_version < '3.13'", "x (>=1)"),
    ],
)
def test_requirements_that_will_do(minimal: Path, text: str) -> None:
    assert len(_requires(packed(said(minimal, dependencies=[text])))) == 2


def test_licences_are_spelt_as_the_list_has_them(minimal: Path) -> None:
    package = packed(said(minimal, license="apache-2.0 or licenseref-own"))
    assert _parsed(package).license_expression == "Apache-2.0 OR LicenseRef-own"


# ── everything at once ────────────────────────────────────────────────────────────────────────────


def test_all_that_is_wrong_is_said_at_once_and_at_its_place(minimal: Path) -> None:
    text = json.dumps(
        {
            **{"name": "git", "schema_version": 2, "version": "next", "license": "Apache 2"},
            **{"dependencies": ["a b", "git"], "requires_python": "3", "homepage": "x"},
        },
        indent=1,
    )
    (minimal / "cartridge.json").write_text(text)
    (minimal / "README.md").write_bytes(b"\xff")
    with pytest.raises(CartridgeError) as error:
        metadata_of(packed(minimal), "shown")
    found = error.value.report.diagnostics
    lines = [(each.code, each.span.start.line if each.span else None) for each in found]
    assert lines == [
        *(("CT757", None), ("CT751", 2), ("CT752", 4), ("CT755", 5)),
        *(("CT753", 7), ("CT754", 10), ("CT756", 11)),
    ]
    assert {each.severity for each in found} == {"error"}
    assert {each.cartridge for each in found} == {"shown"}


def test_what_is_wrong_with_a_parent_is_said_there(tmp_path: Path) -> None:
    for name in ("child", "parent"):
        shutil.copytree(CORPUS / "valid" / f"{name}.cartridge", tmp_path / f"{name}.cartridge")
    said(tmp_path / "parent.cartridge", dependencies=["a b"])
    with pytest.raises(CartridgeError) as error:
        metadata_of(packed(tmp_path / "child.cartridge"), "child.cartridge")
    (found,) = error.value.report.diagnostics
    assert (found.code, found.path) == ("CT753", "../parent.cartridge/cartridge.json")
    assert found.path in error.value.report.cartridges[0].sources
