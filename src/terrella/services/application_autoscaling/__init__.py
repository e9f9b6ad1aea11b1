"""Application Auto Scaling, one per region: capacity of DynamoDB's tables and indexes that follows what is consumed.

state.py       targets, policies and what was done
targets.py     what may be scaled, within which bounds      tags.py   their tags
policies.py    target tracking: the utilisation a target is to have
activities.py  what was done and why
tables.py      tables and indexes as targets: what they have, consume and are given, by DynamoDB's public API
tracking.py    when to scale, and to how much
scaling.py     the minute's look at every target

Invariant: whoever scales has no other way to a table or a metric than any customer.
"""

from . import activities, policies, scaling, tags, targets  # noqa: F401  (importing registers)
from .state import service

__all__ = ["service"]
