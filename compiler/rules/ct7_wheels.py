"""CT7: what keeps a cartridge from being a wheel: its name, its version, what installers are told.

Those on the manifest are warnings of a check, for the agent runs from its folder all the same. A
wheel cannot be made with them, so that there they are errors.
"""

from __future__ import annotations

from looplet.compiler.diagnostics import quote, rule


@rule("CT750", "no-distribution-name", "error")
def no_distribution_name(name: str, why: str, instead: str) -> str:
    """The cartridge has a name that no distribution can have, so there can be no wheel of it.

    The packaging standards want ASCII letters and digits, with `.`, `_` and `-` between them. The
    name is `name` in cartridge.json, or that of the folder.

    Bad:

        "name": "_reviewer"

    Good:

        "name": "reviewer"
    """
    return f"{quote(name)} is no name for a wheel: {why}; name the cartridge {quote(instead)}"


@rule("CT751", "name-taken", "error")
def name_taken(name: str, why: str, instead: str) -> str:
    """A wheel of this name would take the place of something that other programs rely on.

    Installing a wheel replaces the distribution of the same name, and puts a command of that name
    into the environment, before those of the system: an agent `git` would be called by whatever
    runs `git` there, its own tools included. So the names of looplet's own requirements, of
    installers, of shells and of the tools of a system are not given away, and neither are those
    of the packages that the cartridge itself depends on. As an archive, `--format zip`, the
    cartridge keeps its name.

    Bad:

        "name": "git"

    Good:

        "name": "git-detective"
    """
    return f"a wheel named {quote(name)} {why}; name the cartridge {quote(instead)}, say"


@rule("CT752", "no-release-version", "error")
def no_release_version(version: str, why: str, instead: str) -> str:
    """The version is none that installers can compare, so there can be no wheel of it.

    A cartridge may have any version that its author likes; a wheel has one as PEP 440 defines it:
    numbers and full stops, then perhaps `a1`, `b1`, `rc1`, `.post1` or `.dev1`. A version of
    another spelling but the same meaning (`v1.0`, `1.0.0-beta.2`) is written as the standard
    spells it. `2026-03` would count as the third correction of 2026, which nobody means.

    Bad:

        "version": "2026-03-14"

    Good:

        "version": "2026.3.14"
    """
    return f"{quote(version)} {why}; write {quote(instead)}"


@rule("CT753", "no-requirement", "warning")
def no_requirement(text: str, why: str) -> str:
    """An entry of `dependencies` is no requirement that an installer can meet.

    Each is a text as PEP 508 defines it: the name of a distribution, then perhaps extras,
    versions, and a marker behind a `;`. An agent that runs from its folder does not ask for it,
    but neither pip nor a wheel can do anything with it.

    Bad:

        "dependencies": ["httpx 0.27"]

    Good:

        "dependencies": ["httpx>=0.27", "tomli>=2; python_version < '3.12'"]
    """
    return f"{quote(text)} is no requirement: {why}"


@rule("CT754", "no-python-versions", "warning")
def no_python_versions(text: str, why: str) -> str:
    """`requires_python` says no versions of Python, or none that looplet runs on.

    It is a version specifier as for `Requires-Python` of a package.

    Bad:

        "requires_python": "3.12"

    Good:

        "requires_python": ">=3.12"
    """
    return f"{quote(text)} {why}"


@rule("CT755", "no-licence-expression", "warning")
def no_licence(text: str, instead: str) -> str:
    """`license` is no SPDX expression, so that no program can tell what the licence is.

    It is one of the identifiers of the SPDX list, several with `AND`, `OR` or `WITH`, or a name of
    your own behind `LicenseRef-`.

    Bad:

        "license": "Apache 2.0"

    Good:

        "license": "Apache-2.0"
        "license": "LicenseRef-Proprietary"
    """
    return f"{quote(text)} is no SPDX expression; write {quote(instead)}"


@rule("CT756", "no-homepage", "warning")
def no_homepage(text: str) -> str:
    """`homepage` is no address of the web, and package indexes refuse it.

    Bad:

        "homepage": "example.org/reviewer"

    Good:

        "homepage": "https://example.org/reviewer"
    """
    return f"{quote(text)} is no address; write the whole of it, such as `https://example.org`"


@rule("CT757", "readme-not-utf8", "error")
def readme_not_utf8(offset: int) -> str:
    """README.md is not UTF-8, and it is the description of the wheel, which is.

    Save it as UTF-8. Other files of the cartridge may have any bytes.
    """
    return f"byte {offset + 1} is not UTF-8, so no wheel can show this text; save it as UTF-8"


@rule("CT758", "output-in-cartridge", "error")
def output_inside(path: str) -> str:
    """A package that was built from this cartridge lies in its folder, and would become part of it.

    Everything in the folder of a cartridge is part of it, so that each build would hold the ones
    before. Move the file out, and have the next one written elsewhere.

    Bad:

        python -m build --wheel my_agent.cartridge

    Good:

        python -m build --wheel my_agent.cartridge --outdir dist
    """
    return f"{quote(path)} was built from this cartridge and would travel in it; move it out"


@rule("CT759", "unread-pyproject", "error")
def unread_pyproject(why: str) -> str:
    """pyproject.toml says what looplet's build backend would not do.

    Name, version and dependencies of an agent are in cartridge.json. A table `[project]` would
    say them a second time, and installers believe it without asking. The file names the backend:

        [build-system]
        requires = ["looplet[compiler]>=1,<2"]
        build-backend = "looplet.compiler.backend"

    and may have tables `[tool.…]` of other programs.
    """
    return why
