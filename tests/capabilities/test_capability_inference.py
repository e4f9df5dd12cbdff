"""The files of a cartridge put together: what leads to what, servers, nested agents, the data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from capability_snippets import TOOL, of

from looplet.compiler import cartridge_to_preset
from looplet.compiler.capabilities import Capabilities, inferred
from looplet.compiler.python.facts import facts
from looplet.preset import AgentPreset, File

ROOT = Path(__file__).resolve().parents[2]

RUNS = "import subprocess\nsubprocess.run([])\n"


def entries(found: Capabilities, capability: str) -> set[tuple[str, ...]]:
    return {reason.entries for reason in found.reached[capability]}


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("tools/search/execute.py", "tools/search"),
        ("tools/search.py", "tools/search"),
        ("hooks/10_Guard/hook.py", "hooks/10_Guard"),
        ("resources/notes.py", "resources/notes"),
        ("memory/today.py", "memory/today"),
        ("evals/eval_good.py", "evals/eval_good"),
        ("evals/collect_all.py", "evals/collect_all"),
        ("evals/scripts/demo.py", "evals/demo"),
    ],
)
def test_a_part_of_the_agent_is_where_its_code_is(path: str, entry: str) -> None:
    assert entries(of({path: RUNS}), "processes") == {(entry,)}


def test_a_helper_is_reached_by_all_who_lead_to_it() -> None:
    found = of(
        {
            "tools/a/execute.py": "def execute():\n    import lib.deep\n",
            "hooks/b/hook.py": "from lib import deep\n",
            "resources/c.py": "from middle import x\n",
            "middle.py": "from lib.deep import y as x\n",
            "tools/d/execute.py": "import lib\n",
            "lib/__init__.py": "",
            "lib/deep.py": RUNS + "y = 1\n",
        }
    )
    assert entries(found, "processes") == {("hooks/b", "resources/c", "tools/a")}


def test_what_nothing_loads_counts_and_is_told_apart() -> None:
    found = of({"tools/a/execute.py": "", "old.py": RUNS})
    assert entries(found, "processes") == {()}


def test_modules_that_load_each_other_come_to_an_end() -> None:
    found = of(
        {
            "tools/a/execute.py": "from one import o\no.system('x')\n",
            "one.py": "from two import o\nimport os as o\n",
            "two.py": "from one import o\n",
        }
    )
    assert "processes" in found.names


def test_names_given_on_in_a_circle_come_to_an_end() -> None:
    found = of({TOOL: "import os\na = os\n" + "".join(f"{c} = {b}\n" for b, c in PAIRS)})
    assert found.names == () and not found.undecided
    last = PAIRS[-1][1]
    source = "".join(f"{c} = {b}\n" for b, c in reversed(PAIRS))  # one more is known each time
    found = of({TOOL: f"{source}a = os\nimport os\n{last}.system('x')\n"})
    assert "processes" in found.names or found.undecided


@pytest.mark.parametrize(
    "source",
    [
        "import os\ngetattr(os, " + " + ".join(["'a'"] * 900) + ")\n",
        "import os\nos" + ".a" * 900 + "\n",
        "import os\nx = " + "f(" * 90 + "os" + ")" * 90 + "\n",
        "x = " + "[" * 150 + "eval" + "]" * 150 + "\n",
    ],
    ids=["texts", "attributes", "calls", "lists"],
)
def test_what_is_deep_is_undecided_and_no_crash(source: str) -> None:
    assert of({TOOL: source}).undecided


PAIRS = [(chr(at), chr(at + 1)) for at in range(ord("a"), ord("z"))]


def test_a_name_that_only_a_package_has_is_not_the_cartridges() -> None:
    found = of({TOOL: "import requests\nrequests.get('x')\n", "other/requests.py": ""})
    assert found.names == ("network",)
    own = of({TOOL: "import requests\nrequests.get('x')\n", "requests.py": "def get(x): ...\n"})
    assert own.names == ()


def test_a_stray_file_named_like_a_module_of_python_changes_nothing() -> None:
    assert of({TOOL: "import subprocess\n", "subprocess.py": ""}).names == ("processes",)


def test_reading_and_writing_are_told_apart() -> None:
    source = "open('a')\nopen('b', 'rb')\n"
    assert of({TOOL: source}).access("files") == "read"
    assert of({TOOL: source + "open('c', mode='w')\n"}).access("files") == "read, write"
    assert of({TOOL: "open('c', 'r+')\n"}).access("files") == "read, write"
    assert of({TOOL: "import os\nos.remove('c')\n"}).access("files") == "write"
    assert of({TOOL: "open('c', mode)\n"}).access("files") == ""
    assert of({TOOL: "open('c', *how)\n"}).access("files") == ""


# -- servers -----------------------------------------------------------------------------------


def with_servers(servers: object) -> Capabilities:
    return inferred({}, {"mcp_servers": servers})


def test_a_server_with_a_command_is_a_process_and_undecided() -> None:
    found = with_servers({"files": {"command": ["npx", "x"]}})
    assert found.names == ("processes",) and [each.why for each in found.undecided] == ["server"]


def test_a_server_with_an_address_is_network() -> None:
    found = with_servers({"docs": {"url": "https://example.org/mcp"}})
    assert found.names == ("network",) and not found.undecided


@pytest.mark.parametrize("odd", [None, 1, [], "x", {"a": None}, {"a": 1}, {"a": {}}, {"x-a": "b"}])
def test_what_is_no_server_is_none(odd: object) -> None:
    assert with_servers(odd).names == ()


def test_the_builtin_tool_that_writes_is_one() -> None:
    for tools in (["scaffold_cartridge"], [{"scaffold_cartridge": {"folder": "x"}}]):
        assert inferred({}, {"builtin_tools": tools}).access("files") == "write"
    assert inferred({}, {"builtin_tools": [None, 3, "subagent"]}).names == ()


# -- agents in the agent -----------------------------------------------------------------------

NESTED = "agents/inner.cartridge"


def nested(config: str, **files: str) -> Capabilities:
    texts = {f"{NESTED}/config.yaml": config} | {f"{NESTED}/{k}": v for k, v in files.items()}
    return inferred({path: File(text.encode()) for path, text in texts.items()})


def test_the_code_of_a_nested_agent_counts() -> None:
    files = {"tools/a.py": "from helper import o\no.popen('x')\n", "helper.py": "import os as o\n"}
    found = nested("max_steps: 3\n", **files)
    assert entries(found, "processes") == {(f"{NESTED}/tools/a",)}


@pytest.mark.parametrize(
    "config",
    [
        "mcp_servers:\n  a: {command: b}\n",
        '"mcp\\u005fservers": {a: {command: b}}\n',
        "builtin_tools: [{scaffold_cartridge: {folder: x}}]\n",
    ],
)
def test_the_servers_of_a_nested_agent_are_not_passed_over(config: str) -> None:
    assert [each.why for each in nested(config).undecided] == ["nested"]
    assert not nested("max_steps: 3\n").undecided


# -- the data ----------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_undecided() -> None:
    for data in (b"def", b"\xff", b"x = '\0'", b"# coding: nonsense\n", b"(" * 1000):
        found = inferred({TOOL: File(data)})
        assert [each.why for each in found.undecided] == ["unread"], data


def test_declared_is_compared() -> None:
    files = {TOOL: File(b"import socket\nopen('a')\n")}
    found = inferred(files, {}, ["model", "files"])
    assert found.declared == ("files", "model")
    assert found.undeclared == ("network",) and found.unused == ("model",)
    assert inferred(files).declared is None and inferred(files).undeclared == ()


def test_as_json_data() -> None:
    found = inferred({TOOL: File(b"open('a', 'w')\neval('1')\n")}, {"mcp_servers": {}}, [])
    data = found.to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data["declared"] == []
    assert data["reached"]["files"] == [
        {
            "what": "builtins.open",
            "said": "calls `open`",
            "path": TOOL,
            "line": 1,
            "column": 1,
            "access": "write",
            "entries": ["tools/probe"],
        }
    ]
    assert [each["why"] for each in data["undecided"]] == ["run"]


def test_a_preset_and_its_files_say_the_same() -> None:
    preset = cartridge_to_preset(ROOT / "cartridges" / "git_detective.cartridge")
    found = inferred(preset)
    declared = preset.manifest["capabilities"]
    assert found == inferred(preset.files, preset.config_values, declared)
    assert set(found.names) == set(declared) and not found.undecided


@pytest.mark.parametrize("path", sorted((ROOT / "cartridges").glob("*.cartridge")), ids=str)
def test_what_ships_declares_just_what_it_reaches(path: Path) -> None:
    found = inferred(cartridge_to_preset(path))
    assert found.declared is not None and set(found.names) == set(found.declared)
    assert not found.undecided


def test_it_needs_the_standard_library_only() -> None:
    """What `looplet run PACKAGE` shows, it shows where the compiler's own packages are not."""
    program = (
        "import sys\n"
        "for name in ('yaml', 'click', 'jsonschema', 'jinja2', 'packaging', 'cryptography'):\n"
        "    sys.modules[name] = None\n"
        "from looplet.compiler.capabilities import inferred\n"
        "from looplet.preset import AgentPreset, File\n"
        "files = {'tools/a.py': File(b'import os; os.system(1)')}\n"
        "print(inferred(AgentPreset('a', files=files)).names)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "('processes',)\n", done.stderr


@pytest.mark.parametrize(
    ("odd", "declared"),
    [
        (1, None),
        ("files", None),
        ({"files": 1}, None),
        ([{}, None, "files"], ("files",)),
        ([1], ()),
    ],
)
def test_a_preset_from_afar_may_declare_nonsense(odd: object, declared: object) -> None:
    assert inferred(AgentPreset("a", manifest={"capabilities": odd})).declared == declared


def test_the_name_of_a_server_cannot_write_over_a_terminal() -> None:
    found = with_servers({"a\x1b[2J\nb": {"command": "x"}})
    said = found.reached["processes"][0].said
    assert said.isprintable() and "\\x1b[2J\\nb" in said


def test_what_a_name_may_stand_for_has_a_bound() -> None:
    """Else a small file takes minutes: it grows with the names times their uses."""
    many = " or ".join(f"os.a{n}" for n in range(300))
    source = f"import os\nx = {many}\n" + "y = x or x\n" * 20
    assert of({"tools/a/execute.py": source}).undecided
    # 116 thousand characters with the bound, 1.1 million without.
    assert len(json.dumps(facts(source.encode())["uses"])) < 300_000
