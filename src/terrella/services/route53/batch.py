"""What a batch of changes would do to a zone, and every reason why it may not.

Changes are weighed one after the other, each against the zone as those before it leave it, which is why a
batch that replaces an A by a CNAME must delete before it creates. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import cidr, names, policies, values
from .errors import InvalidChangeBatch, InvalidInput, NoSuchHealthCheck
from .state import State

Record = dict[str, Any]
MOST_RECORDS, MOST_CHARACTERS = 1000, 32_000
MOST_VALUES = 400
MOST_IN_A_ZONE = 10_000
SOURCES = "[AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]"
ALIASED = frozenset({"A", "AAAA", "HTTPS"})  # types in which AWS's own names are there
CLOUDFRONT = ".cloudfront.net."
POLICY = "TrafficPolicyInstanceId"
POLICIES = (
    "[Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig]"
)


def resolve(state: State, zone: dict[str, Any], changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The batch in canonical form: only DELETE and UPSERT, names and aliases spelled as they are kept.

    Raises InvalidInput for a change that makes no sense by itself, NoSuchHealthCheck, and InvalidChangeBatch
    with everything the zone has against the rest.
    """
    for change in changes:
        _check_form(change)
    _check_size(changes)
    view, reasons, resolved = _View(state, zone), [], []
    for change in changes:
        try:
            record = normalized(change["ResourceRecordSet"])
        except names.BadName as bad:
            reasons.append(str(bad))
            continue
        found = list(view.reasons_against(change["Action"], record))
        reasons += found
        if not found:
            view.apply(change["Action"], record)
        action = "DELETE" if change["Action"] == "DELETE" else "UPSERT"
        resolved.append({"Action": action, "ResourceRecordSet": record})
    reasons += view.reasons_after()
    if reasons:
        raise InvalidChangeBatch(reasons)
    return resolved


def against_instance(state: State, zone: dict[str, Any], record: Record) -> list[str]:
    """Why a traffic policy instance's own record set cannot stand in a zone."""
    view, name, type = _View(state, zone), record["Name"], record["Type"]
    if view.group(name, type):
        return [f"Tried to create resource record set {_key(record)} but it already exists"]
    return list(view.reasons_against_keeping(record, []))


def normalized(record: Record) -> Record:
    """A record set as it is kept and returned. BadName if its name or its alias's target is none."""
    kept = {key: value for key, value in record.items() if value is not None}
    if kept.get("MultiValueAnswer") is False:
        del kept["MultiValueAnswer"]
    kept["Name"] = names.canonical(record["Name"])
    alias = record.get("AliasTarget")
    if alias:
        kept["AliasTarget"] = {
            "HostedZoneId": alias["HostedZoneId"].rpartition("/")[2],
            "DNSName": names.canonical(alias["DNSName"]),
            "EvaluateTargetHealth": bool(alias["EvaluateTargetHealth"]),
        }
    if "ResourceRecords" in kept:
        kept["ResourceRecords"] = [{"Value": each["Value"]} for each in kept["ResourceRecords"]]
    return kept


class _View:
    """The zone as the changes weighed so far leave it."""

    def __init__(self, state: State, zone: dict[str, Any]) -> None:
        self.state, self.zone, self.id = state, zone, zone["Id"]
        self.groups: dict[tuple[str, str], list[Record]] = {}
        self.count = state.count(zone["Id"])
        self.touched: dict[tuple[str, str, str | None], str] = {}  # the last action on each

    def group(self, name: str, type: str) -> list[Record]:
        found = self.groups.get((name, type))
        return self.state.group(self.id, name, type) if found is None else found

    def types(self, name: str) -> set[str]:
        types = {type for type in self.state.types(self.id, name) if self.group(name, type)}
        return types | {type for (other, type), group in self.groups.items() if other == name and group}

    def apply(self, action: str, record: Record) -> None:
        others = _others(record, self.group(record["Name"], record["Type"]))
        kept = others if action == "DELETE" else [*others, record]
        self.count += len(kept) - len(self.group(record["Name"], record["Type"]))
        self.groups[record["Name"], record["Type"]] = kept

    def reasons_against(self, action: str, record: Record) -> Iterable[str]:
        name, type = record["Name"], record["Type"]
        if not names.lies_within(name, self.zone["Name"]):
            yield f"RRSet with DNS name {name} is not permitted in zone {self.zone['Name']}"
            return
        yield from self._repetition(action, record)
        if f"{self.id}/{name}/{type}" in self.state.protections:
            yield f"RRSet with DNS name {name}, type {type} is protected and cannot be changed"
        group = self.group(name, type)
        present = next((each for each in group if _same_key(each, record)), None)
        if action == "DELETE":
            yield from self._against_deleting(record, present)
            return
        if POLICY in record:
            yield f"RRSet with DNS name {name}, type {type} and a {POLICY} comes of a traffic policy instance only"
        elif present is not None and POLICY in present:
            yield (
                f"RRSet with DNS name {name}, type {type} belongs to the traffic policy instance {present[POLICY]} and "
                "can only be changed with it"
            )
        if action == "CREATE" and present is not None:
            yield f"Tried to create resource record set {_key(record)} but it already exists"
        yield from self.reasons_against_keeping(record, group)

    def reasons_after(self) -> Iterable[str]:
        """What is wrong with the zone as a whole once every change is made."""
        if self.count > MOST_IN_A_ZONE and self.count > self.state.count(self.id):
            yield f"Number of records limit of {MOST_IN_A_ZONE} exceeded."

    def _repetition(self, action: str, record: Record) -> Iterable[str]:
        """A batch names a record set once, save to delete it and create it anew."""
        key = (record["Name"], record["Type"], record.get("SetIdentifier"))
        earlier = self.touched.get(key)
        if earlier is not None and (earlier, action) not in (("DELETE", "CREATE"), ("DELETE", "UPSERT")):
            shown = f"{record['Type']} {record['Name']}"
            yield f"The request contains an invalid set of changes for a resource record set '{shown}'"
        self.touched[key] = action

    def _against_deleting(self, record: Record, present: Record | None) -> Iterable[str]:
        own = record["Name"] == self.zone["Name"]
        if present is None:
            yield f"Tried to delete resource record set {_key(record)} but it was not found"
        elif _comparable(present) != _comparable(record):
            yield (
                f"Tried to delete resource record set {_key(record)} but the values provided do not match "
                "the current values"
            )
        elif own and record["Type"] == "SOA":
            yield "A HostedZone must contain exactly one SOA record."
        elif own and record["Type"] == "NS":
            yield "A HostedZone must contain at least one NS record for the zone itself."

    def reasons_against_keeping(self, record: Record, group: list[Record]) -> Iterable[str]:
        name, type, zone = record["Name"], record["Type"], self.zone["Name"]
        if type == "CNAME" and name == zone:
            yield f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {zone}"
        elif type == "CNAME" and self.types(name) - {"CNAME"}:
            yield (
                f"RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with other "
                f"records with the same DNS name in zone {zone}"
            )
        elif type != "CNAME" and "CNAME" in self.types(name):
            # The two blanks before CNAME are Route 53's own.
            yield (
                f"RRSet of type {type} with DNS name {name} is not permitted because a conflicting RRSet of "
                f"type  CNAME with the same DNS name already exists in zone {zone}"
            )
        if type == "SOA" and name != zone:
            yield f"RRSet of type SOA with DNS name {name} is only permitted at apex in zone {zone}"
        if type == "NS" and names.is_wildcard(name):
            yield f"RRSet of type NS with DNS name {name} cannot contain a wildcard"
        yield from policies.faults(record)
        if "CidrRoutingConfig" in record:
            fault = cidr.fault(self.state, record["CidrRoutingConfig"])
            if fault or self.zone["PrivateZone"]:
                yield fault or f"RRSet with DNS name {name}, type {type}: a private zone has no CIDR routing policy"
        yield from policies.conflicts(record, _others(record, group))
        yield from self._against_content(record)

    def _against_content(self, record: Record) -> Iterable[str]:
        if "AliasTarget" in record:
            yield from self._against_alias(record)
        seen: set[str] = set()
        for each in record.get("ResourceRecords") or ():
            fault = values.check(record["Type"], each["Value"])
            if fault is not None:
                yield f"Invalid Resource Record: '{fault}'"
            elif each["Value"] in seen:
                yield f"Duplicate Resource Record: '{each['Value']}'"
            seen.add(each["Value"])
        if record["Type"] in ("CNAME", "SOA") and len(seen) > 1:
            yield f"RRSet of type {record['Type']} with DNS name {record['Name']} must have exactly one value"
        if len(seen) > MOST_VALUES:
            yield f"RRSet with DNS name {record['Name']} has more than {MOST_VALUES} values"
        check = record.get("HealthCheckId")
        if check is not None and check not in self.state.health_checks:
            raise NoSuchHealthCheck(check)

    def _against_alias(self, record: Record) -> Iterable[str]:
        """An alias leads to a service of AWS or to a record set of the same zone and type."""
        alias, type = record["AliasTarget"], record["Type"]
        if type in ("NS", "SOA"):
            yield f"RRSet of type {type} with DNS name {record['Name']} cannot be an alias"
        if alias["DNSName"].endswith(CLOUDFRONT) and alias["EvaluateTargetHealth"]:
            yield f"EvaluateTargetHealth cannot be true for an alias that targets {alias['DNSName']}, of CloudFront"
        if type in ALIASED and self._is_of_aws(alias):
            return
        trying = (
            f"Tried to create an alias that targets {alias['DNSName']}, type {type} in zone "
            f"{alias['HostedZoneId']}, but"
        )
        if not names.lies_within(alias["DNSName"], self.zone["Name"]) or alias["HostedZoneId"] != self.id:
            yield f"{trying} the alias target name does not lie within the target zone"
        target = record if alias["DNSName"] == record["Name"] else None
        if target is record:
            yield f"{trying} an alias cannot target itself"
        elif alias["HostedZoneId"] != self.id or not self.group(alias["DNSName"], type):
            yield f"{trying} that target was not found"


    def _is_of_aws(self, alias: dict[str, Any]) -> bool:
        """Is the target a resource of AWS, in a zone of AWS?"""
        name, zone = alias["DNSName"], alias["HostedZoneId"]
        ours = zone in self.state.zones or not names.is_of_a_service(name)
        return not ours and names.zone_of_a_service(name) in (None, zone)


def _check_form(change: dict[str, Any]) -> None:
    """Rules a change breaks whatever the zone holds. InvalidInput in Route 53's words."""
    record = change["ResourceRecordSet"]
    where = (
        f"in Change with [Action={change['Action']}, Name={record['Name']}, Type={record['Type']}, "
        f"SetIdentifier={record.get('SetIdentifier', 'null')}]"
    )
    whole = "TTL" in record and bool(record.get("ResourceRecords"))
    sources = [bool(record.get("AliasTarget")), whole, "TrafficPolicyInstanceId" in record]
    if sum(sources) == 0:
        raise InvalidInput(f"Invalid request: Expected exactly one of {SOURCES}, but found none {where}")
    partial = sources[0] and ("TTL" in record or record.get("ResourceRecords"))
    if sum(sources) > 1 or partial:
        raise InvalidInput(
            f"Invalid request: Expected exactly one of {SOURCES}, but found more than one {where}"
        )
    chosen = policies.chosen_fields(record)
    if "SetIdentifier" not in record and chosen:
        raise InvalidInput(f"Invalid request: Missing field 'SetIdentifier' {where}")
    if "SetIdentifier" in record and len(chosen) != 1:
        found = "none" if not chosen else "more than one"
        raise InvalidInput(f"Invalid request: Expected exactly one of {POLICIES}, but found {found} {where}")


def _check_size(changes: list[dict[str, Any]]) -> None:
    """Quotas of one request; an UPSERT counts twice, as it deletes and creates."""
    records = characters = 0
    for change in changes:
        times = 2 if change["Action"] == "UPSERT" else 1
        content = change["ResourceRecordSet"].get("ResourceRecords") or ()
        records += times * max(len(content), 1)
        characters += times * sum(len(each["Value"]) for each in content)
    if records > MOST_RECORDS:
        raise InvalidChangeBatch([f"Number of records limit of {MOST_RECORDS} exceeded."])
    if characters > MOST_CHARACTERS:
        raise InvalidChangeBatch([f"Number of characters limit of {MOST_CHARACTERS} exceeded."])


def _others(record: Record, group: list[Record]) -> list[Record]:
    return [each for each in group if not _same_key(each, record)]


def _same_key(one: Record, other: Record) -> bool:
    return bool(one.get("SetIdentifier") == other.get("SetIdentifier"))


def _key(record: Record) -> str:
    identifier = record.get("SetIdentifier")
    more = "" if identifier is None else f", set-identifier='{identifier}'"
    return f"[name='{record['Name']}', type='{record['Type']}'{more}]"


def _comparable(record: Record) -> Record:
    """Two record sets are the same when all fields are, whatever the order of their values."""
    content = record.get("ResourceRecords")
    if content is None:
        return record
    return record | {"ResourceRecords": sorted(each["Value"] for each in content)}
