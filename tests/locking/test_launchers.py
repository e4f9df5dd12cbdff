"""What command lines of servers start, and those that do not say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looplet.compiler.locking.launchers import Launch, Unpinned, launch
from looplet.mcp.settings import split_command

ROOT = "${runtime.cartridge_root}"
PYTHON = "${runtime.python_executable}"
DIGEST = "sha256:" + "0123456789abcdef" * 4
FILES = {"servers/docs.py", "run.sh", "index.js"}


def started(command: str, cwd: str = "") -> Launch:
    return launch(split_command(command, "s"), FILES, ["mcp-server-git>=2026", "Acme.Tool"], cwd)


NPM = [
    ("npx -y docs@1.2.3", [("docs", "1.2.3")]),
    ("npx --yes @acme/docs@1.2.3-beta.1 --root /srv", [("@acme/docs", "1.2.3-beta.1")]),
    ("npx -y -- docs@1.2.3", [("docs", "1.2.3")]),
    ("npx -y -p a@1.0.0 --package=b@2.0.0 serve x@latest", [("a", "1.0.0"), ("b", "2.0.0")]),
    ("npx.cmd -y docs@1.2.3", [("docs", "1.2.3")]),
    ("/usr/bin/npx docs@1.2.3", [("docs", "1.2.3")]),
    ("cmd /c npx -y docs@1.2.3", [("docs", "1.2.3")]),
    ("env A=b npx -y docs@1.2.3", [("docs", "1.2.3")]),
    ("npm exec --yes -- docs@1.2.3 --stdio", [("docs", "1.2.3")]),
    ("npm x docs@1.2.3", [("docs", "1.2.3")]),
    ("pnpm dlx docs@1.2.3", [("docs", "1.2.3")]),
    ("bunx docs@1.2.3", [("docs", "1.2.3")]),
    ("bun x docs@1.2.3", [("docs", "1.2.3")]),
    ("yarn dlx docs@1.2.3", [("docs", "1.2.3")]),
]
PYTHONS = [
    ("uvx docs==1.2", [("docs", "1.2")]),
    ("uvx docs@1.2", [("docs", "1.2")]),
    ("uvx 'Docs_Server[all]==1.2rc1' --stdio", [("docs-server", "1.2rc1")]),
    ("uvx --from docs==1.2 --with 'a==1,b==2' serve", [("docs", "1.2"), ("a", "1"), ("b", "2")]),
    ("uvx --python 3.12 -q docs==1.2", [("docs", "1.2")]),
    ("uv tool run docs==1.2", [("docs", "1.2")]),
    ("pipx run docs==1.2", [("docs", "1.2")]),
    ("pipx run --spec docs==1.2 serve", [("docs", "1.2")]),
    ("python3 -m pipx run docs==1.2", [("docs", "1.2")]),
    (f"{PYTHON} -m uv tool run docs==1.2", [("docs", "1.2")]),
]


@pytest.mark.parametrize(("command", "packages"), NPM)
def test_packages_of_npm(command: str, packages: list[tuple[str, str]]) -> None:
    found = started(command)
    assert (found.kind, list(found.packages)) == ("npm", packages)
    assert "newest versions of what it depends on" in found.loose


@pytest.mark.parametrize(("command", "packages"), PYTHONS)
def test_packages_of_python(command: str, packages: list[tuple[str, str]]) -> None:
    found = started(command)
    assert (found.kind, list(found.packages)) == ("python", packages)
    assert found.loose


@pytest.mark.parametrize(
    ("command", "kind", "what"),
    [
        (f"docker run -i --rm acme/logs@{DIGEST}", "image", f"acme/logs@{DIGEST}"),
        (f"podman run -it -e A=b -p 80:80 logs:2@{DIGEST} x", "image", f"logs:2@{DIGEST}"),
        (f"docker run -eA=b --name=x --env-file f -- a@{DIGEST}", "image", f"a@{DIGEST}"),
        (f"docker run -ie A=b a@{DIGEST}", "image", f"a@{DIGEST}"),
        (f"docker container run --init a@{DIGEST}", "image", f"a@{DIGEST}"),
        (f"{PYTHON} {ROOT}/servers/docs.py", "file", "servers/docs.py"),
        (f"{ROOT}/run.sh --port 3", "file", "run.sh"),
        (f"sh {ROOT}/run.sh", "file", "run.sh"),
        (f"node --no-warnings {ROOT}/index.js", "file", "index.js"),
        (f"{PYTHON} -u -X dev -m docs_server", "environment", "docs_server"),
        (f"{PYTHON} -Im docs_server", "environment", "docs_server"),
        (f"{PYTHON} -mdocs_server", "environment", "docs_server"),
        ("python -m docs_server", "environment", "docs_server"),
        ("mcp-server-git --repo .", "environment", "mcp-server-git"),
        ("acme_tool", "environment", "acme-tool"),
        ("/srv/bin/docs --stdio", "program", "/srv/bin/docs"),
        ("docs-server", "program", "docs-server"),
        ("python /srv/docs.py", "program", "/srv/docs.py"),
        ("npm start", "program", "npm"),
        ("go", "program", "go"),
    ],
)
def test_other_things(command: str, kind: str, what: str) -> None:
    found = started(command)
    assert (found.kind, found.what, found.packages) == (kind, what, ())
    assert bool(found.loose) == (
        kind == "program" or command.split()[0] in ("python", "sh", "node")
    )


def test_code_on_the_command_line_is_told() -> None:
    assert "may start anything" in started(f"{PYTHON} -c 'import docs'").loose
    assert "may start anything" in started("python -c 'import docs'").loose
    assert "may start anything" in started("python -Ic 'import docs'").loose


def test_a_module_without_dependencies_is_told() -> None:
    found = launch([PYTHON, "-m", "docs_server"])
    assert "no `dependencies` say which package has `docs_server`" in found.loose


@pytest.mark.parametrize(
    ("command", "packages"),
    [
        ("npx -y gate@1.0.0 --stdio 'npx -y docs@1.2.3'", [("gate", "1.0.0"), ("docs", "1.2.3")]),
        ("npx -y gate@1.0.0 -- uvx docs==1.2", [("gate", "1.0.0")]),
        (f"docker run -i a@{DIGEST} npx -y docs@1.2.3", []),
        ("timeout 30 npx -y docs@1.2.3", []),
        (f"{PYTHON} -m mcp_proxy uvx docs==1.2", []),
    ],
)
def test_what_is_handed_on_is_pinned_or_told(command: str, packages: list[tuple[str, str]]) -> None:
    found = started(command)
    assert list(found.packages) == packages
    assert len(packages) == 2 or "pinned by its command line alone" in found.loose


def test_many_that_are_handed_on_take_no_time() -> None:
    assert launch(["timeout", *["npx", "a@1.2.3"] * 60]).loose


STEERED = ["NPM_CONFIG_REGISTRY", "npm_config_package", "UV_INDEX_URL", "DOCKER_HOST", "PATH"]


@pytest.mark.parametrize("name", STEERED)
def test_a_variable_that_decides_what_is_fetched(name: str) -> None:
    with pytest.raises(Unpinned, match=f"the variable `{name}`"):
        launch(["npx", "docs@1.2.3"], env=["DOCS_TOKEN", name])
    with pytest.raises(Unpinned, match=f"the variable `{name}`"):
        launch(["env", f"{name}=x", "npx", "docs@1.2.3"])
    assert launch(["docs-server"], env=[name]).kind == "program"


def test_variables_that_decide_nothing() -> None:
    assert launch(["npx", "docs@1.2.3"], env=["DOCS_TOKEN", "npm_config_cache", "UV_CACHE_DIR"])


def test_only_the_first_file_is_what_an_interpreter_starts() -> None:
    assert started(f"sh /srv/evil {ROOT}/run.sh").kind == "program"
    assert started(f"perl -e 'exec docs' {ROOT}/run.sh").kind == "program"


def test_a_path_is_relative_to_the_folder_it_is_started_in() -> None:
    assert started("python servers/docs.py", ROOT).what == "servers/docs.py"
    assert started("python docs.py", f"{ROOT}/servers").what == "servers/docs.py"
    assert started("./run.sh", ROOT).kind == "file"
    assert started("python servers/docs.py").kind == "program"
    assert started("docs-server", ROOT).kind == "program"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("npx -y docs", "whatever is the newest `docs`; write the exact version: `docs@1.2.3`"),
        ("npx -y @acme/docs@latest", "write the exact version: `@acme/docs@1.2.3`"),
        ("npx -y docs@^1.2.3", "another version after the next release"),
        ("npx -y docs@1.2", "exact version"),
        ("npx -y docs@1", "exact version"),
        ("npx -y 'docs@>=1.2.3'", "exact version"),
        ("npx -y docs@${runtime.version}", "leaves the version of `docs@${runtime.version}` to an"),
        ("npx -y ${runtime.package}", "no package in a version"),
        ("npx -y docs@npm:evil@1.2.3", "no package in a version"),
        ("npx -y github:acme/docs", "no package in a version"),
        ("npx -y https://example.org/a.tgz", "no package in a version"),
        ("npx -y ./docs", "no package in a version"),
        ("npx -y -p a@1.0.0 -p b serve", "whatever is the newest `b`"),
        ("npx -y", "names no package"),
        ("npx -c 'docs'", "has the option `-c` of npx"),
        ("npx --registry http://r docs@1.2.3", "has the option `--registry`"),
        ("npx --unheard-of docs@1.2.3 evil", "has the option `--unheard-of`"),
        ("npx -p", "ends in `-p`"),
        ("uvx docs", "whatever is the newest `docs`; write the exact version: `docs==1.2.3`"),
        ("uvx docs@latest", "exact version"),
        ("uvx 'docs>=1.2'", "exact version"),
        ("uvx 'docs==1.*'", "exact version"),
        ("uvx --from git+https://example.org/a serve", "no package in a version"),
        ("uvx --from ./docs serve", "no package in a version"),
        ("uvx --from docs@https://example.org/a.whl serve", "no package in a version"),
        ("uvx --with a docs==1.2", "whatever is the newest `a`"),
        ("uvx --refresh docs==1.2", "has the option `--refresh`"),
        ("uvx --with-requirements r.txt docs==1.2", "has the option `--with-requirements`"),
        ("uv run docs", "set up a project when it starts"),
        ("uv --directory x run docs", "set up a project"),
        ("pipx run docs", "whatever is the newest"),
        ("pipx run --pip-args=-i docs==1.2", "has the option `--pip-args`"),
        ("docker run -i acme/logs", "write it with its digest, `acme/logs@sha256:…`"),
        ("docker run -i acme/logs:2", "may be another one tomorrow"),
        ("docker run -i acme/logs@sha256:12", "`acme/logs@sha256:…`"),
        (f"docker run -i evil a@{DIGEST}", "starts the image `evil`"),
        (f"docker run --unheard-of evil a@{DIGEST}", "has the option `--unheard-of` of docker"),
        ("docker run -i", "names no image"),
        ("docker exec -i box docs", "does not say what is started"),
        ("docker compose up", "does not say what is started"),
        ("sh -c 'npx docs'", "hands a text to `sh`"),
        ("bash -lc docs", "hands a text to `bash`"),
        ("powershell -Command docs", "hands a text to `powershell`"),
        ("deno run npm:docs@1.2.3", "has deno fetch `npm:docs@1.2.3`"),
        ("go run example.org/docs@v1.2.3", "has `go` fetch what it starts"),
        ("nix run docs", "has `nix` fetch"),
        ("env -i npx docs@1.2.3", "uses options of `env`"),
        ("env A=b", "uses options of `env`"),
        ("${runtime.server} --stdio", "starts `${runtime.server}`, which only a run knows"),
        ("python ${runtime.script}", "only a run knows"),
        ("node ${runtime.script}", "only a run knows"),
        (f"{PYTHON} {ROOT}/gone.py", "starts `gone.py`, which is no file of the cartridge"),
        (f"{PYTHON} {ROOT}/../outside.py", "starts `../outside.py`, which is no file"),
        (ROOT, "starts `.`, which is no file"),
        (f"{ROOT}/${{runtime.x}}/../run.sh", "only a run knows"),
        (f"python {ROOT}/${{runtime.x}}/../run.sh", "only a run knows"),
        ("uvx --python ${runtime.x} docs==1.2", "only a run knows"),
        ("npm exec docs@1.2.3 --package=evil@latest", "another version after the next release"),
        ("npm exec docs@1.2.3 --package evil", "whatever is the newest `evil`"),
        ("npm exec docs@1.2.3 --registry=http://r", "has the option `--registry` of npm"),
        ("npm --yes exec docs@latest", "uses `npm --yes`, which may fetch"),
        ("npm init docs", "uses `npm init`, which may fetch"),
        ("pnpm --package=evil dlx evil", "may fetch what it starts"),
        ("yarn create docs", "uses `yarn create`, which may fetch"),
        ("bun add docs", "uses `bun add`, which may fetch"),
        ("pipx -q run docs", "uses `pipx -q`, which may fetch"),
        ("pipx install docs", "uses `pipx install`, which may fetch"),
        (f"{PYTHON} -mpipx run docs", "whatever is the newest `docs`"),
        (f"{PYTHON} -um pipx run docs", "whatever is the newest `docs`"),
        (f"{PYTHON} -Im uv tool run docs", "whatever is the newest `docs`"),
        (f"{PYTHON} --check-hash-based-pycs never -m uv run docs", "set up a project"),
        (f"{PYTHON} -m nodejs.npx docs", "whatever is the newest `docs`"),
        (f"{PYTHON} -m", "ends in `-m`"),
        (f"{PYTHON} -m ${{runtime.x}}", "only a run knows"),
        ("pypy3 -m pipx run docs", "whatever is the newest `docs`"),
        ("python3.13t -m pipx run docs", "whatever is the newest `docs`"),
        ("sudo npx docs@latest", "another version after the next release"),
        ("timeout 30 /usr/bin/npx -y docs", "whatever is the newest `docs`"),
        ("busybox sh -c 'npx docs'", "whatever is the newest `docs`"),
        ("supergateway --stdio 'npx -y docs'", "whatever is the newest `docs`"),
        ("supergateway --stdio='npx -y docs'", "whatever is the newest `docs`"),
        (f"{PYTHON} -m mcp_proxy uvx docs", "whatever is the newest `docs`"),
        (f"{PYTHON} {ROOT}/servers/docs.py npx docs", "whatever is the newest `docs`"),
        ("npx -y gate@1.0.0 --stdio 'npx -y docs'", "whatever is the newest `docs`"),
        ("node /usr/lib/npm/bin/npx-cli.js docs", "whatever is the newest `docs`"),
        (f"docker run -i a@{DIGEST} npx -y docs@latest", "another version after"),
        (f"docker run -i --entrypoint npx a@{DIGEST} -y docs", "is no package in a version"),
        ("cmd /c npx -y docs@1.2.3 & evil", "hands `&` to `cmd`"),
        ("cmd /k docs", "hands a text to `cmd`"),
        ("pwsh -co docs", "hands a text to `pwsh`"),
        ("powershell docs", "hands a text to `powershell`"),
        ("npm exec", "names no package"),
    ],
)
def test_what_does_not_say_what_it_starts(command: str, says: str) -> None:
    with pytest.raises(Unpinned) as raised:
        started(command)
    assert says in str(raised.value)


WORDS = f"""npx uvx uv docker run -y -p --from --with -i --rm -e A=b -- a@1.2.3 a a@latest b==1 b
tool python -m -c sh env cmd /c pipx ${{runtime.x}} npm exec -it --name img@{DIGEST} {ROOT}/run.sh
{PYTHON}"""


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=6))
def test_any_words_are_told_or_refused(argv: list[str]) -> None:
    try:
        found = launch(argv, FILES)
    except Unpinned:
        return
    assert found.packages if found.kind in ("npm", "python") else found.what
    assert all(version and version[0].isdigit() for _, version in found.packages)
    if found.kind == "image":
        assert found.what.endswith(DIGEST)
