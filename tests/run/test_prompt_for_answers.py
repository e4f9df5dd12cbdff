"""The prompt of `--ask`: whose answer it is, and what cannot be one."""

import io
import sys
from threading import Thread
from time import sleep
from typing import Any

import pytest

from looplet.commands.terminal import ask


def test_those_who_ask_at_the_same_time_are_answered_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prompts = io.StringIO()

    class Human:
        """Answers the last question that stands on the screen."""

        def readline(self) -> str:
            sleep(0.01)
            return prompts.getvalue().rsplit("Is it ", 1)[1].partition("?")[0] + "\n"

    monkeypatch.setattr(sys, "stderr", prompts)
    monkeypatch.setattr(sys, "stdin", Human())
    heard: dict[str, str] = {}

    def one(name: str) -> None:
        heard[name] = ask(f"Is it {name}?", ["yes", "no"])

    threads = [Thread(target=one, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {name: name for name in "abcd"}


def test_bytes_that_are_no_text_are_no_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    given = io.TextIOWrapper(io.BytesIO(b"yes\xff\n"), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", given)
    assert ask("Really?", ["yes", "no"]) == ""


def test_options_cannot_drive_the_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    ask("Really?\x1b[2J", ["yes\x1b[2J", "no"])
    assert "\x1b" not in capsys.readouterr().err
