"""What every fault has in common: a kind, parameters that travel as plain data, a sentence about itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, slots=True)
class ProcessHarm:
    """What is to happen to the process of a place: "kill" ends it (SIGKILL), "pause" stops it (SIGSTOP)."""

    place: str
    action: Literal["kill", "pause"]


class Fault:
    """The root of every kind. `fis` names the AWS Fault Injection Service action nearest, if there is one."""

    fis: ClassVar[str | None] = None

    @classmethod
    def kind(cls) -> str:
        """The name people type: `RegionOutage` is `region-outage`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def to_dict(self) -> dict[str, Any]:
        """Plain data; `faults.from_dict` reads it back."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return {"kind": self.kind(), **{k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}}

    def describe(self) -> str:
        """One sentence for people, without a full stop."""
        raise NotImplementedError(type(self).__name__)
