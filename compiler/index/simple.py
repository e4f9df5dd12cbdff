"""`simple/`: the wheels of an index as pip and uv read them (PEP 503), in files of their own."""

from __future__ import annotations

from html import escape
from typing import Final
from urllib.parse import quote

from looplet.compiler.index.listing import Listed, Packages, Release
from looplet.compiler.index.page import MARK
from looplet.installed import plain

FOLDER: Final = "simple"


def simple(packages: Packages) -> dict[str, bytes]:
    """The pages by their path beside the index; none if there are no wheels."""
    wheels = {plain(name): _wheels(releases) for name, releases in packages.items()}
    listed = {name: found for name, found in sorted(wheels.items()) if found}
    if not listed:
        return {}
    pages = {f"{FOLDER}/index.html": _page("Wheels", [f'<a href="{n}/">{n}</a>' for n in listed])}
    for name, found in listed.items():
        lines = [_link(release, wheel) for release, wheel in found]
        pages[f"{FOLDER}/{name}/index.html"] = _page(f"Wheels of {name}", lines)
    return pages


def _wheels(releases: tuple[Release, ...]) -> list[tuple[Release, Listed]]:
    return [
        (release, file)
        for release in releases
        for file in release.files
        if file.file.endswith(".whl")
    ]


def _link(release: Release, wheel: Listed) -> str:
    needs = release.requires_python
    python = f' data-requires-python="{escape(needs)}"' if needs else ""
    address = escape(f"../../{quote(wheel.file)}#sha256={wheel.sha256}")
    return f'<a href="{address}"{python}>{escape(wheel.file)}</a>'


def _page(title: str, links: list[str]) -> bytes:
    text = f"""\
{MARK}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="pypi:repository-version" content="1.0">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'">
<title>{escape(title)}</title>
</head>
<body>
{"".join(f"{link}<br>{chr(10)}" for link in links)}</body>
</html>
"""
    return text.encode()


__all__ = ["FOLDER", "simple"]
