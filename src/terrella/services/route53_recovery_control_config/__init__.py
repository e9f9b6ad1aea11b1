"""The control plane of ARC's routing controls, at its home in us-west-2: clusters, control panels, routing controls,
safety rules.

state.py         what is kept, and its statuses       clusters.py   clusters and the resource policy nobody sets
panels.py        control panels, routing controls     rules.py      safety rules
deploying.py     how it reaches the data plane        tags.py  paging.py  errors.py

Invariant: nothing is DEPLOYED before a majority of the cluster's members has agreed on it.
"""

from . import clusters, panels, rules, tags  # noqa: F401
from .state import service

__all__ = ["service"]
