"""process-kill: the process of a region (or of the edge) dies at once, as by SIGKILL.

Nothing is flushed and nothing is said. Afterwards connections are refused, quickly; a lost region is a
black hole instead (see region-outage). Every acknowledged write is on disk and is there again when the
process is revived.
"""

from __future__ import annotations

from dataclasses import dataclass

from ._fault import Fault, ProcessHarm
from ._words import parameter, process


@dataclass(frozen=True)
class ProcessKill(Fault):
    """The place's process ends without notice."""

    place: str = parameter(process)

    def on_process(self) -> ProcessHarm:
        return ProcessHarm(self.place, "kill")

    def describe(self) -> str:
        return f"the process of {self.place} is killed"
