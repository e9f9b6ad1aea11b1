"""Elastic Load Balancing v2: Application Load Balancers, one service per region, and the decisions their nodes make.

state.py           what is kept                     errors.py  names.py  hosted_zones.py
load_balancers.py  load balancers                   subnets.py       the borrowed network they stand in
listeners.py       listeners                        certificates.py  and their certificates
rules.py           rules                            conditions.py  actions.py  what they are made of
target_groups.py   target groups                    targets.py       what is registered in them
attributes.py  tags.py  limits.py                   settings, tags, quotas and security policies
capacity.py        reservations of capacity         recording.py     what nodes note, in a record of each request:
measuring.py       counts for CloudWatch            records.py
logs.py            logs and their buckets           lines.py         and their lines
matching.py        which rule a request meets       deciding.py      what becomes of the request
choosing.py        which target, by health          sticking.py      cookies that remember a target
slow_start.py      shares of those new to it       header_settings.py  headers added and left out
trust_stores.py    whose certificates clients show  client_certificates.py  and what targets hear of them
gates.py           actions that must know who asks  oidc.py  tokens.py  sealing.py  and how that is known
desync.py          requests that are read in two ways
lambda_events.py   requests as functions see them   answers.py       the load balancer's own answers
health.py          verdicts on targets and zones    probing.py       what a probe asks, what its answer means
door.py            requests that need no server, answered in the region

Invariant: what a node does with a request follows from state, health and the request alone; sockets are elsewhere.
"""

from . import (  # noqa: F401
    attributes,
    capacity,
    certificates,
    door,
    health,
    limits,
    listeners,
    load_balancers,
    rules,
    tags,
    target_groups,
    targets,
    trust_stores,
)
from .state import service

__all__ = ["service"]
