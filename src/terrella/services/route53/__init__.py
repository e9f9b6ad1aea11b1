"""Amazon Route 53's control plane. It lives in us-east-1; answers and probes are given at the edge.

state.py          zones, record sets and health checks, as the edge reads them too
zones.py          hosted zones            private_zones.py   the VPCs that see them
records.py        record sets             batch.py           why a batch of changes may be refused
values.py         record data             policies.py        routing policies side by side
health_checks.py  health checks           health_config.py   how they may be configured
status.py         what the edge is asked  changes.py         PENDING until the edge has it
dnssec.py         signing of zones       signing_keys.py   the keys it is done with
traffic_policies.py    their versions    traffic_document.py   what a document may say   traffic_rules.py
traffic_instances.py   policies at work  traffic_tree.py       what they come to at the edge
cidr.py           blocks of addresses    delegation_sets.py    name servers that zones share
features.py       accelerated recovery   recovery.py           and whether a zone has it
copies.py         what us-west-2 is told watching.py           when it takes over
takeover.py       how the control plane moves   terms.py       which changes come too late
vpc_authorizations.py  query_logging.py  protections.py  covering.py
measuring.py      what CloudWatch is told
pace.py  rate.py       how fast the API may be used
names.py  geography.py  tags.py  limits.py  paging.py  errors.py

Invariant: an accepted change is owed to the edge, and the edge needs nothing else to answer.
"""

from . import (  # noqa: F401
    changes,
    cidr,
    covering,
    delegation_sets,
    dnssec,
    features,
    geography,
    health_checks,
    limits,
    measuring,
    private_zones,
    protections,
    query_logging,
    records,
    status,
    tags,
    takeover,
    traffic_instances,
    traffic_policies,
    vpc_authorizations,
    watching,
    zones,
)
from .state import service

__all__ = ["service"]
