"""FileCheckpointStore: the folder that a run is saved in.

run.json         what the run is: its task, what it is made of, and what its host noted
journal.jsonl    what happened
lock             held by the process that runs it
calls/           folders for what calls have to save themselves, such as sub-agents
"""

from __future__ import annotations

import json
import os
from contextlib import suppress

from looplet.checkpoint.errors import CheckpointError
from looplet.checkpoint.journal import Journal, read_journal
from looplet.checkpoint.lock import Lock
from looplet.jsontext import NotJSON, json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from typing import Any, Final

    from looplet.checkpoint.saved import Checkpoint

FORMAT: Final = 1
RUN: Final = "run.json"
JOURNAL: Final = "journal.jsonl"


class FileCheckpointStore:
    """A folder for one run; it is made when the run begins.

    host: whatever the host wants to find again, JSON data; it is in `Checkpoint.host`.
    sync: wait for the disk after each entry, so that not even a power cut loses one. Without, only
    the end and questions are waited for; a killed process loses nothing either way.
    """

    def __init__(
        self,
        folder: str | PathLike[str],
        *,
        host: Mapping[str, Any] | None = None,
        sync: bool = False,
    ) -> None:
        self.folder = os.fspath(folder)
        self.host = dict(host or {})
        self.sync = sync
        self._lock: Lock | None = None
        self._journal: Journal | None = None

    def __repr__(self) -> str:
        return f"FileCheckpointStore({self.folder!r})"

    @property
    def is_open(self) -> bool:
        return self._journal is not None

    @property
    def is_used(self) -> bool:
        """Whether there is a run in the folder."""
        return os.path.lexists(self._path(RUN)) or os.path.lexists(self._path(JOURNAL))

    def load(self) -> Checkpoint:
        """The run that is saved here, as far as it came. Raises CheckpointError."""
        from looplet.checkpoint.saved import Checkpoint

        about = self._about()
        entries, size = read_journal(self._path(JOURNAL))
        return Checkpoint(self, about, entries, size)

    def begin(self, task: Any, made_of: Mapping[str, Any]) -> None:
        """Open the folder for a new run. Raises CheckpointError if there is one in it."""
        if self.is_used:
            raise CheckpointError(
                "used",
                f"{self.folder}: there already is a run in it; go on with it "
                f"(`looplet resume {self.folder}`), or give a new folder",
            )
        from looplet.version import version

        about = {
            "looplet_run": FORMAT,
            "version": version(),
            "task": task,
            "host": self.host,
            "made_of": made_of,
        }
        try:
            text = json_text(about)
        except NotJSON as error:
            raise CheckpointError("no_json", f"the run cannot be saved: {error}") from None
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            self._lock = Lock(self.folder)
            if self.is_used:  # between the look and the lock
                raise CheckpointError("used", f"{self.folder}: there already is a run in it")
            self._write(RUN, text + "\n")
            self._journal = Journal(self._path(JOURNAL), 0)
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            if self._journal is None:
                self.close()

    def go_on(self, checkpoint: Checkpoint) -> None:
        """Open the folder to go on with the run that was loaded from it."""
        try:
            self._lock = Lock(self.folder)
            if read_journal(self._path(JOURNAL))[1] != checkpoint.size:
                raise CheckpointError(
                    "moved_on", f"{self.folder}: the run went on since it was loaded; load it again"
                )
            self._journal = Journal(self._path(JOURNAL), checkpoint.size)
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            if self._journal is None:
                self.close()

    def append(self, entry: dict[str, Any], *, sync: bool = False) -> None:
        """Write one entry of the journal. Raises CheckpointError."""
        assert self._journal is not None
        try:
            self._journal.append(entry, sync=sync or self.sync)
        except OSError as error:
            raise self._unwritable(error) from error

    def close(self) -> None:
        """Let others have the folder."""
        if self._journal is not None:
            self._journal.close()
        if self._lock is not None:
            self._lock.close()
        self._journal = self._lock = None

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def _about(self) -> dict[str, Any]:
        path = self._path(RUN)
        try:
            with open(path, encoding="utf-8") as file:
                about = json.load(file)
        except FileNotFoundError:
            raise CheckpointError(
                "nothing", f"{self.folder}: no run is saved here; nothing of it was done yet"
            ) from None
        except OSError as error:
            raise CheckpointError("damaged", f"{path}: {error.strerror or error}") from None
        except (ValueError, RecursionError) as error:
            raise CheckpointError("damaged", f"{path}: no JSON: {error}") from None
        if not (
            isinstance(about, dict)
            and {"looplet_run", "made_of"} <= about.keys()
            and isinstance(about.get("host", {}), dict)
        ):
            raise CheckpointError("damaged", f"{path}: this does not describe a saved run")
        if about["looplet_run"] != FORMAT:
            raise CheckpointError(
                "newer",
                f"{path}: it was saved by looplet {about.get('version')} in a form that this "
                "version does not read; use that version",
            )
        return about

    def _write(self, name: str, text: str) -> None:
        """A whole file, or none."""
        path = self._path(name)
        with suppress(FileNotFoundError):  # of a process that died; or a link, laid as a trap
            os.unlink(path + ".new")
        with open(path + ".new", "w", encoding="utf-8", opener=_for_its_owner) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path + ".new", path)

    def _unwritable(self, error: OSError) -> CheckpointError:
        why = error.strerror or str(error)
        return CheckpointError(
            "unwritable",
            f"{self.folder}: the run cannot be saved: {why}; what was saved so far is still there",
        )


def _for_its_owner(path: str, flags: int) -> int:
    """Task and inputs are nobody else's business, also in a folder that was there before."""
    return os.open(path, flags | os.O_EXCL, 0o600)
