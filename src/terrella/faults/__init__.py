"""Harm: one file per kind of fault. Floor 2.

A fault is a frozen dataclass; its fields are its parameters everywhere (command line, timeline, transport).
It has any of these hooks:

    on_packet(packet, fate, rng) -> Fate               in the network, for every crossing
    cuts(source, target) -> bool                       is that way closed for certain?
    on_request(service, operation, region) -> None     in a region, before an operation; may raise an AwsError
    on_process() -> ProcessHarm                        carried out by the machine; undone when the fault heals

Duration and schedule belong to whoever strikes, not to the fault.
"""

from __future__ import annotations

from ._fault import Fault, ProcessHarm
from ._registry import FaultError, describe, from_dict, kind_names, meaning, parse, to_dict, usage

__all__ = [
    "Fault", "FaultError", "ProcessHarm", "describe", "from_dict", "kind_names", "meaning", "parse", "to_dict",
    "usage",
]  # fmt: skip
