"""hello: its tools share what its hook reads."""

from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def greetings(hello):
    return hello.resource("greetings")


def test_a_greeting_is_remembered(hello, greetings):
    said = hello.call("greet", {"greetings": greetings}, name="Ada")
    assert said == {"greeting": "Hello Ada, how good to see you!"}
    done = hello.call("done", {"greetings": greetings}, summary="I greeted Ada.")
    assert done == {"summary": "I greeted Ada.", "greeted": ["Ada"]}


def test_two_runs_share_nothing(hello, greetings):
    greetings.greet("Ada", "brief")
    assert hello.resource("greetings").greeted() == []


def test_every_language_has_every_style(hello):
    phrases = hello.load("resources/greetings.py").PHRASES
    assert {tuple(styles) for styles in phrases.values()} == {("warm", "formal", "brief")}
    for language in phrases:
        built = hello.resource("greetings", language=language)
        assert "Ada {} %s" in built.greet("Ada {} %s", "warm")


def test_greeting_from_many_threads_loses_nobody(greetings):
    names = [f"n{i % 50}" for i in range(1000)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: greetings.greet(name, "brief"), names))
    assert sorted(greetings.greeted()) == sorted(set(names))


def test_done_is_refused_before_anybody_was_greeted(hello, greetings):
    hook = hello.load("hooks/10_GreetFirst/hook.py").GreetFirst(greetings=greetings)
    assert "Call `greet`" in hook.check_done(None, None, None, 1)
    greetings.greet("Ada", "warm")
    assert hook.check_done(None, None, None, 2) is None
