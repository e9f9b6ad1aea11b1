"""AWS Global Accelerator, at its home in us-west-2: accelerators, their listeners, endpoint groups and endpoints.

state.py         what is kept                   accelerators.py     accelerators and their attributes
listeners.py     listeners                      endpoint_groups.py  endpoint groups
endpoints.py     what may be an endpoint        tags.py  paging.py  errors.py

Invariant: everything a flow depends on is owed to the edge, which routes by it when this region is gone.
"""

from . import accelerators, endpoint_groups, listeners, tags  # noqa: F401
from .state import service

__all__ = ["service"]
