"""Zonal shift of Amazon Application Recovery Controller, one per region: moving traffic away from a zone.

state.py   shifts, and what each resource is configured to do     managed.py   the load balancers it can shift
shifts.py  starting, extending, cancelling, listing               autoshift.py practice runs and autoshift, as state
errors.py

Invariant: a shift is in force from its start until it is cancelled or expires, whatever else happens; it follows from
its times, and the edge has it.
"""

from . import autoshift, managed, shifts  # noqa: F401
from .state import service

__all__ = ["service"]
