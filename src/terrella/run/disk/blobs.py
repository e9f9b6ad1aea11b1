"""Large bytes by their sha256 digest, one file each. A blob is whole and safe on disk, or it is not there."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from .segments import sync_folder


class BlobFolder:
    """`region.ports.Blobs` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Keep these bytes and return their digest. Raises OSError when the disk refuses."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        if not path.exists():
            if not path.parent.exists():
                path.parent.mkdir(exist_ok=True)
                sync_folder(self._folder)
            self._write(path, content)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of a digest. Raises KeyError when there are none."""
        if len(digest) != 64 or not digest.isalnum():
            raise KeyError(digest)
        try:
            return self._path(digest).read_bytes()
        except FileNotFoundError:
            raise KeyError(digest) from None

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _write(self, path: Path, content: bytes) -> None:
        fd, name = tempfile.mkstemp(prefix="new-", dir=path.parent)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.rename(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
