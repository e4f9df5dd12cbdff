import gc
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from looplet.aio import async_composable_loop
from looplet.context import ToolContext
from looplet.drivers import composable_loop
from looplet.inputs import InputError
from looplet.link import LoadError, bind
from looplet.models.scripted import MockLLMBackend
from looplet.preset import File, Layer, PresetError, Prompt
from looplet.types import ToolCall

DONE = {"tool": "done", "args": {"summary": "ok"}}


def call(binding: Any, tool: str, **args: Any) -> Any:
    ctx = ToolContext(binding.resources)
    result = binding.tools.dispatch(ToolCall(tool, args), ctx)
    assert result.error is None, result.error
    return result.data


def test_a_preset_runs(make: Any) -> None:
    preset = make(
        {
            "tools/add/execute.py": "def execute(ctx, *, a, b):\n    return {'sum': a + b}",
            "hooks/10_H/hook.py": "class H:\n    def __init__(self, word): self.word = word\n"
            "    def check_done(self, state, log, context, step_num):\n"
            "        return None if state.step_count > 1 else self.word",
        },
        tools={"add": {"parameters": {"type": "object", "properties": {"a": {}, "b": {}}}}},
        hooks={"10_H": {"class_name": "H", "kwargs": {"word": "not yet"}, "order": 10}},
        config={"max_steps": 5},
    )
    llm = MockLLMBackend([DONE, {"tool": "add", "args": {"a": 1, "b": 2}}, DONE], cycle=False)
    with preset.bind() as bound:
        state = bound.state()
        steps = list(
            composable_loop(
                llm, "add", bound.tools, hooks=bound.hooks, config=bound.config, state=state
            )
        )
    assert [step.tool_result.error is None for step in steps] == [False, True, True]
    assert state.stop_reason == "done" and state.final_output == {"summary": "ok"}
    assert llm.calls == 3


def test_the_shorthands_are_one_binding_with_the_presets_runtime(make: Any) -> None:
    preset = make(config={"max_steps": "${runtime.n}"}, runtime={"n": 7})
    assert preset.tools is preset.tools and preset.hooks == []
    assert preset.config.max_steps == preset.state.max_steps == 7
    assert preset.state is not preset.state
    assert len(list(preset.run("x", llm=MockLLMBackend([DONE])))) == 1


def test_an_async_tool_in_both_drivers(make: Any) -> None:
    import asyncio

    preset = make(
        {
            "tools/t/execute.py": "import asyncio\n"
            "async def execute():\n    await asyncio.sleep(0)\n"
            "    from lib import x\n    return x.X",
            "lib/x.py": "X = 5",
        },
        tools={"t": {}},
    )
    script = [{"tool": "t", "args": {}}, DONE]
    with preset.bind() as bound:
        steps = list(composable_loop(MockLLMBackend(script), "x", bound.tools, config=bound.config))
        assert steps[0].tool_result.data == 5

        async def run() -> list[Any]:
            loop = async_composable_loop(
                MockLLMBackend(script), "x", bound.tools, config=bound.config
            )
            return [step async for step in loop]

        assert asyncio.run(run())[0].tool_result.data == 5


# ── what runs when ────────────────────────────────────────────────────────────────────────────────


def test_nothing_of_a_tool_runs_before_its_first_call(make: Any, tmp_path: Path) -> None:
    def marks(name: str) -> str:
        return f"import os\nos.mkdir({str(tmp_path / name)!r})\ndef execute(): return 1"

    preset = make(
        {"tools/a/execute.py": marks("a"), "tools/b.py": marks("b")},
        tools={"a": {}, "b": {"code": "tools/b.py"}},
    )
    with preset.bind() as bound:
        bound.tools.tool_schemas()
        assert os.listdir(tmp_path) == []
        assert call(bound, "b") == 1
        assert os.listdir(tmp_path) == ["b"]
        assert call(bound, "b") == 1


def test_no_file_is_read_again(make: Any, tmp_path: Path) -> None:
    (tmp_path / "tools/t").mkdir(parents=True)
    (tmp_path / "tools/t/execute.py").write_text("raise RuntimeError('the disk was read')")
    preset = make(
        {"tools/t/execute.py": "def execute(): return 'bytes'"},
        tools={"t": {}},
        roots=(str(tmp_path),),
    )
    with preset.bind() as bound:
        assert call(bound, "t") == "bytes"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("\nimport nowhere_at_all", "tools/t/execute.py:2: ModuleNotFoundError"),
        ("import helper", "tools/t/helper.py:1: ZeroDivisionError"),
        ("def exeucte(): pass", "tools/t/execute.py: it has no `execute(*, …)`"),
        ("import sys\nsys.exit()", "tools/t/execute.py:2: the code left with sys.exit(None)"),
        ("def f(:", "tools/t/execute.py:1: SyntaxError"),
    ],
)
def test_code_that_does_not_load_is_a_tool_error(make: Any, code: str, says: str) -> None:
    preset = make({"tools/t/execute.py": code, "tools/t/helper.py": "1/0"}, tools={"t": {}})
    with preset.bind() as bound:
        for _ in range(2):
            result = bound.tools.dispatch(ToolCall("t", {}))
            assert says in result.error


def test_an_error_in_a_tool_shows_the_authors_line(make: Any) -> None:
    preset = make(
        {"tools/t/execute.py": "def execute():\n    return 1 / 0  # here\n"}, tools={"t": {}}
    )
    with preset.bind() as bound:
        result = bound.tools.dispatch(ToolCall("t", {}))
        assert "ZeroDivisionError" in result.error
        assert "1 / 0  # here" in result.error_detail.detail


# ── hooks ─────────────────────────────────────────────────────────────────────────────────────────


def hook(name: str) -> str:
    return (
        f"class {name}:\n    def __init__(self, **k): self.k = k\n    def pre_loop(self, *a): pass"
    )


def test_hooks_come_in_order_and_only_the_enabled(make: Any) -> None:
    preset = make(
        {f"hooks/{n}/hook.py": hook(n[3:]) for n in ("20_B", "10_A", "05_C", "01_Off", "02_Ref")},
        hooks={
            "20_B": {"class_name": "B", "order": 1},
            "10_A": {"class_name": "A", "order": 1},
            "05_C": {"class_name": "C", "order": 2},
            "01_Off": {"class_name": "Off", "enabled": False, "kwargs": {"x": "${runtime.gone}"}},
            "02_Ref": {"class_name": "Ref", "enabled": "${runtime.on:-false}"},
        },
        config={
            "permissions": {"default": "allow", "deny": ["done"]},
            "builtin_hooks": [
                "stagnation",
                {"per_tool_limit": {"limits": {"done": "${runtime.n:-4}"}}},
            ],
        },
    )
    with preset.bind() as bound:
        names = [type(each).__name__ for each in bound.hooks]
        assert names == ["PermissionHook", "Stagnation", "PerToolLimit", "A", "B", "C"]
        assert bound.hooks[2].limits == {"done": 4}
    with preset.bind({"on": True}) as bound:
        assert type(bound.hooks[3]).__name__ == "Ref"
    with pytest.raises(
        PresetError, match=r"hooks\.02_Ref\.enabled: it is true or false, not 'yes'"
    ):
        preset.bind({"on": "yes"})


def test_a_hook_gets_live_objects(make: Any) -> None:
    preset = make(
        {"hooks/1_H/hook.py": hook("H"), "resources/r.py": "def build(runtime): return [runtime]"},
        hooks={
            "1_H": {
                "class_name": "H",
                "kwargs": {"a": "@r", "b": "${ref:r}", "c": ["${runtime.x}"]},
            }
        },
    )
    with preset.bind({"x": {"deep": 1}}) as bound:
        k = bound.hooks[0].k
        assert k["a"] is k["b"] is bound.resources["r"] and k["c"] == [{"deep": 1}]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (
            "class H:\n    def __init__(self, **k):\n        1 / 0",
            "hooks/1_H/hook.py:3: ZeroDivisionError",
        ),
        ("class G: pass", "hooks/1_H/hook.py: it has no `class H`"),
        ("class H: pass", "hooks/1_H/hook.py: TypeError: H() takes no arguments"),
        ("raise OSError(5)", "hooks/1_H/hook.py:1: OSError: 5"),
    ],
)
def test_a_hook_that_cannot_be_made_is_an_error_with_a_place(
    make: Any, code: str, says: str
) -> None:
    preset = make(
        {"hooks/1_H/hook.py": code}, hooks={"1_H": {"class_name": "H", "kwargs": {"a": 1}}}
    )
    with pytest.raises(LoadError) as caught:
        preset.bind()
    assert str(caught.value) == says or str(caught.value).startswith(says)


def test_permissions_hold_in_a_run(make: Any) -> None:
    preset = make(
        {"tools/rm/execute.py": "def execute(*, path): return 'gone'"},
        tools={
            "rm": {
                "parameters": {"type": "object", "properties": {"path": {}}, "required": ["path"]}
            }
        },
        config={"permissions": {"deny": [{"tool": "rm", "matches": {"path": "${runtime.keep}"}}]}},
    )
    script = [{"tool": "rm", "args": {"path": "a"}}, {"tool": "rm", "args": {"path": "b"}}, DONE]
    with preset.bind({"keep": "a"}) as bound:
        loop = composable_loop(
            MockLLMBackend(script), "x", bound.tools, hooks=bound.hooks, config=bound.config
        )
        errors = [step.tool_result.error for step in loop]
    assert errors[0].startswith("denied") and errors[1:] == [None, None]


def test_the_done_tool_of_another_name_is_let_through_and_one_called_done_is_not(make: Any) -> None:
    preset = make(
        {f"tools/{name}/execute.py": "def execute(): return 1" for name in ("done", "finish")},
        tools={"done": {}, "finish": {}},
        config={"done_tool": "finish", "permissions": {"default": "deny"}},
    )
    with preset.bind() as bound:
        model = MockLLMBackend([{"tool": "done"}, {"tool": "finish"}])
        steps = list(
            composable_loop(model, "t", bound.tools, hooks=bound.hooks, config=bound.config)
        )
    assert [step.tool_result.ok for step in steps] == [False, True]


def test_a_broken_permission_is_an_error(make: Any) -> None:
    with pytest.raises(PresetError, match="agent: permissions: no key 'dney'"):
        make(config={"permissions": {"dney": []}}).bind()


# ── resources ─────────────────────────────────────────────────────────────────────────────────────


def test_one_instance_of_a_resource_for_each_binding(make: Any) -> None:
    preset = make(
        {
            "resources/box.py": "from lib.box import Box\ndef build(runtime=None): return Box()",
            "lib/box.py": "class Box:\n    made = []\n"
            "    def __init__(self): Box.made.append(self)",
            "tools/t/execute.py": "def execute(ctx): return len(type(ctx.resources['box']).made)",
        },
        tools={"t": {"requires": ["box"]}},
    )
    with preset.bind() as one, preset.bind() as two:
        assert one.resources["box"] is not two.resources["box"]
        assert call(one, "t") == call(one, "t") == call(two, "t") == 1
        assert one.config.resources["box"] is one.resources["box"]


def test_what_is_always_there(make: Any) -> None:
    preset = make(
        {
            "resources/r.py": "def build(runtime): return dict(runtime)",
            "resources/plain.py": "def build(): return 1",
            "tools/t/execute.py": "def execute(ctx):\n"
            "    r = ctx.resources\n"
            "    return [str(r['cartridge_root']), r['python_executable'], r['runtime']['x']]",
        },
        tools={"t": {"requires": ["cartridge_root", "python_executable", "runtime"]}},
        runtime_values={"generate_kwargs": {"dir": "${runtime.cartridge_root}/state"}},
    )
    with preset.bind({"x": 1}) as bound:
        root, executable, x = call(bound, "t")
        assert (executable, x) == (sys.executable, 1)
        assert bound.resources["r"] == {
            "x": 1,
            "cartridge_root": root,
            "python_executable": executable,
        }
        assert bound.config.generate_kwargs == {"dir": f"{root}/state"}
        assert Path(root, "tools/t/execute.py").is_file()
    assert not Path(root).exists()


def test_the_root_of_a_preset_in_a_folder_is_that_folder(make: Any, tmp_path: Path) -> None:
    files = {
        "tools/t/execute.py": "def execute(ctx):\n"
        "    return [str(ctx.resources['cartridge_root']), __file__]"
    }
    own, parent = tmp_path / "own", tmp_path / "parent"
    layers = (
        Layer("own", {}),
        Layer("parent", {"tools/t/execute.py": File(b"")}, "../parent"),
    )
    preset = make(files, tools={"t": {}}, layers=layers, roots=(str(own), str(parent)))
    with preset.bind() as bound:
        assert call(bound, "t") == [str(own), str(parent / "tools/t/execute.py")]


def test_code_that_asks_for_its_file_finds_the_files_around_it(make: Any) -> None:
    preset = make(
        {
            "tools/t/execute.py": "from pathlib import Path\nHERE = Path(__file__).parent\n"
            "def execute(): return (HERE / 'words.txt').read_text()",
            "tools/t/words.txt": "the words",
        },
        tools={"t": {}},
    )
    with preset.bind() as bound:
        assert call(bound, "t") == "the words"


def test_a_path_out_of_the_folder_is_never_written(make: Any) -> None:
    with pytest.raises(PresetError, match="no path inside a cartridge"):
        make({"../evil.py": "x", "tools/t/execute.py": "def execute(): return 1"}, tools={"t": {}})


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (
            "def build(runtime=None):\n    raise OSError('no db')",
            "resources/r.py:2: OSError: no db",
        ),
        ("def biuld(): pass", "resources/r.py: it has no `build(runtime=None)`"),
        (
            "import sys\ndef build():\n    sys.exit(2)",
            "resources/r.py:3: the code left with sys.exit(2)",
        ),
    ],
)
def test_a_resource_that_cannot_be_built(make: Any, code: str, says: str) -> None:
    with pytest.raises(LoadError) as caught:
        make({"resources/r.py": code}).bind()
    assert str(caught.value) == says


def test_resources_are_closed_last_first_whatever_they_raise(make: Any) -> None:
    code = (
        "class R:\n    def __init__(self, log): self.log = log\n"
        "    def close(self):\n        self.log.append({0!r})\n"
        "        if {0!r} == 'b': raise OSError('b')\n"
        "        if {0!r} == 'c': raise SystemExit('c')\n"
        "def build(runtime): return R(runtime['log'])"
    )
    preset = make({f"resources/{n}.py": code.format(n) for n in "abc"})
    log: list[str] = []
    bound = preset.bind({"log": log})
    with pytest.raises(SystemExit, match="c"):
        bound.close()
    assert log == ["c", "b", "a"]
    bound.close()
    assert log == ["c", "b", "a"]


def test_what_was_built_is_closed_when_binding_fails(make: Any) -> None:
    code = "class R:\n    def close(self): LOG.append(1)\nLOG = []\n"
    preset = make(
        {
            "resources/a.py": code
            + "def build(runtime):\n    runtime['log'].append(LOG)\n    return R()",
            "resources/b.py": "def build(): 1/0",
        }
    )
    log: list[list[int]] = []
    with pytest.raises(LoadError):
        preset.bind({"log": log})
    assert log == [[1]]
    assert not [
        name
        for name in sys.modules
        if name.startswith("looplet_cartridge") and "resources.a" in name
    ]


def test_a_resource_that_is_not_thread_safe_is_not_shared_by_calls_at_once(make: Any) -> None:
    preset = make(
        {
            "resources/db.py": "THREAD_SAFE = False\ndef build(): return 1",
            "tools/t/execute.py": "",
            "tools/u/execute.py": "",
        },
        tools={"t": {"concurrent_safe": True, "requires": ["db"]}, "u": {"concurrent_safe": True}},
    )
    with preset.bind() as bound:
        assert not bound.tools.is_concurrent_safe("t") and bound.tools.is_concurrent_safe("u")


# ── inputs and references ─────────────────────────────────────────────────────────────────────────


def test_inputs_are_checked_before_anything_runs(make: Any, tmp_path: Path) -> None:
    mark = f"import os\nos.mkdir({str(tmp_path / 'ran')!r})"
    preset = make(
        {"resources/r.py": mark, "hooks/1_H/hook.py": mark, "memory/m.py": mark},
        hooks={"1_H": {"class_name": "H"}},
        config={"inputs": {"repo": {"type": "string"}, "n": {"type": "integer", "default": 3}}},
    )
    with pytest.raises(InputError, match="`repo` is missing"):
        preset.bind({"n": "x"})
    assert os.listdir(tmp_path) == []


def test_an_input_cannot_add_a_key(make: Any) -> None:
    evil = 'x"\npermissions: {default: allow}\nmax_steps: 99'
    preset = make(
        {"hooks/1_H/hook.py": hook("H")},
        hooks={
            "1_H": {
                "class_name": "H",
                "kwargs": {"note": "see ${runtime.note}", "raw": "${runtime.note}"},
            }
        },
        config={
            "inputs": {"note": {"type": "string"}},
            "permissions": {"default": "deny"},
            "max_steps": 3,
            "model": {"name": "${runtime.note}"},
        },
    )
    with preset.bind({"note": evil}) as bound:
        assert bound.hooks[1].k == {"note": f"see {evil}", "raw": evil}
        assert bound.hooks[0].engine.default == "deny"
        assert bound.config.max_steps == 3


def test_every_reference_that_leads_nowhere_is_named(make: Any) -> None:
    preset = make(
        {"hooks/1_H/hook.py": hook("H")},
        hooks={"1_H": {"class_name": "H", "kwargs": {"a": ["@gone"]}}},
        config={"max_steps": "${runtime.n}"},
    )
    with pytest.raises(PresetError) as caught:
        preset.bind()
    assert "config.max_steps: `${runtime.n}`: the input `n` is missing" in str(caught.value)
    assert "hooks.1_H.kwargs.a[0]: `@gone`: there is no resource `gone`" in str(caught.value)


def test_an_input_that_only_a_reference_mentions_may_be_given(make: Any) -> None:
    preset = make(config={"inputs": {}, "max_steps": "${runtime.n:-4}"})
    assert preset.bind().config.max_steps == 4
    assert preset.bind({"n": 6}).config.max_steps == 6
    with pytest.raises(PresetError, match="agent: max_steps is a whole number"):
        preset.bind({"n": "6"})


# ── config ────────────────────────────────────────────────────────────────────────────────────────


def test_the_config_of_the_loop(make: Any) -> None:
    contract = {"type": "object", "properties": {"summary": {"type": "string"}}}
    preset = make(
        tools={"done": {"output_schema": contract, "parameters": {"type": "object"}}},
        config={
            "model": {"temperature": 0.5, "max_tokens": 10, "top_p": 0.9, "extra": {"seed": 1}}
        },
        runtime_values={
            "temperature": 0.1,
            "generate_kwargs": {"seed": 2},
            "use_native_tools": False,
            "tool_render_hints": {"x": 1},
            "context_window": 1000,
        },
    )
    with preset.bind() as bound:
        config = bound.config
    assert (config.temperature, config.max_tokens) == (0.1, 10)
    assert config.generate_kwargs == {"top_p": 0.9, "seed": 2}
    assert config.use_native_tools is False and config.context_window == 1000
    assert config.output_schema == contract and config.done_tool == "done"


def test_the_system_prompt_word_for_word_or_rendered(make: Any) -> None:
    seen: list[Any] = []

    def reply(messages: Any, last: Any) -> Any:
        seen.append(messages[0]["content"])
        return DONE

    plain = make(prompts={"system": Prompt("You {{ are }} it.")})
    template = Prompt(
        "{% include 'partials/who.md' %} {{ task.goal }} {{ inputs.repo }} {{ tools[0].name }}",
        template=True,
    )
    rendered = make(
        prompts={"system": template, "partials/who": Prompt("I am {{ x }}.")},
        config={"inputs": {"repo": {"type": "string"}}},
    )
    list(composable_loop(MockLLMBackend(reply), "t", plain.tools, config=plain.config))
    with rendered.bind({"repo": "{{ task }}"}) as bound:
        task = {"goal": "find it"}
        list(composable_loop(MockLLMBackend(reply), task, bound.tools, config=bound.config))
    assert seen == ["You {{ are }} it.", "I am {{ x }}. find it {{ task }} done"]


def test_memory_in_the_order_of_the_names(make: Any) -> None:
    files = {
        "memory/a.md": "A\n",
        "memory/b.py": "def load(state): return f'B{state.max_steps}'",
        "memory/long_term.md": "LONG",
        "memory/z.md": "Z",
        "memory/deep/x.md": "no",
        "notes.md": "NOTES",
    }

    def sources(**settings: Any) -> list[str]:
        with make(files, config={"memory": settings}).bind() as bound:
            state = bound.state()
            return [s if isinstance(s, str) else s(state) for s in bound.config.memory_sources]

    assert sources() == ["A", "B15", "Z", "LONG"]
    assert sources(long_term="notes.md") == ["A", "B15", "Z", "NOTES"]
    assert sources(include=["z.md", "a.md"]) == ["Z", "A"]
    assert sources(include=["z.md"], long_term="memory/long_term.md") == ["Z", "LONG"]
    assert sources(max_tokens=1) == ["A\n\nB\n[cut at 1 tokens]"]
    with pytest.raises(PresetError, match=r"there is no file `memory/gone\.md`"):
        sources(include=["gone.md"])


def test_memory_sources_and_state_from_resources(make: Any) -> None:
    preset = make(
        {
            "resources/notes.py": "class N:\n    def load(self, state): return 'from notes'\n"
            "def build(): return N()",
            "resources/case.py": "def build():\n    from looplet.state import DefaultState\n"
            "    return lambda: DefaultState(2)",
        },
        config={"memory_sources": ["@notes", "a text"], "state": "@case"},
    )
    with preset.bind() as bound:
        load, text = bound.config.memory_sources
        assert (load(None), text) == ("from notes", "a text")
        assert bound.state().max_steps == 2 and bound.state() is not bound.state()
    with make(config={"state": {"a": [1]}}).bind() as bound:
        bound.state().metadata["a"].append(2)
        assert bound.state().metadata == {"a": [1]}


def test_builtin_hooks_read_the_agents_files(make: Any) -> None:
    preset = make(
        {"skills/sum/SKILL.md": "---\nname: sum\ndescription: adds\n---\nAdd up."},
        config={
            "builtin_hooks": [{"static_briefing": {"path": "prompts/brief.md"}}, "skill_activation"]
        },
        prompts={"brief": Prompt("Be brief.")},
    )
    with preset.bind() as bound:
        assert bound.hooks[0].text == "Be brief."
        assert bound.hooks[1].skills == {"sum": ("adds", "Add up.")}
    with pytest.raises(PresetError, match=r"agent: there is no file `prompts/gone\.md`"):
        make(config={"builtin_hooks": [{"static_briefing": {"path": "prompts/gone.md"}}]}).bind()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (
            {"config": {"done_tool": "finish"}},
            "agent has no tool `finish` to end a run with; its tools are: done",
        ),
        ({"tools": {"t": {"requires": ["db"]}}}, "the tool `t` of agent requires `db`"),
        (
            {"config": {"builtin_tools": ["subagent"]}},
            "there is no cartridge in `agents/`",
        ),
        (
            {"config": {"mcp_servers": {"docs": {"command": "x 'y"}}}},
            "agent: mcp_servers.docs.command cannot be split into arguments",
        ),
        (
            {"config": {"mcp_servers": {"docs": {"command": "x", "url": "http://x/"}}}},
            "agent: mcp_servers.docs has a `command` and a `url`",
        ),
        (
            {"hooks": {"1_H": {"class_name": "H", "extra": {"kind": "lep"}}}},
            "outside of the process",
        ),
    ],
)
def test_what_cannot_run_says_so(make: Any, fields: Any, says: str) -> None:
    with pytest.raises(PresetError, match=says):
        make(**fields).bind()


# ── many of them, and the end ─────────────────────────────────────────────────────────────────────


def test_forty_bindings_at_once_never_mix(make: Any) -> None:
    found: dict[int, list[Any]] = {}
    start = threading.Barrier(40)

    def run(number: int) -> None:
        preset = make(
            {
                "tools/t/execute.py": "import helper\n"
                "def execute(ctx):\n    from lib.deep import X\n"
                "    return [helper.X, X, ctx.resources['r']]",
                "tools/t/helper.py": f"X = {number}",
                "lib/deep.py": f"X = {number}",
                "resources/r.py": "import lib.deep\ndef build(): return lib.deep.X",
            },
            tools={"t": {}},
        )
        start.wait(10)
        with preset.bind() as bound:
            found[number] = call(bound, "t")

    threads = [threading.Thread(target=run, args=(n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == {n: [n, n, n] for n in range(40)}
    assert not [
        name for name in sys.modules if name.startswith("looplet_cartridge_") and ".helper" in name
    ]


def test_a_closed_binding_loads_no_more_code(make: Any) -> None:
    preset = make({"tools/t/execute.py": "def execute(): return 1"}, tools={"t": {}})
    with preset.bind() as bound:
        pass
    assert "the cartridge is closed" in bound.tools.dispatch(ToolCall("t", {})).error


def test_a_preset_that_nobody_uses_leaves_nothing_behind(make: Any) -> None:
    preset = make(
        {"tools/t/execute.py": "HERE = __file__\ndef execute(): return HERE"}, tools={"t": {}}
    )
    tools = preset.tools
    place = tools.dispatch(ToolCall("t", {})).data
    del preset
    gc.collect()
    assert Path(place).exists()  # the tools are still in use
    del tools
    gc.collect()
    assert not Path(place).exists()


def test_binding_two_presets_from_the_same_bytes_gives_two_worlds(make: Any) -> None:
    files = {"tools/t/execute.py": "N = []\ndef execute():\n    N.append(1)\n    return len(N)"}
    with make(files, tools={"t": {}}).bind() as one, make(files, tools={"t": {}}).bind() as two:
        assert [call(one, "t"), call(one, "t"), call(two, "t")] == [1, 2, 1]


def test_bind_is_what_the_preset_calls(make: Any) -> None:
    with bind(make(), {"x": 1}) as bound:
        assert bound.inputs == {"x": 1}
