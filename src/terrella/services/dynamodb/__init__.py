"""Amazon DynamoDB: tables of items, secondary indexes, global tables.

values.py numbers.py comparing.py keys.py   attribute values: weight, order, where they rest
expressions/                                conditions, updates, projections, key conditions
state.py records.py                         tables, indexes, and how an item rests
tables.py definitions.py describing.py      made, listed, described, deleted
table_updates.py settings.py                altered; tags, time to live
backups.py policies.py observing.py         kept and restored; policies, insights and destinations as state
transfers/ jobs.py                          exports to S3 and imports; work that goes on
measuring.py counting.py                    what it tells CloudWatch
throttling.py capacity.py covering.py       what may be done a second, what was, and what is acted on at all
legacy/ starting.py item_collections.py     parameters before expressions; where pages begin; collections
items.py query.py batch.py                  reading and writing items
transactions.py tokens.py                   all or nothing, and once
partiql/                                    the same, asked for in PartiQL
replicas.py replica_scaling.py              global tables of the 2019 version
global_tables.py global_table_settings.py   and of the 2017 version
scaling_settings.py                         what Application Auto Scaling is told, and tells, for both
marks.py                                    what that one writes into items
membership.py joining.py                    who belongs to one, and how all regions come to agree on it
replication.py filling.py                   what travels to which region; how a new replica is filled
tombstones.py                               what is left of deleted items, and when it is forgotten
synchronised.py                             settings that replicas have alike
streams.py stream_records.py stream_reading.py   streams, and the API that reads them
expiry.py time_to_live.py sweeping.py       items that expire; what happens in the background
strong/                                     tables of three regions that agree on every write
parameters.py capacity.py validation.py     what operations have in common
"""

from . import (  # noqa: F401  (importing registers)
    backups,
    batch,
    counting,
    covering,
    filling,
    global_table_settings,
    global_tables,
    items,
    joining,
    measuring,
    observing,
    partiql,
    policies,
    query,
    replica_scaling,
    replicas,
    settings,
    stream_reading,
    sweeping,
    table_updates,
    tables,
    time_to_live,
    tombstones,
    transactions,
    transfers,
)
from .state import service

__all__ = ["service"]
