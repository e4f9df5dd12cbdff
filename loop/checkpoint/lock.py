"""One process at a time: a lock on a file, which the system gives up when its process ends."""

from __future__ import annotations

import os
from errno import EACCES, EAGAIN, EDEADLK

from looplet.checkpoint.errors import CheckpointError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

FILE: Final = "lock"


class Lock:
    """Held from when it is made until `close`.

    Raises CheckpointError if another has it, OSError if there can be none.

    The file stays, with the id of the process in it; what counts is the lock that the system
    holds, so that of a process which died is free.
    """

    _file = -1

    def __init__(self, folder: str) -> None:
        path = os.path.join(folder, FILE)
        flags = os.O_RDWR | os.O_CREAT
        for name in ("O_CLOEXEC", "O_NOFOLLOW"):  # not on Windows
            flags |= getattr(os, name, 0)
        self._file = os.open(path, flags, 0o600)
        try:
            _take(self._file)
        except OSError as error:
            if error.errno not in (EACCES, EAGAIN, EDEADLK):  # a file system without locks, say
                self.close()
                raise
            holder = os.read(self._file, 20).decode("ascii", "replace").strip()
            self.close()
            who = f"the process {holder}" if holder.isdigit() else "another process"
            raise CheckpointError(
                "locked", f"{folder}: {who} is running this run; wait until it ends, or stop it"
            ) from None
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, b"%d\n" % os.getpid())

    def close(self) -> None:
        # In this order: a signal may raise in between, and what was closed is soon another's.
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)

    __del__ = close


def _take(file: int) -> None:
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    import msvcrt

    # A byte far behind the text: on Windows nobody could read a locked one.
    os.lseek(file, 1 << 20, os.SEEK_SET)
    msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    os.lseek(file, 0, os.SEEK_SET)
