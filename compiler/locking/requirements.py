"""A lock's Python packages as a requirements file with digests, for pip and uv."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def requirements(lock: Mapping[str, Any]) -> str:
    """What `pip install --require-hashes -r` takes: every package, pinned, with its digests."""
    return "".join(_lines(lock["python"]["packages"]))


def _lines(packages: list[dict[str, Any]]) -> Iterator[str]:
    for each in packages:
        line = f"{each['name']} @ {each['url']}" if "url" in each else _pinned(each)
        if "marker" in each:
            line += f" ; {each['marker']}"
        yield " \\\n    ".join([line, *(f"--hash={digest}" for digest in each["hashes"])]) + "\n"


def _pinned(package: Mapping[str, Any]) -> str:
    return f"{package['name']}=={package['version']}"


__all__ = ["requirements"]
