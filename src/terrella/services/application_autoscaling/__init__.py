"""Application Auto Scaling, one per region: capacity of DynamoDB's tables and indexes that follows what is consumed,
and what is told of other services', which nobody scales.

state.py       targets, policies and what was done
namespaces.py  what may be a target, of which services
targets.py     what may be scaled, within which bounds      tags.py   their tags
policies.py    by what a target is to be scaled             configurations.py   what policies may say
scheduled.py   bounds for certain times, kept and told
activities.py  what was done and why
tables.py      tables and indexes as targets: what they have, consume and are given, by DynamoDB's public API
tracking.py    when to scale, and to how much
scaling.py     the minute's look at every target

Invariant: whoever scales has no other way to a table or a metric than any customer.
"""

from . import activities, policies, scaling, scheduled, tags, targets  # noqa: F401  (importing registers)
from .state import service

__all__ = ["service"]
