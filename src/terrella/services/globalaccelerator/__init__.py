"""AWS Global Accelerator, at its home in us-west-2: accelerators, their listeners, endpoint groups and endpoints.

state.py         what is kept                   accelerators.py     accelerators and their attributes
listeners.py     listeners                      endpoint_groups.py  endpoint groups
endpoints.py     what may be an endpoint        attachments.py      endpoints and addresses shared with others
byoip.py         addresses of the user's own    custom_routing.py   accelerators and listeners of custom routing
subnets.py       endpoint groups of custom routing: subnets, their port mappings, what is allowed
port_mappings.py which port of a listener leads to which destination
measuring.py     metrics, counted at the edge   flow_logs.py        flow logs
tags.py  paging.py  errors.py

Invariant: everything a flow depends on is owed to the edge, which routes by it when this region is gone.
"""

from . import (  # noqa: F401
    accelerators,
    attachments,
    byoip,
    custom_routing,
    endpoint_groups,
    listeners,
    measuring,
    subnets,
    tags,
)
from .state import service

__all__ = ["service"]
