"""Record sets and batches of changes, in one line each."""

from __future__ import annotations

from typing import Any


def record(name: str, *values: str, type: str = "A", ttl: int = 60, **more: Any) -> dict[str, Any]:
    content = [{"Value": value} for value in values]
    return {"Name": name, "Type": type, "TTL": ttl, "ResourceRecords": content, **more}


def alias(name: str, zone: str, target: str, type: str = "A", health: bool = False, **more: Any) -> Any:
    to = {"HostedZoneId": zone, "DNSName": target, "EvaluateTargetHealth": health}
    return {"Name": name, "Type": type, "AliasTarget": to, **more}


def change(route53: Any, zone: str, *changes: tuple[str, dict[str, Any]]) -> Any:
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": each} for action, each in changes]}
    return route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)["ChangeInfo"]


def names(route53: Any, zone: str, **where: Any) -> list[tuple[str, ...]]:
    found = route53.list_resource_record_sets(HostedZoneId=zone, **where)["ResourceRecordSets"]
    return [
        (each["Name"], each["Type"], *([each["SetIdentifier"]] if "SetIdentifier" in each else []))
        for each in found
    ]
