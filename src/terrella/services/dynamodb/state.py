"""What DynamoDB knows: tables as plain data, and their items as records.

    dynamodb.tables           name -> plain data of a table, see `blank`
    dynamodb.partings         global table -> what is known of this region, where it holds no replica of it
    dynamodb.items/NAME       key -> record of an item, or a tombstone if the table has or had replicas
    dynamodb.index/NAME/INDEX index key and key -> record of what an index projects of an item

Streams are in streams.py, what expires when in time_to_live.py, what backups keep in backups.py, tokens of
transactions in tokens.py.

Invariant: an index holds exactly the items of its table that have its key attributes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...region.measures import Meter
from ...region.service import Service
from ...store.maps import Maps, Records
from . import keys, marks, records, validation
from .errors import ResourceNotFoundException
from .expiry import Expiry, expiry_map
from .jobs import Jobs
from .keys import KeySchema
from .membership import VERSION_2017
from .replication import owed_to
from .streams import Stream, id_of, map_of
from .throttling import Tally, Throttle, throttle_of
from .tokens import Tokens
from .values import Item, size_of_item

if TYPE_CHECKING:
    from .strong.writing import StrongTables

Plain = dict[str, Any]
Dimensions = tuple[tuple[str, str], ...]
TIME = struct.Struct(">d")  # positive times sort as their bytes do
NOT_FOUND = "Requested resource not found"


class Index:
    """A secondary index: its key, and what of an item it holds."""

    __slots__ = ("active_at", "entries", "is_global", "keeps", "name", "projection", "schema")

    def __init__(self, about: Plain, types: dict[str, str], table: Table, entries: Records) -> None:
        self.name = about["IndexName"]
        self.schema = schema_of(about["KeySchema"], types)
        self.projection = about["Projection"].get("ProjectionType", "ALL")
        included = about["Projection"].get("NonKeyAttributes", [])
        self.keeps = frozenset((*included, *self.schema.names, *table.schema.names))
        self.entries = entries
        self.is_global = any(each["IndexName"] == self.name for each in table.global_indexes)
        self.active_at: float = table.data.get("indexes", {}).get(self.name, 0.0)

    def projected(self, item: Item) -> Item:
        """What the index holds of an item."""
        if self.projection == "ALL":
            return item
        return {name: value for name, value in item.items() if name in self.keeps}

    def key_of(self, item: Item, primary: bytes) -> bytes | None:
        """Where the item stands in the index; None if it does not."""
        found = self.schema.of_index(item)
        return None if found is None else found + primary


class Table:
    """A table's plain data with what is derived from it at hand."""

    __slots__ = (
        "active_at", "counted", "data", "expiry", "global_indexes", "group", "heard", "history", "indexes", "items",
        "local_indexes", "marks", "members", "name", "others", "plain", "region", "replicas", "schema", "stream",
        "strong", "throttle", "types",
    )  # fmt: skip

    def __init__(self, data: Plain, maps: Maps, stream: Stream | None, before: Table | None = None) -> None:
        about = data["about"]
        self.data, self.name = data, about["TableName"]
        self.types = {each["AttributeName"]: each["AttributeType"] for each in about["AttributeDefinitions"]}
        self.schema = schema_of(about["KeySchema"], self.types)
        self.items = maps.records(f"dynamodb.items/{self.name}")
        self.global_indexes: list[Plain] = about.get("GlobalSecondaryIndexes", [])
        self.local_indexes: list[Plain] = about.get("LocalSecondaryIndexes", [])
        self.indexes = {
            each["IndexName"]: Index(each, self.types, self, maps.records(index_map(self.name, each)))
            for each in (*self.global_indexes, *self.local_indexes)
        }
        self.active_at: float = data["active_at"] if data["deleted_at"] is None else float("inf")
        self.region = str(about["TableArn"]).split(":")[3]
        self.group: str | None = data["group"]
        self.marks = data["version"] == VERSION_2017
        self.strong: Plain | None = data.get("strong")
        self.members: Plain = data["members"]
        self.others = tuple(
            region for region, each in self.members.items() if each["present"] and region != self.region
        )
        self.replicas = tuple(region for region in self.others if self.knows_us(region))
        self.heard = frozenset(data["heard"])
        self.history = maps.records(history_map(self.name)) if data["recovery"] else None
        self.throttle: Throttle | Tally = throttle_of(about, before.throttle if before else None)
        self.counted: tuple[float, int, int] | None = None
        self.stream = stream
        expires = expires_by(data)
        self.expiry = Expiry(expires, maps, self.name) if expires else None
        kept = stream or self.expiry or data["recovery"]
        self.plain = not (self.group or self.indexes or kept)  # a write is but a write

    @property
    def about(self) -> Plain:
        """What DescribeTable tells and time does not alter."""
        return self.data["about"]

    def knows_us(self, region: str) -> bool:
        """Has a replica been told what this table is? Only then are writes owed to it; before, they are
        copied."""
        member = self.members[region]
        told: bool = self.data["introduced"].get(region) == member["stamp"] and not member["failed"]
        return told

    def read(self, key: bytes) -> Item | None:
        """The item at a key."""
        return records.item_of(self.items.get(key))

    def check_index_keys(self, item: Item) -> None:
        """ValidationException if an attribute that an index keys on is of another type."""
        for index in self.indexes.values():
            for name, kind in index.schema.hashes.items():
                keys.check_definition(item, name, kind, index.name)
            for name, kind in index.schema.ranges.items():
                keys.check_definition(item, name, kind, index.name, keys.LONGEST_RANGE)

    # Written by change functions only.

    def write(
        self, key: bytes, stamp: records.Stamp, json: bytes, size: int, at: float, expired: bool = False
    ) -> None:
        """Put or (without JSON) delete an item, unless what is there was written later. What comes from a
        region that is no replica, or was one of another table of this name, concerns nobody. `at` is when this
        region came to it; `expired` says that the item's time was over."""
        if stamp[1] != self.region and stamp[1] not in self.heard:
            return
        if self.plain:
            if json:
                self.items.put(key, records.pack(*stamp, size, json))
            else:
                self.items.delete(key)
            return
        first = None
        if self.marks:
            json, size, first = marks.steps(self.items.get(key), json, size, stamp, stamp[1] == self.region)
        self.keep(key, stamp, json, size, at, expired, first)

    def keep(
        self, key: bytes, stamp: records.Stamp, json: bytes, size: int, at: float, expired: bool = False,
        first: marks.Step | None = None,
    ) -> None:  # fmt: skip
        """The same, whoever wrote it: for copies, which come from whoever has them. `first` is what the item was
        on the way."""
        old = self.items.get(key)
        if self.group is not None and old is not None and records.unpack(old).stamp >= stamp:
            return
        if self.history is not None:
            self._remember(key, at)
        if json or self.group is not None:
            self.items.put(key, records.pack(*stamp, size, json))
        else:
            self.items.delete(key)
        for index in self.indexes.values():
            reindex(index, key, old, self.items.get(key))
        if self.expiry is not None:
            self.expiry.note(key, old, json)
        if self.stream is not None:
            if first is not None:
                self.stream.tell(key, old, *first, at, expired=False)
                old = records.pack(*stamp, first[1], first[0])
            self.stream.tell(key, old, json, size, at, expired)

    def _remember(self, key: bytes, written: float) -> None:
        """Keep what a write replaces as long as it may be restored."""
        assert self.history is not None
        oldest = written - self.data["recovery"]["days"] * 86_400.0
        for place, _ in list(self.history.scan(key, key + TIME.pack(max(oldest, 0.0)))):
            self.history.delete(place)
        place = key + TIME.pack(written)
        if self.history.get(place) is None:
            self.history.put(place, b"=" + (self.items.get(key) or b""))


class State:
    """The maps, and the tables derived from them."""

    def __init__(self, maps: Maps) -> None:
        self.maps = maps
        self.tables = maps.objects("dynamodb.tables")
        self.partings = maps.objects("dynamodb.partings")
        self.tokens = Tokens(maps)
        self.backups = maps.objects("dynamodb.backups")
        self.jobs = Jobs(maps)
        self.strong_groups = maps.objects("dynamodb.strong")
        self.strong: StrongTables | None = None  # those at work
        self.wake: Callable[[], None] = _nobody  # begins to fill replicas that wait for it
        self.tend: Callable[[], None] = _nobody  # begins to look for old tombstones
        self.stir: Callable[[], None] = _nobody  # begins to sweep what expires and what streams keep
        self.filling = self.tended = False
        self.meters: dict[tuple[str, Dimensions], Meter] = {}  # by metric: measuring.py, counting.py
        self.done: dict[tuple[str, str], Meter] = {}  # those of requests that were, by operation and table
        self.stream_data = maps.objects("dynamodb.streams")
        self.streams = {name: Stream(data, maps) for name, data in self.stream_data.items()}
        self.open_streams = {
            each.data["table"]: each for each in self.streams.values() if each.data["ended_at"] is None
        }
        self._tables = {
            name: Table(data, maps, self.open_streams.get(name)) for name, data in self.tables.items()
        }
        self.shared = {name for name, table in self._tables.items() if table.group is not None}

    def active(self, name: str, now: float) -> Table:
        """A table whose items can be read and written. ResourceNotFoundException."""
        table = self._tables.get(name)
        if table is None or table.active_at > now:
            table = self._tables.get(table_name(name))
            if table is None or table.active_at > now:
                raise ResourceNotFoundException(NOT_FOUND)
        return table

    def existing(self, name: str, now: float) -> Table:
        """A table in whatever state. ResourceNotFoundException."""
        table = self.find(name, now)
        if table is None:
            raise ResourceNotFoundException(f"{NOT_FOUND}: Table: {table_name(name)} not found")
        return table

    def find(self, name: str, now: float) -> Table | None:
        """A table in whatever state, None if there is none or the last of it is gone."""
        table = self._tables.get(table_name(name))
        if table is None:
            return None
        gone_at = table.data["deleted_at"]
        return table if gone_at is None or now < gone_at else None

    def known(self, name: str) -> Table | None:
        """A table that changes may concern; None once it was dropped."""
        table = self._tables.get(name)
        return table if table is not None and table.data["deleted_at"] is None else None

    # Written by change functions only.

    def put_table(self, data: Plain) -> Table:
        name = data["about"]["TableName"]
        before = self._tables.get(name)
        if before is not None and expires_by(before.data) != expires_by(data):
            self.maps.drop(expiry_map(name))
            data = {**data, "unfilled": ""}  # from which key on moments are still to be looked for
        self.tables.put(name, data)
        self._tables[name] = table = Table(data, self.maps, self.open_streams.get(name), before)
        (self.shared.add if table.group is not None else self.shared.discard)(name)
        if table.expiry is not None:
            self.stir()
        return table

    def put_stream(self, data: Plain) -> Stream:
        """A new stream, or new data of one. Its table is to be put after it, when it begins or ends."""
        name = id_of(data)
        self.stream_data.put(name, data)
        stream = self.streams.get(name)
        if stream is None:
            stream = self.streams[name] = self.open_streams[data["table"]] = Stream(data, self.maps)
        else:
            stream.renew(data)
        if data["ended_at"] is not None and self.open_streams.get(data["table"]) is stream:
            del self.open_streams[data["table"]]
        self.stir()
        return stream

    def forget_stream(self, stream: Stream) -> None:
        """Nothing of it can be read any more."""
        self.maps.drop(map_of(stream.data))
        self.stream_data.delete(id_of(stream.data))
        self.streams.pop(id_of(stream.data), None)

    def alter(self, table: Table, **data: Any) -> Table:
        """Replace some of a table's plain data."""
        if "recovery" in data and data["recovery"] is None:
            self.maps.drop(history_map(table.name))
        return self.put_table({**table.data, **data})

    def drop(self, table: Table, gone_at: float) -> None:
        """The items at once, the name when the moment has passed."""
        self.empty(table)
        self.alter(table, deleted_at=gone_at, members={}, heard=[], copies={}, introduced={}, ttl=None, strong=None)

    def empty(self, table: Table) -> None:
        for index in (*table.global_indexes, *table.local_indexes):
            self.maps.drop(index_map(table.name, index))
        self.maps.drop(f"dynamodb.items/{table.name}")
        self.maps.drop(expiry_map(table.name))
        self.maps.drop(history_map(table.name))


def expires_by(data: Plain) -> str | None:
    """The attribute that tells when a table's items expire."""
    ttl = data["ttl"]  # {"AttributeName", "Enabled", "at"} once it was set
    return ttl["AttributeName"] if ttl and ttl["Enabled"] else None


def blank(about: Plain, active_at: float) -> Plain:
    """The plain data of a table that begins: `about` is what DescribeTable tells and time does not alter."""
    return {
        "about": about,
        "active_at": active_at,
        "updated_until": 0.0,
        "deleted_at": None,
        "indexes": {},  # when they are built
        "stream_label": None,  # of the newest stream
        "tags": {},
        "ttl": None,  # {"AttributeName", "Enabled", "at"} once it was set
        "unfilled": None,  # from which key on items are still to be looked for that expire
        "recovery": None,
        "policy": None,
        "insights": {},
        "kinesis": {},
        "stamps": {},  # of settings that were altered: the later one stays
        "version": None,  # of the global table
        "strong": None,  # of which group of three regions it is (strong/)
        "group": None,  # names the global table among all there ever were
        "members": {},  # region -> what is known of it (membership.py)
        "heard": [],  # regions that have told what their table is: what they send is of this table
        "introduced": {},  # region -> as which member it has been told what this table is
        "told": {},  # region -> the members it is known to know of
        "copies": {},  # region -> how far it is filled
        "fills": {},  # region -> as which member it has filled this one
        "swept": {},  # which others have said that nothing accepted before a moment is on its way from them
        "passes": {},  # who waits for this region to say so
    }


def _nobody() -> None:
    """A region that was not started works on nothing by itself."""


def schema_of(key_schema: list[Plain], types: dict[str, str]) -> KeySchema:
    """A KeySchema from the API's."""
    hashes, ranges = (
        {each["AttributeName"]: types[each["AttributeName"]] for each in key_schema if each["KeyType"] == kind}
        for kind in ("HASH", "RANGE")
    )
    first, second = next(iter(hashes)), next(iter(ranges), None)
    return KeySchema(first, types[first], second, types[second] if second else None, hashes, ranges)


def index_map(table: str, index: Plain) -> str:
    """The name of the map that holds an index."""
    return f"dynamodb.index/{table}/{index['IndexName']}"


def history_map(table: str) -> str:
    """The name of the map that holds what writes replaced, for point-in-time recovery."""
    return f"dynamodb.history/{table}"


def backup_map(arn: str) -> str:
    """The name of the map that holds the items of a backup."""
    return f"dynamodb.backup/{arn}"


def table_name(name: str) -> str:
    """The name of a table given by name or ARN."""
    return name.rpartition(":table/")[2].partition("/")[0] if name.startswith("arn:") else name


def reindex(index: Index, key: bytes, old: bytes | None, new: bytes | None) -> None:
    """Make one index say of one item what the table says."""
    before, after = records.item_of(old), records.item_of(new)
    was = index.key_of(before, key) if before else None
    place = index.key_of(after, key) if after else None
    if was is not None and was != place:
        index.entries.delete(was)
    if place is not None and after is not None and new is not None:
        index.entries.put(place, _entry(index, after, new))


def _entry(index: Index, item: Item, record: bytes) -> bytes:
    if index.projection == "ALL":
        return record
    kept = index.projected(item)
    stamp = records.unpack(record).stamp
    return records.pack(*stamp, size_of_item(kept), records.json_from(kept))


service = Service(
    "dynamodb", State, beside=("dynamodbstreams",), validate=validation.check, replicates=owed_to
)
