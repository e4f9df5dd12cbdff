"""The build backend for pip, uv and `build`: any cartridge's folder becomes a wheel, or an install.

    [build-system]
    requires = ["looplet[compiler]>=1,<2"]
    build-backend = "looplet.compiler.backend"

The hooks of PEP 517 and PEP 660. The working directory is the folder. A cartridge that does not
check clean ends the process with its report, which frontends show, and no traceback. Nothing is
written but into the folder that the frontend names.

config_settings: `strict` fails on warnings, too. Frontends give the same settings to every package
that they build, so one that is not known here is for another backend.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from looplet.compiler.archive.wheel import Wheel
    from looplet.compiler.archive.zip_writer import Stamp
    from looplet.compiler.report import Report

Settings = Mapping[str, Any] | None


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Write the wheel; its file name."""
    with _reported():
        wheel = _wheel(config_settings, wheel_directory)
        return _write(wheel_directory, wheel.filename, wheel.data(_stamp()))


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Write a wheel that leads to this folder, which is read anew at each run; its file name."""
    with _reported():
        wheel = _editable(config_settings)
        return _write(wheel_directory, wheel.filename, wheel.data(_stamp()))


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Write the source distribution; its file name."""
    with _reported():
        from looplet.compiler.archive.sdist import sdist_of
        from looplet.compiler.backend_source import package_in

        here = os.getcwd()
        package = package_in(here, sdist_directory, strict=_strict(config_settings))
        return _write(sdist_directory, *sdist_of(package, here, _stamp()))


def prepare_metadata_for_build_wheel(
    metadata_directory: str, config_settings: Settings = None
) -> str:
    """Write the metadata that the wheel will have; the name of its folder."""
    with _reported():
        return _write_metadata(metadata_directory, _wheel(config_settings))


def prepare_metadata_for_build_editable(
    metadata_directory: str, config_settings: Settings = None
) -> str:
    """Write the metadata that the editable wheel will have; the name of its folder."""
    with _reported():
        return _write_metadata(metadata_directory, _editable(config_settings))


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """What must be installed before: the parents that `extends` names, which go into the wheel."""
    with _reported():
        from looplet.compiler.backend_source import parents_to_install

        return parents_to_install(os.getcwd())


get_requires_for_build_sdist = get_requires_for_build_wheel
get_requires_for_build_editable = get_requires_for_build_wheel


def _wheel(settings: Settings, out: str = "") -> Wheel:
    from looplet.compiler.archive.wheel import wheel_of
    from looplet.compiler.backend_source import package_in

    here = os.getcwd()
    return wheel_of(package_in(here, out, strict=_strict(settings)), here)


def _editable(settings: Settings) -> Wheel:
    from looplet.compiler.archive.wheel import editable_wheel
    from looplet.compiler.backend_source import package_in

    here = os.getcwd()
    return editable_wheel(package_in(here, strict=_strict(settings)), here, here)


def _strict(settings: Settings) -> bool:
    value = (settings or {}).get("strict", False)
    said = str(value[-1] if isinstance(value, list) and value else value).lower()
    if said not in ("", "true", "1", "yes", "false", "0", "no"):
        raise SystemExit(f"looplet: the setting strict is true or false, not {said!r:.40}")
    return said in ("", "true", "1", "yes")


def _stamp() -> Stamp:
    from looplet.compiler.archive.zip_writer import stamp

    try:
        return stamp()
    except ValueError as error:
        raise SystemExit(f"looplet: {error}") from None


# ── the world outside ─────────────────────────────────────────────────────────────────────────────


def _write_metadata(folder: str, wheel: Wheel) -> str:
    os.makedirs(os.path.join(folder, wheel.info), exist_ok=True)
    for name, data in wheel.metadata().items():
        _write(os.path.join(folder, wheel.info), name, data)
    return wheel.info


def _write(folder: str, name: str, data: bytes) -> str:
    """Write a file whole, or not at all; its name."""
    os.makedirs(folder, exist_ok=True)
    handle, made = tempfile.mkstemp(dir=folder, prefix=".")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        # As `open` would have made it: a temporary file is for its owner alone.
        os.chmod(made, 0o666 & ~_umask())
        os.replace(made, os.path.join(folder, name))
    except BaseException:
        os.unlink(made)
        raise
    return name


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


@contextmanager
def _reported() -> Iterator[None]:
    """End the process with what is wrong with the cartridge, in words.

    Frontends run a hook in a process of its own and show what it wrote on stderr. `SystemExit` with
    a text writes that and nothing else.
    """
    from looplet.contents import PresetError

    try:
        yield
    except ImportError as error:
        if (error.name or "looplet").partition(".")[0] == "looplet":
            raise
        raise SystemExit(
            f"looplet: building a cartridge needs {error.name}: pip install 'looplet[compiler]'"
        ) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise SystemExit(f"looplet: {where}{error.strerror or error}") from None
    except PresetError as error:
        raise SystemExit(f"looplet: {error}") from None
    except ValueError as error:
        if (report := getattr(error, "report", None)) is None:
            raise
        raise SystemExit(_words(report)) from None


def _words(report: Report) -> str:
    """A report as `looplet-compile check` shows it, with the paths below the folder's own name."""
    from dataclasses import replace

    from looplet.compiler.render import text

    here = os.getcwd()
    shown = [
        replace(one, root=os.path.basename(here)) if one.root == here else one
        for one in report.cartridges
    ]
    return "\n" + text.render(replace(report, cartridges=tuple(shown)))


__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]
