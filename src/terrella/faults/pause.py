"""pause: the process of a region (or of the edge) stands still, as by SIGSTOP, until healed.

Connections are still accepted by the operating system, but nothing is read and nothing answered: the grey
failure that looks alive to a probe that merely connects. When healed the process goes on where it stood,
unaware.
"""

from __future__ import annotations

from dataclasses import dataclass

from ._fault import Fault, ProcessHarm
from ._words import parameter, process


@dataclass(frozen=True)
class Pause(Fault):
    """The place's process is stopped and keeps its connections."""

    place: str = parameter(process)

    def on_process(self) -> ProcessHarm:
        return ProcessHarm(self.place, "pause")

    def describe(self) -> str:
        return f"the process of {self.place} stands still"
