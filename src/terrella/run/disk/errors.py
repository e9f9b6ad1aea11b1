"""What can be wrong with a data directory, as one sentence for the person who started the world."""

from __future__ import annotations

import errno
import os
from pathlib import Path


class DiskError(Exception):
    """A data directory cannot be used; the message says which file and why, in one sentence."""


def explained(error: OSError, path: Path) -> DiskError:
    """The machine's error about a path, in words."""
    reasons = {
        errno.ENOSPC: "there is no space left on its disk",
        errno.EDQUOT: "the disk quota is used up",
        errno.EACCES: "permission was denied",
        errno.EPERM: "permission was denied",
        errno.EROFS: "its disk is read-only",
        errno.ENOTDIR: "it is not a directory",
        errno.EEXIST: "it is not a directory",
    }
    reason = reasons.get(error.errno or 0) or os.strerror(error.errno or 0)
    return DiskError(f"{error.filename or path} cannot be used: {reason}.")
