"""A world's data directory: what lies where, how it is found, and that only one world uses it.

world.json        the description the world was last started with
ca/               the world's certificate authority
regions/NAME/     a region's disk; functions/ in it holds the logs of its functions
edge/             the edge's disk
logs/PLACE.log    what each process says
history.jsonl     what was injected, when, by whom
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import IO, Any

from ..world import spec
from .disk.errors import DiskError, explained

NAME = ".terrella"
LONGEST_SOCKET_PATH = 100  # of 104 (macOS) or 108 (Linux) bytes


class DataDir:
    """The paths of one data directory."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @property
    def ca(self) -> Path:
        return self.path / "ca"

    @property
    def ca_bundle(self) -> Path:
        """What clients are to trust."""
        return self.ca / "ca.pem"

    @property
    def history(self) -> Path:
        return self.path / "history.jsonl"

    @property
    def control(self) -> Path:
        """The supervisor's socket; somewhere shorter when the path would be too long for one."""
        path = self.path / "control.sock"
        if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
            return path
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"terrella-{os.getuid()}" / f"{digest}.sock"

    def place(self, name: str) -> Path:
        """Where a place keeps its disk."""
        return self.path / "edge" if name == "edge" else self.path / "regions" / name

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def make(self) -> None:
        """Make the folders that must be there. Raises DiskError."""
        try:
            for folder in (self.path, self.path / "logs", self.ca, self.path / "regions"):
                folder.mkdir(parents=True, exist_ok=True)
            self.control.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise explained(error, self.path) from None

    def lock(self) -> IO[str] | None:
        """Take the directory for this process; None when a world is running in it. Raises DiskError."""
        try:
            file = (self.path / "lock").open("a+")
        except OSError as error:
            raise explained(error, self.path) from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        return file

    def read_spec(self) -> spec.WorldSpec | None:
        """The description the world was last started with. Raises DiskError when it is damaged."""
        path = self.path / "world.json"
        try:
            return spec.from_dict(json.loads(path.read_text()))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise explained(error, path) from None
        except ValueError as error:
            raise DiskError(f"{path} is damaged: {error}") from None

    def write_spec(self, world: spec.WorldSpec) -> None:
        """Raises DiskError."""
        self._replace(self.path / "world.json", json.dumps(world.to_dict(), indent=2) + "\n")

    def forget_spec(self) -> None:
        """As though no world had been started here."""
        (self.path / "world.json").unlink(missing_ok=True)

    def remember(self, event: dict[str, Any]) -> None:
        """Add a line to the history."""
        with self.history.open("a") as file:
            file.write(json.dumps(event) + "\n")

    def _replace(self, path: Path, text: str) -> None:
        """Write a file whole or not at all."""
        new = path.with_suffix(".new")
        try:
            new.write_text(text)
            new.replace(path)
        except OSError as error:
            raise explained(error, path) from None


def find(start: Path, given: str | None = None) -> DataDir:
    """The data directory meant: the one given, else `.terrella` here or in a folder above, else here."""
    if given:
        return DataDir(Path(given))
    for folder in (start, *start.parents):
        if (folder / NAME).is_dir():
            return DataDir(folder / NAME)
    return DataDir(start / NAME)
