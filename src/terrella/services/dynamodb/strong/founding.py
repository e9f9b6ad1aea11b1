"""How a strongly consistent table begins, in three regions of one set at once, and ends, in one.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html tells the rules;
the wording of these refusals is not published and is ours.

Invariant: what a region is told of a group comes over its link in order, so it never hears of the end before the
beginning.
"""

from __future__ import annotations

import uuid
from typing import Any

from ....core.errors import ValidationException
from ....region.service import Context
from ....store.journal import Change
from .. import replicas, synchronised
from ..membership import NEVER, VERSION_2019
from ..state import State, Table, blank, service
from . import keeping, writing
from .deciding import WHOLE

Plain = dict[str, Any]

JOINING_S = 5.0
SETS = (
    ("us-east-1", "us-east-2", "us-west-2"),
    ("eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"),
    ("ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
)
_GIVEN = ("ReplicaUpdates", "GlobalTableWitnessUpdates")
_NAMESPACE = uuid.UUID("0d0c6c1e-7b0f-4f0a-8a35-2f5b7f6f7c55")  # of the ids of replicas' tables
THREE = (
    "A global table with MultiRegionConsistency STRONG has exactly three Regions: two replicas, or one replica and "
    "one witness, must be created beside the table."
)


@service.start
def begin(ctx: Context[State]) -> None:
    """Take part in every group again. A crash may have come before all were told of one."""
    ctx.state.strong = writing.StrongTables(ctx)
    for group, data in list(ctx.state.strong_groups.items()):
        table = keeping.table_of(ctx.state, group)
        if data["home"] == ctx.region and not data["opened"] and table is not None:
            _tell(ctx, table, group)
        ctx.state.strong.begin(group)


def concerns(table: Table | None, input: Plain) -> bool:
    """Is this update of a table about strong consistency?"""
    asked = input.get("MultiRegionConsistency") == "STRONG" or bool(input.get("GlobalTableWitnessUpdates"))
    comings = any(update.get("Update") is None for update in input.get("ReplicaUpdates") or ())
    return asked or (table is not None and table.strong is not None and comings)


async def update(ctx: Context[State], table: Table, input: Plain) -> None:
    """Carry out such an update."""
    more = sorted(input.keys() - {"TableName", "MultiRegionConsistency", *_GIVEN})
    if more:
        raise ValidationException(f"{more[0]} cannot be updated together with replicas of strong consistency.")
    creates, deletes = _asked(input, "Create"), _asked(input, "Delete")
    if table.strong is None:
        found(ctx, table, input, creates, deletes)
        return
    data = keeping.data_of(ctx.state, table.strong["group"])
    others = sorted(each for each in data["members"] if each != ctx.region)
    witnesses = [data["witness"]] if data["witness"] else []
    holders = [each for each in others if each not in witnesses]
    if creates != ([], []) or tuple(map(sorted, deletes)) != (holders, witnesses):
        raise ValidationException(WHOLE)
    assert ctx.state.strong is not None, "regions are started"
    await ctx.state.strong.end(table)
    ctx.state.strong.close(table.strong["group"])


def overrides(table: Table, updates: list[Plain]) -> Plain:
    """Region -> settings that it is to have otherwise. ValidationException."""
    assert table.strong is not None
    held = [each for each in table.strong["members"] if each != table.strong["witness"]]
    found = {}
    for update in updates:
        replica = update["Update"]
        if replica["RegionName"] not in held:
            raise ValidationException(replicas.NOT_FOUND)
        found[replica["RegionName"]] = replicas.settings_of(replica)
    return found


def found(
    ctx: Context[State], table: Table, input: Plain, creates: tuple[list[str], list[str]],
    deletes: tuple[list[str], list[str]],
) -> None:  # fmt: skip
    """Begin a group of three. ValidationException where the rules forbid it."""
    others, witnesses = creates
    if input.get("MultiRegionConsistency") != "STRONG":
        raise ValidationException("Witnesses belong to global tables with MultiRegionConsistency STRONG only.")
    if deletes != ([], []) or (len(others), len(witnesses)) not in ((2, 0), (1, 1)):
        raise ValidationException(THREE)
    members = sorted({ctx.region, *others, *witnesses})
    if len(members) != 3:
        raise ValidationException(THREE)
    _check(ctx, table, members)
    group = f"{ctx.region}/{table.name}/{ctx.here.new_request_id()}"
    at = ctx.now + ctx.scaled(JOINING_S)
    given = [each["Create"] for each in input.get("ReplicaUpdates") or ()]
    strong = {
        "group": group, "members": members, "witness": next(iter(witnesses), None), "at": at, "opened": False,
        "overrides": {
            each["RegionName"]: {"settings": replicas.settings_of(each), "settings_stamp": [ctx.now, ctx.region]}
            for each in given if each.keys() != {"RegionName"}
        },
    }  # fmt: skip
    ctx.commit("group_begun", group=group, table=table.name, strong=strong)
    _tell(ctx, ctx.state.existing(table.name, ctx.now), group)
    assert ctx.state.strong is not None, "regions are started"
    ctx.state.strong.begin(group)


@service.change
def group_begun(state: State, change: Change, group: str, table: str, strong: Plain) -> None:
    """Where it was asked, the table is one of three from now on."""
    known = state.known(table)
    assert known is not None, "decided a moment ago"
    state.alter(known, strong=strong)
    _take_part(state, change, group, table, strong)


@service.change
def group_founded(
    state: State, change: Change, group: str, table: str, strong: Plain, sample: Plain, region: str, to: list[str]
) -> None:
    """In another region a replica begins, or a witness. One whose name is taken takes no part."""
    if group in state.strong_groups:
        return  # where it was asked, or told before
    if region != strong["witness"]:
        if state.known(table) is not None:
            return
        state.put_table({**_replica(change, group, region, sample), "strong": strong})
    _take_part(state, change, group, table, strong)


@service.on_arrival("group_founded")
def founded(ctx: Context[State], change: Change) -> None:
    """This region takes part from now on."""
    assert ctx.state.strong is not None, "regions are started"
    ctx.state.strong.begin(change.body["group"])


@service.on_arrival("group_closed")
def closed(ctx: Context[State], change: Change) -> None:
    assert ctx.state.strong is not None, "regions are started"
    ctx.state.strong.forget(change.body["group"])


def described(table: Table, now: float) -> Plain:
    """What DescribeTable tells of it."""
    strong = table.strong
    assert strong is not None
    status = "ACTIVE" if strong["opened"] and now >= strong["at"] else "CREATING"
    others = [each for each in strong["members"] if each not in (table.region, strong["witness"])]
    told: Plain = {
        "GlobalTableVersion": VERSION_2019,
        "MultiRegionConsistency": "STRONG",
        "Replicas": [
            {**synchronised.overrides(table, each), "RegionName": each, "ReplicaStatus": status} for each in others
        ],
    }
    if strong["witness"]:
        told["GlobalTableWitnesses"] = [{"RegionName": strong["witness"], "WitnessStatus": status}]
    return told


def _asked(input: Plain, verb: str) -> tuple[list[str], list[str]]:
    """The regions a verb is given for: of replicas, and of witnesses."""
    found = []
    for member in _GIVEN:
        given = [each[verb] for each in input.get(member) or () if each.get(verb)]
        found.append([each["RegionName"] for each in given])
    return found[0], found[1]


def _check(ctx: Context[State], table: Table, members: list[str]) -> None:
    if table.group is not None:
        raise ValidationException("The MultiRegionConsistency of a global table cannot be changed.")
    unknown = [each for each in members if each not in ctx.here.world.regions]
    if unknown:
        known = ", ".join(sorted(ctx.here.world.regions))
        raise ValidationException(f"Invalid Request: this world has no region {unknown[0]}. It has: {known}.")
    if not any(set(members) <= set(each) for each in SETS):
        raise ValidationException(
            f"The Regions {', '.join(members)} are not of one Region set; MultiRegionConsistency STRONG is for "
            f"three of one of these: {'; '.join(', '.join(each) for each in SETS)}."
        )
    if table.local_indexes:
        raise ValidationException("A table with local secondary indexes cannot have MultiRegionConsistency STRONG.")
    if table.expiry is not None:
        raise ValidationException("A table with Time to Live cannot have MultiRegionConsistency STRONG.")
    if next(iter(table.items.scan()), None) is not None:
        raise ValidationException("A table with items cannot have MultiRegionConsistency STRONG.")


def _replica(change: Change, group: str, region: str, sample: Plain) -> Plain:
    arn = str(sample["arn"]).split(":")
    arn[3] = region
    about = {
        **{name: value for name, value in sample["about"].items() if name != "StreamSpecification"},
        "TableArn": ":".join(arn),
        "TableId": str(uuid.uuid5(_NAMESPACE, f"{group} {region}")),
        "CreationDateTime": change.accepted,
        "DeletionProtectionEnabled": False,
    }
    return blank(synchronised.localised(about, region), NEVER)


def _take_part(state: State, change: Change, group: str, table: str, strong: Plain) -> None:
    state.strong_groups.put(group, {
        "table": table, "members": strong["members"], "witness": strong["witness"], "home": change.origin,
        "term": 0, "vote": None, "base": 0, "base_term": 0, "agreed": 0, "opened": False, "ended": None,
    })  # fmt: skip


def _tell(ctx: Context[State], table: Table, group: str) -> None:
    assert table.strong is not None, "it is one of three"
    sample = synchronised.sample(table)
    for region in table.strong["members"]:
        if region != ctx.region:
            ctx.commit(
                "group_founded", group=group, table=table.name, strong=table.strong, sample=sample, region=region,
                to=[region],
            )  # fmt: skip
