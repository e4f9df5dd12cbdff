from __future__ import annotations

import inspect
from typing import Any

import pytest

from looplet import protocols
from looplet.compiler.checks.hook_code import HOOK_METHODS, check_hook
from looplet.compiler.diagnostics import Diagnostic, Span
from looplet.compiler.python.facts import facts
from looplet.hooks import METHODS

PATH = "hooks/10_Guard/hook.py"
CONFIG = "hooks/10_Guard/config.yaml"
METHOD = "    def pre_dispatch(self, state, session_log, tool_call, step_num): ...\n"

PLACES = {
    (("class_name",), False): Span.at(1, 13, 5),
    (("kwargs",), True): Span.at(2, 1, 6),
    (("kwargs", "max_call"), True): Span.at(3, 3, 8),
}


def locate(path: tuple[str | int, ...], key: bool = False) -> Span | None:
    return PLACES.get((path, key))


def check(text: str, **config: Any) -> list[Diagnostic]:
    config.setdefault("class_name", "Guard")
    return check_hook(PATH, facts(text.encode()), config, CONFIG, locate)


def codes(found: list[Diagnostic]) -> list[str]:
    return [each.code for each in found]


def test_the_table_is_that_of_the_loop() -> None:
    assert set(HOOK_METHODS) == set(METHODS)
    for name, parameters in HOOK_METHODS.items():
        protocol = getattr(protocols, name.title().replace("_", ""))
        taken = list(inspect.signature(getattr(protocol, name)).parameters)[1:]
        assert len(parameters) - (name == "check_done") == len(taken), name


@pytest.mark.parametrize("name", sorted(HOOK_METHODS))
def test_each_method_as_documented(name: str) -> None:
    for parameters in (", ".join(HOOK_METHODS[name]), "*args", "*args, **more", "a=1, *b"):
        assert check(f"class Guard:\n    def {name}(self, {parameters}): ...") == []
    assert check(f"class Guard:\n    def {name}(*everything): ...") == []
    assert check(f"class Guard:\n    @unknown\n    def {name}(self): ...") == []


def test_check_done_takes_four_or_five() -> None:
    four = "state, session_log, context, step_num"
    for parameters in (four, four + ", tool_call", four + ", tool_call=None, more=1"):
        assert check(f"class Guard:\n    def check_done(self, {parameters}): ...") == []
    found = check(f"class Guard:\n    def check_done(self, {four}, a, b): ...")
    assert codes(found) == ["CT435"]


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ("self, state, session_log, tool_call", "takes only 3"),
        ("self, a, b, c, d, e", "requires 5"),
        ("self, a, b, c, d, *, limit", "`limit` can only be given by name"),
        ("self", "takes none"),
        ("state, session_log, tool_call, step_num", "`self` is missing"),
        ("", "takes none"),
    ],
)
def test_wrong_parameters(parameters: str, why: str) -> None:
    (found,) = check(f"class Guard:\n    def pre_dispatch({parameters}): ...")
    assert found.code == "CT435" and why in found.message
    assert found.path == PATH and found.span == Span.at(2, 9, len("pre_dispatch"))
    assert "`pre_dispatch(state, session_log, tool_call, step_num)`" in found.message


def test_static_methods_have_no_self() -> None:
    text = "class Guard:\n    @staticmethod\n    def on_event({}): ..."
    assert check(text.format("payload")) == []
    assert codes(check(text.format("self, payload"))) == ["CT435"]


def test_swapped_parameters() -> None:
    (found,) = check("class Guard:\n    def should_stop(self, step_num, state, new_entities): ...")
    assert (found.code, found.severity) == ("CT436", "warning")


def test_async_and_generator_methods() -> None:
    (found,) = check("class Guard:\n    async def on_event(self, payload): ...")
    assert (found.code, found.severity) == ("CT437", "warning")
    assert codes(check("class Guard:\n    def on_event(self, p): yield")) == ["CT409"]


def test_a_class_that_is_not_there() -> None:
    (found,) = check(f"class Guard:\n{METHOD}", class_name="Gaurd")
    assert (found.code, found.path, found.span) == ("CT430", CONFIG, Span.at(1, 13, 5))
    assert "did you mean `Guard`?" in found.message
    (fix,) = found.fixes
    assert fix.safe and fix.edits[0].text == "Guard" and fix.edits[0].path == CONFIG
    (found,) = check(f"class Other:\n{METHOD}")
    assert "it has `Other`" in found.message and found.fixes == ()
    assert "no class at all" in check("x = 1")[0].message


def test_no_class_named_anywhere() -> None:
    assert codes(check("x = 1", class_name=None)) == ["CT432"]
    assert check(f"class First:\n{METHOD}", class_name=None) == []
    assert codes(check("class First: ...\nclass Guard: ...", class_name=None)) == ["CT433"]


@pytest.mark.parametrize(
    ("text", "what"),
    [("def Guard(): ...", "a function"), ("Guard = 'x'", "a text"), ("Guard = f()", None)],
)
def test_the_name_is_no_class(text: str, what: str | None) -> None:
    found = check(text)
    assert codes(found) == (["CT431"] if what else [])
    assert not what or what in found[0].message


def test_no_hook_method() -> None:
    (found,) = check("class Guard:\n    def run(self): ...")
    assert found.code == "CT433" and found.span == Span.at(1, 7, 5)
    for known in ("x.Base", "Base", "metaclass=M"):
        assert check(f"from y import Base\nclass Guard({known}): ...") == []
    assert check("class Guard:\n    def __getattr__(self, name): ...") == []
    assert check("class Guard:\n    pre_loop = helper") == []
    assert codes(check("from typing import Protocol\nclass Guard(Protocol): ...")) == ["CT433"]


def test_methods_of_a_base_in_the_same_file() -> None:
    text = f"class Base:\n{METHOD}class Guard(Base): ..."
    assert check(text) == []
    broken = "class Base:\n    def on_event(self): ...\nclass Guard(Base): ..."
    assert codes(check(broken)) == ["CT435"]
    assert check(broken + "\n    def on_event(self, payload): ...") == []
    assert codes(check("class Guard(Other): ...\nclass Other(Guard): ...")) == ["CT433"]


@pytest.mark.parametrize("name", ["post_dispach", "check_dones", "pre_promt", "on_loop_ends"])
def test_misspelt_methods(name: str) -> None:
    (found,) = check(f"class Guard:\n    def {name}(self): ...")
    assert found.code == "CT434" and found.fixes[0].safe
    assert found.span == Span.at(2, 9, len(name)) == found.fixes[0].edits[0].span
    assert check(f"class Guard:\n{METHOD}    def _{name}(self): ...") == []


def test_a_short_name_is_no_typo() -> None:
    for name in ("post", "pre", "on", "stop", "check", "loop", "event"):
        assert check(f"class Guard:\n{METHOD}    def {name}(self): ...") == []


def test_a_helper_that_looks_like_a_method_that_is_there() -> None:
    assert check("class Guard:\n    def on_event(self, p): ...\n    def on_events(self): ...") == []


# -- the constructor -------------------------------------------------------------------------

INIT = "class Guard:\n    def __init__({}): ...\n" + METHOD


@pytest.mark.parametrize(
    ("parameters", "kwargs"),
    [
        ("self", None),
        ("self", {}),
        ("self, a, b=1", {"a": 1}),
        ("self, *, a", {"a": "@x"}),
        ("self, *rest, **more", {"anything": 1}),
    ],
)
def test_kwargs_that_fit(parameters: str, kwargs: Any) -> None:
    assert check(INIT.format(parameters), kwargs=kwargs) == []


def test_an_unknown_kwarg() -> None:
    (found,) = check(INIT.format("self, max_calls=5"), kwargs={"max_call": 3})
    assert (found.code, found.path, found.span) == ("CT438", CONFIG, Span.at(3, 3, 8))
    assert "did you mean `max_calls`?" in found.message
    assert found.fixes[0].safe and found.fixes[0].edits[0].text == "max_calls"
    (found,) = check(INIT.format("self"), kwargs={"max_call": 3})
    assert "it takes no arguments" in found.message and found.fixes == ()


def test_a_missing_kwarg() -> None:
    (found,) = check(INIT.format("self, engine"), kwargs={})
    assert (found.code, found.path, found.span) == ("CT439", CONFIG, Span.at(2, 1, 6))
    assert found.notes == (f"`engine` is a parameter in {PATH}, line 2",)


def test_a_misspelt_required_kwarg_is_one_finding() -> None:
    assert codes(check(INIT.format("self, max_calls"), kwargs={"max_call": 3})) == ["CT438"]


def test_a_class_without_a_constructor() -> None:
    text = f"class Guard:\n{METHOD}"
    assert codes(check(text, kwargs={"max_call": 1})) == ["CT438"]
    assert check(text, kwargs={"a": 1, "b": 2}) != []
    assert check(f"class Guard(elsewhere.Base):\n{METHOD}", kwargs={"max_call": 1}) == []
    assert check(f"@unknown\nclass Guard:\n{METHOD}", kwargs={"max_call": 1}) == []
    new = "    def __new__(cls, *a): ...\n"
    assert check(f"class Guard:\n{new}{METHOD}", kwargs={"max_call": 1}) == []


def test_an_inherited_constructor() -> None:
    text = INIT.format("self, max_calls").replace("Guard", "Base") + "class Guard(Base): ..."
    assert codes(check(text)) == ["CT439"]
    assert check(text, kwargs={"max_calls": 3}) == []


def test_dataclasses() -> None:
    text = (
        "@dataclass\nclass Base:\n    a: int\n"
        f"@dataclass\nclass Guard(Base):\n    b: int = 3\n{METHOD}"
    )
    assert check(text, kwargs={"a": 1}) == check(text, kwargs={"a": 1, "b": 2}) == []
    assert codes(check(text, kwargs={"b": 1})) == ["CT439"]
    assert codes(check(text, kwargs={"a": 1, "c": 1})) == ["CT438"]
    text = f"@dataclass\nclass Guard(x.Base):\n    b: int = 3\n{METHOD}"
    assert check(text, kwargs={"max_call": 1}) == []
    text = f"@dataclass(init=False)\nclass Guard:\n    b: int = 3\n{METHOD}"
    assert check(text, kwargs={"max_call": 1}) == []
    own = "    def __init__(self, c): ...\n"
    text = f"@dataclass\nclass Guard:\n    b: int = 3\n{own}{METHOD}"
    assert check(text, kwargs={"c": 1}) == []


def test_a_positional_only_constructor() -> None:
    (found,) = check(INIT.format("self, engine, /"), kwargs={})
    assert found.code == "CT440" and found.path == PATH


def test_a_constructor_that_always_raises() -> None:
    text = f"class Guard:\n    def __init__(self):\n        raise NotImplementedError\n{METHOD}"
    (found,) = check(text)
    assert found.code == "CT410" and found.span == Span.at(3, 9, len("raise NotImplementedError"))
    assert "`Guard.__init__`" in found.message


@pytest.mark.parametrize("kwargs", [3, "x", [1], {3: 4}])
@pytest.mark.parametrize("name", [3, ["x"], {}])
def test_odd_configs_do_not_raise(kwargs: Any, name: Any) -> None:
    check(INIT.format("self"), class_name=name, kwargs=kwargs)
    check(INIT.format("self"), kwargs=kwargs)
    assert check("def (", kwargs=kwargs) == []
