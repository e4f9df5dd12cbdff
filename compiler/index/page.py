"""`index.html`: the index for people. One file that asks for nothing and runs one known script.

Whatever a package says of itself is text here, and nothing else: it is escaped where it is put in,
and the page's own policy names the one style and the one script that may apply, by their sha256.
With scripts off only the search is missing.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from typing import Final
from urllib.parse import quote

from looplet.compiler.index.listing import Listed, Packages, Release
from looplet.compiler.render.visible import visible

MARK: Final = "<!-- looplet-compile index -->"
"""What our pages begin with: no other page is ever replaced or removed."""

_HERE: Final = os.path.dirname(os.path.abspath(__file__))


def page(packages: Packages) -> bytes:
    """The page that shows `packages`: the same bytes for the same packages."""
    style, script = _own("page.css"), _own("page.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_allowed(style)}; "
        f"script-src {_allowed(script)}; base-uri 'none'; form-action 'none'"
    )
    entries = "".join(_entry(name, releases) for name, releases in packages.items())
    text = f"""\
{MARK}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Cartridges</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<header>
<h1>Cartridges</h1>
<p>{_count(packages)} Each is an agent as one file. <code>INDEX</code> below is the address of
this page, or the folder that it is in.</p>
<p class="quiet">What is said here, the packages say of themselves; what their code can reach was
read from the code. Running an agent runs its code with your rights.</p>
</header>
<search id="search" hidden>
<label for="words">Search</label>
<input id="words" type="search" autocomplete="off" spellcheck="false">
<p class="quiet" id="count" role="status"></p>
</search>
<main>
{entries}<p id="nothing" hidden>No cartridge has all of these words.</p>
</main>
<script>{script}</script>
</body>
</html>
"""
    return text.encode()


def _own(name: str) -> str:
    with open(os.path.join(_HERE, name), encoding="utf-8") as stream:
        return stream.read()


def _allowed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _count(packages: Packages) -> str:
    releases = sum(map(len, packages.values()))
    return f"{_some(len(packages), 'cartridge')} in {_some(releases, 'release')}."


def _some(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


# ── a cartridge ───────────────────────────────────────────────────────────────────────────────────


def _entry(name: str, releases: tuple[Release, ...]) -> str:
    newest, *others = releases
    older = "".join(_older(release) for release in others)
    if older:
        summary = f"<summary>Older: {_some(len(others), 'release')}</summary>"
        older = f"<details>{summary}{older}</details>\n"
    return f"""\
<article>
<h2>{_text(name)} <span class="version">{_text(newest.version)}</span></h2>
{_description(newest)}<pre><code>{_commands(name, newest)}</code></pre>
<details>
<summary>Files, digests, capabilities</summary>
{_details(newest)}</details>
{older}</article>
"""


def _older(release: Release) -> str:
    return f"""
<details>
<summary>{_text(release.version)}</summary>
{_description(release)}{_details(release)}</details>"""


def _description(release: Release) -> str:
    if not release.description:
        return ""
    return f'<p class="description" dir="auto">{_text(release.description)}</p>\n'


def _commands(name: str, release: Release) -> str:
    """What to type. A wheel by its own address: by its name, pip could take it from elsewhere."""
    exactly = f"{name}=={release.version}"
    lines = [
        f'looplet run --index INDEX {exactly} "TASK"',
        f"looplet-compile fetch --index INDEX {exactly}",
    ]
    lines += [
        f"pip install 'INDEX/{quote(each.file)}#sha256={each.sha256}'"
        for each in release.files
        if each.file.endswith(".whl")
    ]
    return "\n".join(map(_text, lines))


def _details(release: Release) -> str:
    rows = [
        ("Files", _list(map(_file, release.files))),
        ("Tree digest", _code(release.tree)),
        ("Meaning digest", _code(release.meaning)),
        ("Python", _text(release.requires_python or "any that looplet runs on")),
        ("Declares", _words(release.declared, "nothing is said", "to reach nothing")),
        ("Can reach", _reach(release)),
        ("Signed by", _keys(release.files)),
    ]
    terms = "".join(f"<dt>{name}</dt><dd>{value}</dd>\n" for name, value in rows)
    return f"<dl>\n{terms}</dl>\n"


def _file(listed: Listed) -> str:
    return (
        f'<a href="{escape(quote(listed.file))}" download>{_text(listed.file)}</a> '
        f'<span class="quiet">{listed.size:,} bytes, sha256</span> {_code(listed.sha256)}'
    )


def _words(words: tuple[str, ...] | None, unknown: str, none: str) -> str:
    if words is None:
        return unknown
    return ", ".join(map(_code, words)) or none


def _reach(release: Release) -> str:
    """What the code can reach, with what it does not declare, if it declares, marked in words."""
    if release.inferred is None:
        return "not looked at"
    declared = release.inferred if release.declared is None else release.declared
    words = [
        _code(word)
        if word in declared
        else f'<span class="beyond">{_code(word)} (not declared)</span>'
        for word in release.inferred
    ]
    if release.undecided:
        words.append(f'<span class="beyond">{_some(release.undecided, "place")} undecided</span>')
    return ", ".join(words) or "nothing that was seen"


def _keys(files: Iterable[Listed]) -> str:
    keys = sorted({key for each in files for key in each.signed_by})
    if not keys:
        return "nobody"
    return (
        f'{_list(map(_code, keys))} <span class="quiet">as the files say; not verified here</span>'
    )


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _text(text: str) -> str:
    """A stranger's text as text: on one line, what draws nothing shown, nothing of it markup."""
    return escape(visible(text))


__all__ = ["MARK", "page"]
