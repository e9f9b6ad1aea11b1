"""What the control plane knows. Every alteration of a cluster or of what is in it raises the cluster's revision; what
has a revision that the data plane has agreed on is deployed.

    route53-recovery-control-config.clusters   arn -> {"Arn", "Name", "NetworkType", "Members" [region], "Host",
                                               "Token", "Newest" revision, "Deployed" revision, "Revision", "Deleting"}
    .panels      arn -> {"Arn", "Cluster", "Name", "Default", "Token", "Revision", "Deleting"}
    .controls    arn -> {"Arn", "Cluster", "Panel", "Name", "Token", "Revision", "Deleting"}
    .rules       arn -> {"Arn", "Cluster", "Panel", "Name", "Kind" "assertion" or "gating", "Watched", "Targets",
                 "Rule" (its RuleConfig), "WaitMs", "Token", "Revision", "Deleting"}
    .tags        arn -> {key: value}
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context, Service
from ...store.journal import Change
from ...store.maps import Maps, Objects
from .errors import ResourceNotFoundException

Plain = dict[str, Any]
ID = "route53-recovery-control-config"
HOME = "us-west-2"
TABLES = ("clusters", "panels", "controls", "rules")


class State:
    """The maps, and how their parts hang together."""

    def __init__(self, maps: Maps) -> None:
        self.tables: dict[str, Objects] = {name: maps.objects(f"{ID}.{name}") for name in (*TABLES, "tags")}
        self.deploying: set[str] = set()  # clusters, in a region at work

    def one(self, table: str, arn: str) -> Plain:
        """Raises ResourceNotFoundException."""
        found: Plain | None = self.tables[table].get(arn)
        if found is None:
            raise ResourceNotFoundException(f"{arn} was not found.")
        return found

    def of(self, table: str, **wanted: str) -> list[Plain]:
        """What has these members."""
        rows = [each for _, each in self.tables[table].items()]
        return [each for each in rows if all(each[name] == value for name, value in wanted.items())]

    def status(self, entry: Plain) -> str:
        """As the API tells it."""
        if entry["Deleting"]:
            return "PENDING_DELETION"
        cluster = self.tables["clusters"].get(entry.get("Cluster") or entry["Arn"])
        return "DEPLOYED" if cluster and entry["Revision"] <= cluster["Deployed"] else "PENDING"


service = Service(ID, State, home=HOME)


@service.change
def entry_put(state: State, change: Change, *, table: str, key: str, value: Any) -> None:
    state.tables[table].put(key, value)


@service.change
def altered(state: State, change: Change, *, table: str, entry: Plain) -> None:
    """Something of a cluster is as it is from the cluster's next revision on."""
    arn = entry.get("Cluster") or entry["Arn"]
    cluster = state.tables["clusters"].get(arn) or entry
    revision = cluster["Newest"] + 1
    state.tables["clusters"].put(arn, {**cluster, "Newest": revision})
    if table == "clusters":
        entry = {**entry, "Newest": revision}
    state.tables[table].put(entry["Arn"], {**entry, "Revision": revision})


@service.change
def deployed(state: State, change: Change, *, cluster: str, revision: int) -> None:
    """The data plane has a revision: what was to be deleted by then is gone."""
    found = state.tables["clusters"].get(cluster)
    if found is None:
        return
    state.tables["clusters"].put(cluster, {**found, "Deployed": revision})
    for table in reversed(TABLES):
        for arn, entry in list(state.tables[table].items()):
            of_it = cluster in (entry.get("Cluster"), arn)
            if of_it and entry["Deleting"] and entry["Revision"] <= revision:
                state.tables[table].delete(arn)
                state.tables["tags"].delete(arn)


def new_hex(ctx: Context[State], digits: int) -> str:
    return f"{ctx.here.rng.getrandbits(4 * digits):0{digits}x}"


def again(ctx: Context[State], table: str, token: str | None) -> Plain | None:
    """What an earlier request with the same client token made."""
    found = ctx.state.of(table, Token=token) if token else []
    return found[0] if found else None
