"""Python modules out of an archive, each function's its own, in surroundings the world controls.

Modules of the archive are found before all others, as on the service. A handler that asks for the time, for
chance, for its environment or for boto3 gets the world's; everything else is the real standard library.
"""

from __future__ import annotations

import builtins
import datetime as real_datetime
import importlib
import io
import random
import types
import uuid as real_uuid
import zipfile
from dataclasses import dataclass
from typing import Any

from ..core.clock import Clock
from .boto3_inside import Call, facade

SHOWN_ROOT = "/var/task"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a function finds around it."""

    region: str
    variables: dict[str, str]
    clock: Clock
    rng: random.Random
    call: Call


class Inside:
    """One function's modules. `printed` is what it has printed, `slept_s` how long it has slept."""

    def __init__(self, archives: list[bytes], surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.files = _files(archives)
        self.printed: list[str] = []
        self.slept_s = 0.0
        self.modules: dict[str, types.ModuleType] = {}
        self.builtins = {**vars(builtins), "__import__": self._import, "print": self._print}
        self.given: dict[str, types.ModuleType] = {
            "boto3": facade(surroundings.region, surroundings.call),
            "os": self._os(),
            "time": self._time(),
            "datetime": self._datetime(),
            "random": _changed("random", _chance(surroundings.rng)),
            "uuid": _changed("uuid", {"uuid4": self._uuid4}),
        }

    def now(self) -> float:
        """The world's time, and what the function has slept since."""
        return self.surroundings.clock.now() + self.slept_s

    def load(self, name: str) -> types.ModuleType:
        """A module of the archive. Raises ImportError, or what the module itself raises."""
        if name in self.modules:
            return self.modules[name]
        parent, _, last = name.rpartition(".")
        if parent:
            self.load(parent)
        path = name.replace(".", "/")
        package = f"{path}/__init__.py"
        found = package if package in self.files else f"{path}.py"
        if found not in self.files and not self._is_folder(path):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        module = types.ModuleType(name)
        module.__dict__["__builtins__"] = self.builtins
        module.__file__ = f"{SHOWN_ROOT}/{found}"
        module.__package__ = name if found == package or found not in self.files else parent
        if module.__package__ == name:
            module.__path__ = [f"{SHOWN_ROOT}/{path}"]
        self.modules[name], whole = module, False
        try:
            exec(compile(self.files.get(found, b""), module.__file__, "exec"), module.__dict__)
            whole = True
        finally:
            if not whole:
                del self.modules[name]
        if parent:
            setattr(self.modules[parent], last, module)
        return module

    def has(self, name: str) -> bool:
        path = name.replace(".", "/")
        return f"{path}.py" in self.files or f"{path}/__init__.py" in self.files or self._is_folder(path)

    def _is_folder(self, path: str) -> bool:
        return any(name.startswith(f"{path}/") and name.endswith(".py") for name in self.files)

    def _import(
        self,
        name: str,
        globals: dict[str, Any] | None = None,
        locals: Any = None,
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        """What `import` means inside: the archive first, then what the world gives, then the real library."""
        absolute = _absolute(name, globals or {}, level)
        top = absolute.partition(".")[0]
        if self.has(top):
            return self._from_archive(absolute, top, fromlist)
        if absolute in self.given:
            return self.given[absolute]
        if top == "boto3":
            real = importlib.import_module(absolute)
            setattr(
                self.given["boto3"],
                absolute.split(".")[1],
                importlib.import_module(".".join(absolute.split(".")[:2])),
            )
            return real if fromlist else self.given["boto3"]
        if top in self.given:
            return importlib.import_module(absolute) if fromlist else self.given[top]
        return builtins.__import__(name, globals, locals, fromlist, level)

    def _from_archive(self, absolute: str, top: str, fromlist: Any) -> types.ModuleType:
        module = self.load(absolute)
        if not fromlist:
            return self.load(top)
        for item in fromlist:
            if not hasattr(module, item) and self.has(f"{absolute}.{item}"):
                self.load(f"{absolute}.{item}")
        return module

    def _print(self, *values: Any, sep: str | None = " ", end: str | None = "\n", **_: Any) -> None:
        text = (" " if sep is None else sep).join(str(value) for value in values)
        self.printed.append(text + ("\n" if end is None else end))

    def _os(self) -> types.ModuleType:
        variables = dict(self.surroundings.variables)
        return _changed("os", {"environ": variables, "getenv": variables.get, "urandom": self._bytes})

    def _time(self) -> types.ModuleType:
        def sleep(seconds: float) -> None:
            self.slept_s += max(0.0, seconds)

        now = self.now
        counts = {"time": now, "monotonic": now, "perf_counter": now, "sleep": sleep}
        nanos = dict.fromkeys(("time_ns", "monotonic_ns", "perf_counter_ns"), lambda: int(now() * 1e9))
        return _changed("time", {**counts, **nanos})

    def _datetime(self) -> types.ModuleType:
        inside = self

        class datetime(real_datetime.datetime):
            """The real one, except that now is the world's now."""

            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return cls.fromtimestamp(inside.now(), tz or real_datetime.UTC).replace(tzinfo=tz)

            @classmethod
            def utcnow(cls) -> Any:
                return cls.fromtimestamp(inside.now(), real_datetime.UTC).replace(tzinfo=None)

            @classmethod
            def today(cls) -> Any:
                return cls.utcnow()

        return _changed("datetime", {"datetime": datetime})

    def _bytes(self, count: int) -> bytes:
        return self.surroundings.rng.randbytes(count)

    def _uuid4(self) -> real_uuid.UUID:
        return real_uuid.UUID(bytes=self._bytes(16), version=4)


def _files(archives: list[bytes]) -> dict[str, bytes]:
    """The files of the code, and of the layers where Python looks for them; the first of a name counts."""
    files: dict[str, bytes] = {}
    for number, archive in enumerate(archives):
        with zipfile.ZipFile(io.BytesIO(archive)) as entries:
            for entry in entries.infolist():
                name = entry.filename if number == 0 else entry.filename.removeprefix("python/")
                if not entry.is_dir():
                    files.setdefault(name, entries.read(entry) if name.endswith(".py") else b"")
    return files


def _absolute(name: str, globals: dict[str, Any], level: int) -> str:
    if not level:
        return name
    package = str(globals.get("__package__") or "")
    base = package.rsplit(".", level - 1)[0] if level > 1 else package
    return f"{base}.{name}" if name else base


def _changed(name: str, replaced: dict[str, Any]) -> types.ModuleType:
    """A copy of a module with some of its names replaced."""
    module = types.ModuleType(name)
    module.__dict__.update(vars(importlib.import_module(name)))
    module.__dict__.update(replaced)
    return module


def _chance(rng: random.Random) -> dict[str, Any]:
    names = (
        "random", "randint", "randrange", "choice", "choices", "shuffle", "sample", "uniform", "gauss",
        "expovariate", "getrandbits", "randbytes",
    )  # fmt: skip
    return {name: getattr(rng, name) for name in names}
