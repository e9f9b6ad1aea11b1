"""Amazon DynamoDB: tables of items, secondary indexes, global tables.

values.py numbers.py comparing.py keys.py   attribute values: weight, order, where they rest
expressions/                                conditions, updates, projections, key conditions
state.py records.py                         tables, indexes, and how an item rests
tables.py definitions.py describing.py      made, listed, described, deleted
table_updates.py settings.py                altered; tags, time to live, backups as state
items.py query.py batch.py transactions.py  reading and writing items
replicas.py replication.py                  global tables, and what travels to which region
global_tables.py                            global tables of the 2017 version
parameters.py capacity.py validation.py     what operations have in common
"""

from . import (  # noqa: F401  (importing registers)
    batch,
    global_tables,
    items,
    query,
    replicas,
    settings,
    table_updates,
    tables,
    transactions,
)
from .state import service

__all__ = ["service"]
