"""Small distributions as files, for installers that are told to look nowhere else."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path


def settings(folder: Path) -> dict[str, str]:
    """The variables with which pip and uv look into this folder of files, and nowhere else.

    uv knows no digests of the files in a folder, but those that an index says.
    """
    return {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder),
        "UV_NO_CONFIG": "1",
        "UV_NO_CACHE": "1",
        "UV_DEFAULT_INDEX": (folder / "simple").as_uri(),
    }


def index(folder: Path) -> None:
    """The simple index of the files in a folder, with their digests."""
    for file in sorted(folder.glob("*.*")):
        page = folder / "simple" / file.name.partition("-")[0] / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        digest = hash_of(file).replace(":", "=")
        with page.open("a") as text:
            text.write(f'<a href="{file.as_uri()}#{digest}">{file.name}</a>\n')


def wheel(folder: Path, name: str, version: str, requires: Iterable[str] = ()) -> Path:
    """A wheel with one module that says its version."""
    info = f"{name}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata += [f"Requires-Dist: {each}" for each in requires]
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in files.items())
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in files.items():
            archive.writestr(inner, text)
    return path


def sdist(folder: Path, name: str, version: str, marker: Path) -> Path:
    """A source archive whose setup.py leaves `marker` behind when it runs."""
    path = folder / f"{name}-{version}.tar.gz"
    setup = f"open({str(marker)!r}, 'w').close()\nfrom setuptools import setup\n"
    setup += f"setup(name={name!r}, version={version!r}, py_modules=[])\n"
    with tarfile.open(path, "w:gz") as archive:
        for inner, text in (
            ("setup.py", setup),
            ("PKG-INFO", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"),
        ):
            member = tarfile.TarInfo(f"{name}-{version}/{inner}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def hash_of(path: Path) -> str:
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
