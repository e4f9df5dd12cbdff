"""`looplet run --locked`: what differs does not run, and holding a lock needs only Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from locked_folders import AGENT, CONFIG, MANIFEST, lock_quickly

from looplet import cli
from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.contents import package_of
from looplet.compiler.archive.errors import PackageError
from looplet.compiler.archive.package import pack
from looplet.compiler.cli import main as compile_main
from looplet.compiler.locking import environment
from looplet.compiler.locking.errors import LockError
from looplet.compiler.locking.holding import hold

WITHOUT_SERVERS = CONFIG.partition("mcp_servers:")[0]
PINNED = {"alpha": "1.0", "beta": "1.0", "delta": "1.0", "gamma": "1.0"}

Install = Callable[..., None]
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: Any) -> Install:
    """install(alpha="1.0", …): distributions of these versions, None for none. Returns nothing."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))

    def put(origin: Any = None, **versions: str | None) -> None:
        for name, version in versions.items():
            for old in site.glob(f"{name}-*.dist-info/*"):
                old.unlink()
            for old in site.glob(f"{name}-*.dist-info"):
                old.rmdir()
            if version is None:
                continue
            info = site / f"{name}-{version}.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(
                f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            )
            if origin is not None:
                (info / "direct_url.json").write_text(json.dumps(origin))

    return put


@pytest.fixture
def locked(child: Path, edit: Any, install: Install) -> Path:
    """The child, locked, and everything installed as it was locked."""
    edit({"child.cartridge/config.yaml": WITHOUT_SERVERS})
    lock_quickly(child)
    install(**PINNED)
    return child


@pytest.fixture
def run(locked: Path, capsys: Any) -> Run:
    def command(*args: str, path: Any = locked) -> tuple[int, str]:
        capsys.readouterr()
        code = cli.main(["run", str(path), "a task", "--locked", "--scripted", *args])
        said = capsys.readouterr()
        return code, said.err if code else said.out

    return command


def test_what_is_as_it_was_locked_runs(run: Run) -> None:
    code, out = run()
    assert code == 0 and out.endswith("\nok\n")


def test_no_lock(run: Run, locked: Path) -> None:
    (locked / "cartridge.lock").unlink()
    code, err = run()
    assert code == 2
    assert err.startswith("looplet: --locked keeps this from running: cartridge.lock: there is no")
    assert f"looplet-compile lock {locked}" in err


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("child.cartridge/cartridge.json", "alpha>=1", "alpha>=2", "a dependency"),
        ("child.cartridge/config.yaml", "01-31", "02-28", "the model"),
        ("child.cartridge/config.yaml", "builtin_tools",
         "mcp_servers: {a: {command: npx a}}\nbuiltin_tools", "newest `a`"),
        ("child.cartridge/config.yaml", "builtin_tools",
         "mcp_servers: {a: {command: npx a@1.0.0}}\nbuiltin_tools", "the server `a`"),
        ("parent.cartridge/config.yaml", "9", "8", "the parent `../parent.cartridge`"),
        ("grand.cartridge/prompts/system.md", "Do it", "Do", "the parent `../grand.cartridge`"),
        (f"{AGENT}/config.yaml", "0.1.0", "0.2.0", "the server `inner` of the agent"),
        (f"{AGENT}/cartridge.json", '"delta"', '"delta", "zeta"', "`zeta`"),
    ],
)  # fmt: skip
def test_a_cartridge_that_was_changed(
    run: Run, locked: Path, edit: Any, file: str, old: str, new: str, says: str
) -> None:
    before = (locked.parent / file).read_text()
    assert old in before
    edit({file: before.replace(old, new)})
    code, err = run()
    assert code == 2 and says in err
    assert "Traceback" not in err


def test_a_lock_that_is_broken(run: Run, locked: Path) -> None:
    (locked / "cartridge.lock").write_text("<<<<<<< ours")
    code, err = run()
    assert code == 2 and "the marks of a merge" in err


@pytest.mark.parametrize(
    ("versions", "says"),
    [
        ({"alpha": "1.0.1"}, "`alpha`: version 1.0.1 here, 1.0 in `cartridge.lock`"),
        ({"beta": None}, "`beta`: not installed here, 1.0 in `cartridge.lock`"),
        ({"gamma": "1.0+local"}, "`gamma`: version 1.0+local here"),
        ({"delta": "1.0rc1"}, "`delta`: version 1.0rc1 here"),
    ],
)
def test_other_versions_are_installed(
    run: Run, install: Install, versions: dict[str, Any], says: str
) -> None:
    install(**versions)
    code, err = run()
    assert code == 2 and says in err and "looplet-compile lock PATH --requirements" in err


def test_all_of_them_are_named(run: Run, install: Install) -> None:
    install(alpha="3", beta="3", gamma=None)
    code, err = run()
    assert code == 2
    assert "3 things are not as they were locked:" in err
    assert [name in err for name in ("`alpha`", "`beta`", "`gamma`")] == [True] * 3


def test_a_version_is_spelt_in_many_ways(run: Run, install: Install) -> None:
    install(alpha="1.0.0", beta="v1.0", gamma="1")
    assert run()[0] == 0


@pytest.mark.parametrize(
    ("origin", "says"),
    [
        ({"url": "file:///x", "dir_info": {"editable": True}}, "installed from a folder"),
        ({"url": "https://x", "vcs_info": {"vcs": "git"}}, "installed from a repository"),
        ({"url": "x", "archive_info": {"hashes": {"sha256": "0" * 64}}}, "file of another digest"),
        ({"url": "x", "archive_info": {"hash": "sha256=" + "0" * 64}}, "file of another digest"),
        ({"url": "x", "archive_info": {}}, "installed from an unknown place"),
        ([], "installed from an unknown place"),
    ],
)
def test_the_version_is_right_and_the_file_is_not(
    run: Run, install: Install, origin: Any, says: str
) -> None:
    install(origin, alpha="1.0")
    code, err = run()
    assert code == 2 and says in err


def test_the_pinned_file_by_its_own_path(run: Run, install: Install, locked: Path) -> None:
    lock = json.loads((locked / "cartridge.lock").read_text())
    digest = lock["python"]["packages"][0]["hashes"][0].removeprefix("sha256:")
    install({"url": "file:///a.whl", "archive_info": {"hashes": {"sha256": digest}}}, alpha="1.0")
    assert run()[0] == 0


def test_broken_metadata_is_no_traceback(run: Run, install: Install, tmp_path: Path) -> None:
    (tmp_path / "site" / "alpha-1.0.dist-info" / "METADATA").write_text("")
    code, err = run()
    assert code == 2 and "`alpha`: not installed here" in err


# ── the model ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("spec", "fits"),
    [
        ("openai:made-2026-01-31", True),
        (" openai:made-2026-01-31 ", True),
        ("openai:made-2026-02-01", False),
        ("openai:", False),
        ("anthropic:made-2026-01-31", False),
        ("local:made-2026-01-31", False),
    ],
)
def test_another_model_is_asked_for(locked: Path, spec: str, fits: bool) -> None:
    preset = cartridge_to_preset(locked)
    if fits:
        hold(preset, model=spec)
        return
    with pytest.raises(LockError, match=r"the model: .* here, `openai:made-2026-01-31`"):
        hold(preset, model=spec)


@pytest.mark.parametrize(
    ("model", "spec", "fits"),
    [
        ("", "openai:any", True),
        ("model: {temperature: 0}", "openai:any", True),
        ("model: {provider: ollama}", "ollama:any", True),
        ("model: {provider: ollama}", "openai:any", False),
        ("model: {name: a}", "openai:a", True),
        ("model: {name: a}", "openai:b", False),
        ('model: {name: "${runtime.m:-a}"}', "openai:b", True),
    ],
)
def test_what_the_cartridge_does_not_name_may_be_chosen(
    locked: Path, edit: Any, model: str, spec: str, fits: bool
) -> None:
    inputs = "inputs: {m: {type: string, default: a}}\n" if "runtime" in model else ""
    edit({"child.cartridge/config.yaml": f"extends: ../parent.cartridge\n{inputs}{model}\n"})
    edit({"child.cartridge/cartridge.json": MANIFEST.replace('"alpha>=1", "gamma"', "")})
    lock_quickly(locked)
    preset = cartridge_to_preset(locked)
    if fits:
        hold(preset, model=spec)
    else:
        with pytest.raises(LockError):
            hold(preset, model=spec)


def test_the_command_refuses_another_model(locked: Path, capsys: Any) -> None:
    code = cli.main(["run", str(locked), "a task", "--locked", "--model", "openai:other"])
    assert code == 2 and "leave out `--model`" in capsys.readouterr().err


# ── the machine ───────────────────────────────────────────────────────────────────────────────────


def lock_with(locked: Path, **python: Any) -> None:
    from looplet.compiler.locking.lockfile import written

    lock = json.loads((locked / "cartridge.lock").read_text())
    lock["python"].update(python)
    (locked / "cartridge.lock").write_bytes(written(lock))


def test_a_lock_of_another_platform(run: Run, locked: Path) -> None:
    here = {key: environment.environment()[key] for key in environment.RESOLVED_FOR}
    lock_with(locked, resolver="pip", resolved_for=here)
    assert run()[0] == 0
    lock_with(locked, resolver="pip", resolved_for={**here, "sys_platform": "plan9"})
    code, err = run()
    assert code == 2 and "plan9` in `cartridge.lock`; lock with uv, which resolves for every" in err


def test_what_another_platform_needs_is_not_asked_for(run: Run, locked: Path) -> None:
    packages = json.loads((locked / "cartridge.lock").read_text())["python"]["packages"]
    other = {"name": "winonly", "version": "1", "hashes": packages[0]["hashes"]}
    lock_with(locked, packages=[*packages, {**other, "marker": "sys_platform == 'plan9'"}])
    assert run()[0] == 0
    lock_with(locked, packages=[*packages, {**other, "marker": "sys_platform != 'plan9'"}])
    assert "`winonly`: not installed here" in run()[1]
    lock_with(locked, packages=[*packages, {**other, "marker": "sys_platform ~ 'plan9'"}])
    assert "`winonly`: unknown here, a marker" in run()[1]


def test_another_python(run: Run, locked: Path, edit: Any) -> None:
    edit({"child.cartridge/cartridge.json": MANIFEST.replace(">=3.11", ">=3.11,!=3.*")})
    lock_quickly(locked)
    code, err = run()
    assert code == 2 and "Python: 3." in err and "run it with one that fits" in err


@pytest.mark.parametrize(("version", "code"), [("1.4.0", 0), ("0+unknown", 0), ("2.0.0", 2)])
def test_another_looplet(run: Run, monkeypatch: Any, version: str, code: int) -> None:
    monkeypatch.setattr(environment, "version", lambda: version)
    found = run()
    assert found[0] == code
    assert not code or "looplet: 2.0.0 here, `>=1,<2` in" in found[1]


def test_the_check_of_what_is_installed(locked: Path, install: Install, capsys: Any) -> None:
    assert compile_main(["lock", str(locked), "--check", "--installed"]) == 0
    install(alpha="9")
    assert compile_main(["lock", str(locked), "--check"]) == 0
    assert compile_main(["lock", str(locked), "--check", "--installed"]) == 1
    assert "CT788] `alpha`: version 9 here" in capsys.readouterr().out


# ── saved runs, packages, and nothing but Python ──────────────────────────────────────────────────


def test_a_run_that_was_begun_locked_goes_on_locked(
    run: Run, locked: Path, tmp_path: Path, install: Install, capsys: Any, edit: Any
) -> None:
    two = '[{"tool": "helper", "args": {"task": "x"}}, {"tool": "done", "args": {"summary": "ok"}}]'
    edit({"child.cartridge/evals/scripts/demo.json": two, f"{AGENT}/config.yaml": "max_steps: 1\n"})
    lock_quickly(locked)
    saved = str(tmp_path / "saved")
    code, _ = run("--checkpoint", saved, "--max-steps", "1")
    assert code == 3
    install(alpha="9")
    assert cli.main(["resume", saved, "--max-steps", "5"]) == 2
    assert "`alpha`: version 9 here" in capsys.readouterr().err
    install(alpha="1.0")
    assert cli.main(["resume", saved, "--max-steps", "5"]) == 0


BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"yaml", "jsonschema", "jinja2", "click", "packaging"}:
            raise ImportError(f"{name} is not installed", name=name)
sys.meta_path.insert(0, Blocked())
from looplet.cli import main
code = main(sys.argv[1:])
assert "looplet.compiler.rules" not in sys.modules or code, "nothing is to be reported"
sys.exit(code)
"""


def test_a_package_is_held_to_its_lock_with_nothing_but_python(
    locked: Path, tmp_path: Path, install: Install
) -> None:
    assert compile_main(["build", str(locked), "-o", str(tmp_path / "dist")]) == 0
    (package,) = (tmp_path / "dist").iterdir()
    command = [sys.executable, "-c", BLOCKED, "run", str(package), "x"]
    command += ["--scripted", "--locked", "--trust"]

    def alone() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, env=os.environ)

    ran = alone()
    assert (ran.returncode, ran.stdout[-3:]) == (0, "ok\n"), ran.stderr
    install(alpha="9")
    ran = alone()
    assert ran.returncode == 2 and "`alpha`: version 9 here" in ran.stderr


def test_a_stale_lock_is_not_packed(locked: Path, tmp_path: Path, edit: Any, capsys: Any) -> None:
    edit({"grand.cartridge/config.yaml": "max_steps: 3\n"})
    assert compile_main(["build", str(locked), "-o", str(tmp_path / "dist")]) == 1
    assert "CT785" in capsys.readouterr().err
    assert not (tmp_path / "dist").exists()


def test_a_package_with_another_lock_than_that_in_its_tree(locked: Path) -> None:
    package = pack(cartridge_to_preset(locked), lock=b"{}\n")
    with pytest.raises(PackageError, match="the lock in it is not that of the agent"):
        package_of(package.members(), "another_lock")
    bare = pack(cartridge_to_preset(locked))
    with pytest.raises(PackageError, match="the lock in it is not that of the agent"):
        package_of(bare.members(), "no_lock")
