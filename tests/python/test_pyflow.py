from __future__ import annotations

import pytest

from looplet.compiler.python.facts import facts


def ends(text: str) -> str | None:
    found = facts(text.encode())
    assert found["problem"] is None, found["problem"]
    return found["exits"]["what"] if found["exits"] else None


def body_ends(*lines: str) -> str | None:
    found = facts(("def f(a):\n" + "".join(f"    {line}\n" for line in lines)).encode())
    assert found["problem"] is None, found["problem"]
    exits = found["functions"][0]["exits"]
    return exits["what"] if exits else None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("raise ValueError('x')", "raise ValueError"),
        ("raise errors.Broken", "raise errors.Broken"),
        ("raise", "raise"),
        ("import sys\nsys.exit()", "sys.exit()"),
        ("import os\nos._exit(1)", "os._exit()"),
        ("quit()", "quit()"),
        ("assert False, 'not yet'", "assert"),
        ("x = 1\nif x:\n    y = 2\nraise SystemExit", "raise SystemExit"),
        ("if x:\n    raise A\nelse:\n    exit()", "raise A"),
        ("if x:\n    raise A\nelif y:\n    raise B\nelse:\n    raise C", "raise A"),
        ("try:\n    import x\nfinally:\n    raise A", "raise A"),
        ("try:\n    raise A\nexcept A:\n    raise B", "raise A"),
        ("def main(): raise SystemExit(0)\nmain()", "main()"),
        ("def main():\n    import sys\n    sys.exit(run())\nx = 1\nmain()", "main()"),
    ],
)
def test_modules_that_never_load(text: str, what: str) -> None:
    assert ends(text) == what


@pytest.mark.parametrize(
    "text",
    [
        "if __name__ == '__main__':\n    raise SystemExit(main())",
        "if x:\n    raise A",
        "if x:\n    raise A\nelse:\n    pass",
        "try:\n    raise A\nexcept A:\n    pass",
        "try:\n    import x\nexcept ImportError:\n    raise SystemExit('install x') from None",
        "with suppress(A):\n    raise A",
        "for x in y:\n    raise A",
        "while x:\n    raise A",
        "match x:\n    case 1:\n        raise A",
        "def f():\n    raise A",
        "class A:\n    raise_ = 1",
        "def exit(): ...\nexit()",
        "from x import exit\nexit(1)",
        "async def main(): raise A\nmain()",
        "if x:\n    def main(): raise A\nmain()",
        "@task\ndef main(): raise A\nmain()",
        "sys.exit",
        "assert x",
        "x.exit()",
    ],
)
def test_modules_that_may_load(text: str) -> None:
    assert ends(text) is None


def test_functions() -> None:
    assert body_ends("'''Doc.'''", "raise NotImplementedError") == "raise NotImplementedError"
    assert body_ends("if a:", "    return 1", "raise A") is None
    assert body_ends("return 1", "raise A") is None
    assert body_ends("for x in a:", "    if x:", "        return", "raise A") is None
    assert body_ends("def g(): return 1", "raise A") == "raise A"
    assert body_ends("try:", "    return 1", "finally:", "    raise A") is None
    assert body_ends("try:", "    x()", "    raise A", "except B:", "    return 1") is None
    assert body_ends("yield 1", "raise A") is None


def test_a_method() -> None:
    found = facts(b"class A:\n    def __init__(self):\n        self.x = 1\n        raise B()\n")
    exits = found["classes"][0]["methods"][0]["exits"]
    assert exits == {"what": "raise B", "span": [4, 9, 4, 18]}
