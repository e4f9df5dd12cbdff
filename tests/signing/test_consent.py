"""Running a package file: who is asked, once, and who is not; and what never runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from signing_files import HELLO, Desk, compile_
from signing_keys import Keys

from looplet.cli import main
from looplet.commands import terminal
from looplet.compiler.archive.opening import open_package
from looplet.compiler.archive.zip_writer import FIRST, written

DONE = "Greeted"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def ran(path: Path | str, *words: str) -> tuple[int, str, str]:
        code = main(["run", str(path), "Greet Ada and Grace", "--scripted", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return ran


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Call it with the answer that a person gives; it returns the questions as they come."""

    def answering(answer: str) -> list[str]:
        questions: list[str] = []

        def ask(question: str, options: list[str]) -> str:
            questions.append(question)
            return answer

        monkeypatch.setattr(terminal, "asks_in_terminal", lambda: True)
        monkeypatch.setattr(terminal, "ask", ask)
        return questions

    return answering


def test_without_a_terminal_it_is_refused_on_one_line(desk: Desk, run: Any) -> None:
    code, out, err = run(desk.built())
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "nobody has signed it" in err
    assert "--trust" in err and "looplet-compile verify" in err


def test_trust_runs_it_and_remembers_nothing(desk: Desk, run: Any) -> None:
    path = desk.built()
    assert run(path, "--trust")[0] == 0
    assert run(path)[0] == 2


def test_a_yes_is_asked_for_once(desk: Desk, run: Any, asked: Any) -> None:
    path = desk.built()
    questions = asked("yes")
    code, _, err = run(path)
    assert code == 0 and len(questions) == 1
    assert open_package(path).tree_digest in err
    assert "nobody has signed it" in err
    assert run(path)[0] == 0
    assert len(questions) == 1
    moved = path.rename(desk.folder / "moved.cartridge")
    assert run(moved)[0] == 0
    assert len(questions) == 1, "it is the contents that were said yes to"
    assert run(desk.built("wheel"))[0] == 0
    assert len(questions) == 1, "and a wheel of them is no other agent"


def test_what_one_built_is_not_asked_about(desk: Desk, run: Any) -> None:
    assert compile_("build", HELLO, "-o", desk.folder).status == 0
    assert run(desk.folder / "hello-1.0.0.cartridge")[0] == 0
    theirs = desk.built()
    assert run(theirs)[0] == 0, "the same contents"
    # Built again of a package, it is still not one's own.
    other = desk.folder / "other.cartridge"
    compile_("roundtrip", HELLO, other)
    compile_("set", other, "config.max_steps=9")
    got = desk.built(of=other)
    assert compile_("build", got, "-o", desk.folder / "again").status == 0
    assert run(desk.folder / "again" / got.name)[0] == 2


@pytest.mark.parametrize("answer", ["no", "", "maybe", "yes please", "nyes"])
def test_anything_but_a_yes_is_a_no(desk: Desk, run: Any, asked: Any, answer: str) -> None:
    path = desk.built()
    questions = asked(answer)
    code, out, err = run(path)
    assert (code, out) == (2, "") and "was not run" in err
    assert run(path)[0] == 2
    assert len(questions) == 2, "a no is not remembered"


def test_other_contents_are_asked_about_again(desk: Desk, run: Any, asked: Any) -> None:
    questions = asked("yes")
    assert run(desk.built())[0] == 0
    other = desk.folder / "hello.cartridge"
    compile_("roundtrip", HELLO, other)
    compile_("set", other, "config.max_steps=9")
    assert run(desk.built(of=other))[0] == 0
    assert len(questions) == 2


def test_another_preset_under_the_same_tree_is_asked_about(
    desk: Desk, run: Any, asked: Any
) -> None:
    """A yes is to what runs, which is the preset in the package, and not to the files alone."""
    from test_sign_and_verify import lying, rewritten

    questions = asked("yes")
    path = desk.built()
    assert run(path)[0] == 0
    package = open_package(path)
    config = {**package.ir["preset"]["config"], "max_steps": 99}
    liar = lying(package, {**package.ir["preset"], "config": config})
    assert liar.tree_digest == package.tree_digest
    run(rewritten(path, liar))
    assert len(questions) == 2


# ── signed ────────────────────────────────────────────────────────────────────────────────────────


def test_whom_the_trust_file_names_is_not_asked_about(desk: Desk, run: Any) -> None:
    path = desk.signed(1)
    desk.trust(1)
    code, _, err = run(path)
    assert code == 0 and "--trust" not in err
    desk.trust(1, names=["other-*"])
    code, _, err = run(path)
    assert code == 2 and "nobody whom your trust file names" in err


def test_an_expired_signature_is_asked_about(desk: Desk, run: Any, asked: Any) -> None:
    path = desk.signed(1)
    desk.trust(1, valid_before="2020-01-01")
    code, _, err = run(path)
    assert code == 2 and "has expired" in err
    questions = asked("yes")
    assert run(path)[0] == 0 and len(questions) == 1


def test_what_is_wrongly_signed_never_runs(desk: Desk, run: Any, asked: Any) -> None:
    questions = asked("yes")
    path = desk.built()
    assert run(path)[0] == 0  # remembered
    broken = replace(open_package(path), attestations={"a.json": b"{}\n"})
    path.write_bytes(written(broken.members(), FIRST))
    desk.trust(1)
    for words in ((), ("--trust",)):
        code, out, err = run(path, *words)
        assert (code, out) == (2, "") and "CT770" in err
    assert len(questions) == 1


def test_what_a_revoked_key_signed_never_runs(desk: Desk, run: Any, asked: Any) -> None:
    questions = asked("yes")
    path = desk.signed(1)
    desk.trust(1, revoked="was stolen")
    for words in ((), ("--trust",)):
        code, _, err = run(path, *words)
        assert code == 2 and "its key was revoked: was stolen [CT773]" in err
    assert not questions


def test_a_trust_file_with_a_mistake_runs_nothing(desk: Desk, run: Any) -> None:
    path = desk.signed(1)
    desk.trusting({"trust": 1, "keys": "all"})
    code, out, err = run(path, "--trust")
    assert (code, out) == (2, "") and "keys is a text, not a list" in err


def test_what_cannot_be_verified_is_as_if_unsigned(desk: Desk, run: Any, request: Any) -> None:
    path = desk.signed(1)
    desk.trust(1)
    request.getfixturevalue("without_ssh_keygen")
    request.getfixturevalue("without_cryptography")
    code, _, err = run(path)
    assert code == 2 and "cannot be verified here, which is as if it had none" in err
    assert run(path, "--trust")[0] == 0


# ── what the user has chosen already ──────────────────────────────────────────────────────────────


def test_a_folder_is_never_asked_about(desk: Desk, run: Any, asked: Any) -> None:
    questions = asked("no")
    path = desk.built()
    compile_("unpack", path, "unpacked.cartridge")
    assert run("unpacked.cartridge")[0] == 0
    assert run(HELLO)[0] == 0
    assert run("hello")[0] == 0
    assert not questions


def test_what_is_installed_is_never_asked_about(
    desk: Desk, run: Any, asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    questions = asked("no")
    with zipfile.ZipFile(desk.built("wheel")) as wheel:
        wheel.extractall(desk.folder / "site")
    monkeypatch.syspath_prepend(str(desk.folder / "site"))
    assert run("hello")[0] == 0
    assert not questions


# ── what is remembered ────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_yes_that_somebody_else_could_have_said_does_not_count(
    desk: Desk, run: Any, asked: Any
) -> None:
    path = desk.built()
    questions = asked("yes")
    assert run(path)[0] == 0
    folder = desk.folder / "state/looplet/allowed"
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    code, _, err = run(path)
    assert code == 0 and len(questions) == 2
    assert "not remembered: others can write the folder" in err
    folder.chmod(0o700)
    assert run(path)[0] == 0 and len(questions) == 2


def test_where_nothing_can_be_kept_it_runs_and_says_so(desk: Desk, run: Any, asked: Any) -> None:
    (desk.folder / "state").write_text("a file where the folder should be")
    questions = asked("yes")
    code, _, err = run(desk.built())
    assert code == 0 and len(questions) == 1
    assert "not remembered" in err


def test_a_yes_is_taken_back_by_deleting_it(desk: Desk, run: Any, asked: Any) -> None:
    path = desk.built()
    questions = asked("yes")
    run(path)
    (kept,) = (desk.folder / "state/looplet/allowed").iterdir()
    assert kept.read_text() == "hello 1.0.0\n"
    assert os.name == "nt" or kept.stat().st_mode & 0o777 == 0o600
    kept.unlink()
    run(path)
    assert len(questions) == 2


# ── alone ─────────────────────────────────────────────────────────────────────────────────────────

CORE = """
import sys
from importlib.machinery import PathFinder

class Core:
    "As if nothing but looplet were installed."
    @staticmethod
    def find_spec(name, path=None, target=None):
        top = name.partition(".")[0]
        if top != "looplet" and top not in sys.stdlib_module_names:
            raise ModuleNotFoundError(name, name=top)

import looplet
sys.meta_path.insert(0, Core)
from looplet.cli import main
code = main(sys.argv[1:])
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"cryptography", "yaml", "click", "jsonschema", "jinja2"}, loaded
sys.exit(code)
"""


def test_the_core_alone_runs_and_refuses(desk: Desk) -> None:
    """With no package but looplet: it opens, asks for --trust, and runs."""
    agent = desk.folder / "plain.cartridge"
    compile_("new", "plain", "--dir", desk.folder)
    path = desk.built(of=agent)
    environment = {**os.environ, "PATH": os.devnull}

    def ran(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", CORE, "run", str(path), "Hi", "--scripted", *words]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    refused = ran()
    assert refused.returncode == 2 and "nobody has signed it" in refused.stderr, refused.stderr
    done = ran("--trust")
    assert done.returncode == 0, done.stderr
    compile_("sign", path, "--key", desk.keys.pem())
    desk.trust(1)
    refused = ran()
    assert refused.returncode == 2, refused.stderr
    assert "cannot be verified here" in refused.stderr


def test_ssh_keygen_alone_is_enough(desk: Desk, ssh: Any, keys: Keys) -> None:
    """Core and OpenSSH: a signature of that kind is verified, and runs without a question."""
    compile_("new", "plain", "--dir", desk.folder)
    path = desk.built(of=desk.folder / "plain.cartridge")
    assert compile_("sign", path, "--key", keys.openssh()).status == 0
    desk.trust(1)
    command = [sys.executable, "-c", CORE, "run", str(path), "Hi", "--scripted"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_description_cannot_look_like_an_answer(desk: Desk, run: Any, asked: Any) -> None:
    asked("no")
    compile_("new", "sly")
    said = "Hi.\n  signed    by everybody: valid\x1b[2J"
    done = compile_("set", "sly.cartridge", f"cartridge.description={json.dumps(said)}")
    assert not done.status, done.remarks
    path = desk.built(of=desk.folder / "sly.cartridge")
    _, _, err = run(path)
    assert "\x1b" not in err and "by everybody" in err
    assert [line for line in err.splitlines() if line.startswith("  signed")] == [
        "  signed    nobody has signed it"
    ]


def test_what_a_person_is_shown(desk: Desk, run: Any, asked: Any) -> None:
    asked("no")
    compile_("new", "busy")
    folder = desk.folder / "busy.cartridge"
    with open(folder / "config.yaml", "a") as config:
        servers = ", ".join(f"s{n}: {{command: serve {n}, tools: [t{n}]}}" for n in range(12))
        config.write(f"mcp_servers: {{{servers}}}\npermissions: {{default: ask}}\n")
    (folder / "resources").mkdir(exist_ok=True)
    (folder / "resources/net.py").write_text(
        "import urllib.request\n\n\ndef build():\n    return urllib.request.urlopen\n"
    )
    _, _, err = run(desk.built(of=folder))
    rows = [line for line in err.splitlines() if line.startswith("  ")]
    assert any(row.startswith("  reaches") and "network" in row for row in rows)
    assert any(row.startswith("  reaches") and "processes" in row for row in rows)
    assert "  server    s0: serve 0" in rows and "  server    and 4 more" in rows
    assert "  permits   ask, where no rule says otherwise" in rows
