"""What readiness knows: by table and name, as the API shows it."""

from __future__ import annotations

from typing import Any

from ...region.service import Service
from ...store.journal import Change
from ...store.maps import Maps, Objects
from .errors import ResourceNotFoundException

Plain = dict[str, Any]
ID = "route53-recovery-readiness"
HOME = "us-west-2"
TABLES = ("cells", "groups", "sets", "checks")


class State:
    """Four tables by name, `grants` (authorizations of other accounts) by themselves, `tags` by ARN."""

    def __init__(self, maps: Maps) -> None:
        self.tables: dict[str, Objects] = {name: maps.objects(f"{ID}.{name}") for name in (*TABLES, "grants", "tags")}

    def one(self, table: str, name: str) -> Plain:
        """Raises ResourceNotFoundException."""
        found: Plain | None = self.tables[table].get(name)
        if found is None:
            raise ResourceNotFoundException(f"{name} was not found.")
        return found


service = Service(ID, State, home=HOME)


@service.change
def entry_put(state: State, change: Change, *, table: str, key: str, value: Any) -> None:
    state.tables[table].put(key, value)


@service.change
def entry_deleted(state: State, change: Change, *, table: str, key: str, arn: str | None = None) -> None:
    state.tables[table].delete(key)
    if arn is not None:
        state.tables["tags"].delete(arn)
