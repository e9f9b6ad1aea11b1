"""Function code on disk: each archive unpacked once per digest, whole or not at all."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import zipfile
from pathlib import Path


def unpack(archive: bytes, digest: str, folder: Path) -> Path:
    """The folder that holds the archive's files. Blocks; safe to race."""
    target = folder / digest
    if target.is_dir():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder))
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            for entry in files.infolist():
                path = files.extract(entry, unfinished)
                mode = entry.external_attr >> 16 & 0o777
                os.chmod(path, (mode or 0o644) | (0o700 if entry.is_dir() else 0o400))
        unfinished.chmod(0o755)
        os.rename(unfinished, target)
    except OSError:
        if not target.is_dir():  # otherwise another region was faster
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return target
