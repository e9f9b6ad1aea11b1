"""What a bucket tells others - logs, notifications, replicas - from CloudFormation's words to those of the S3 API."""

from __future__ import annotations

from typing import Any

Plain = dict[str, Any]
# property of NotificationConfiguration: (member of the API, what names the target in each)
TOLD = {
    "LambdaConfigurations": ("LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
    "QueueConfigurations": ("QueueConfigurations", "Queue", "QueueArn"),
    "TopicConfigurations": ("TopicConfigurations", "Topic", "TopicArn"),
}


def acceleration(given: Plain) -> Plain:
    return {"Status": given["AccelerationStatus"]}


def logging(given: Plain) -> Plain:
    """Without a target the bucket would log into itself; nothing logs here, so nothing is kept of that."""
    target = given.get("DestinationBucketName")
    if not target:
        return {}
    return {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": given.get("LogFilePrefix", "")}}


def notification(given: Plain) -> Plain:
    made: Plain = {}
    for name, (member, theirs, ours) in TOLD.items():
        if name in given:
            made[member] = [_told(each, theirs, ours) for each in given[name]]
    if "EventBridgeConfiguration" in given:
        made["EventBridgeConfiguration"] = {}
    return made


def replication(given: Plain) -> Plain:
    return {"Role": given["Role"], "Rules": [_replicated(rule) for rule in given["Rules"]]}


def _told(given: Plain, theirs: str, ours: str) -> Plain:
    made: Plain = {ours: given[theirs], "Events": [given["Event"]]}
    rules = (given.get("Filter") or {}).get("S3Key", {}).get("Rules")
    if rules:
        made["Filter"] = {"Key": {"FilterRules": rules}}
    return made


def _replicated(rule: Plain) -> Plain:
    made = {name: value for name, value in rule.items() if name not in ("Id", "Destination", "Filter")}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    target = dict(rule["Destination"])
    if "EncryptionConfiguration" in target:
        target["EncryptionConfiguration"] = {"ReplicaKmsKeyID": target["EncryptionConfiguration"]["ReplicaKmsKeyID"]}
    found = dict(rule.get("Filter") or {})
    if "TagFilter" in found:
        found["Tag"] = found.pop("TagFilter")
    if "And" in found:
        both = dict(found["And"])
        if "TagFilters" in both:
            both["Tags"] = both.pop("TagFilters")
        found["And"] = both
    return {**made, "Destination": target, **({"Filter": found} if "Filter" in rule else {})}
