"""Bucket settings, from the words CloudFormation uses to those of the S3 API."""

from __future__ import annotations

from typing import Any

Plain = dict[str, Any]


def encryption(given: Plain) -> Plain:
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule.get("ServerSideEncryptionByDefault"),
            "BucketKeyEnabled": rule.get("BucketKeyEnabled"),
        }
        for rule in given["ServerSideEncryptionConfiguration"]
    ]
    return {"Rules": [_present(rule) for rule in rules]}


def cors(given: Plain) -> Plain:
    rules = [
        _present(
            {
                "ID": rule.get("Id"),
                "AllowedHeaders": rule.get("AllowedHeaders"),
                "AllowedMethods": rule["AllowedMethods"],
                "AllowedOrigins": rule["AllowedOrigins"],
                "ExposeHeaders": rule.get("ExposedHeaders"),
                "MaxAgeSeconds": rule.get("MaxAge"),
            }
        )
        for rule in given["CorsRules"]
    ]
    return {"CORSRules": rules}


def ownership(given: Plain) -> Plain:
    return {"Rules": given["Rules"]}


def website(given: Plain) -> Plain:
    index, error = given.get("IndexDocument"), given.get("ErrorDocument")
    redirect = given.get("RedirectAllRequestsTo")
    rules = [
        {"Redirect": rule["RedirectRule"], **_condition(rule.get("RoutingRuleCondition"))}
        for rule in given.get("RoutingRules", [])
    ]
    return _present(
        {
            "IndexDocument": {"Suffix": index} if index else None,
            "ErrorDocument": {"Key": error} if error else None,
            "RedirectAllRequestsTo": redirect,
            "RoutingRules": rules or None,
        }
    )


def lifecycle(given: Plain) -> Plain:
    return {"Rules": [_rule(rule) for rule in given["Rules"]]}


def _rule(rule: Plain) -> Plain:
    expiration = _present(
        {
            "Days": rule.get("ExpirationInDays"),
            "Date": rule.get("ExpirationDate"),
            "ExpiredObjectDeleteMarker": rule.get("ExpiredObjectDeleteMarker"),
        }
    )
    old = rule.get("NoncurrentVersionExpiration") or {}
    if "NoncurrentVersionExpirationInDays" in rule:
        old = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    abort = rule.get("AbortIncompleteMultipartUpload")
    transitions = rule.get("Transitions") or ([rule["Transition"]] if "Transition" in rule else [])
    moves = [
        _present(
            {
                "Days": each.get("TransitionInDays"),
                "Date": each.get("TransitionDate"),
                "StorageClass": each["StorageClass"],
            }
        )
        for each in transitions
    ]
    return _present(
        {
            "ID": rule.get("Id"),
            "Status": rule["Status"],
            "Filter": _filter(rule),
            "Expiration": expiration or None,
            "NoncurrentVersionExpiration": old or None,
            "Transitions": moves or None,
            "AbortIncompleteMultipartUpload": abort,
        }
    )


def _filter(rule: Plain) -> Plain:
    tags, prefix = rule.get("TagFilters", []), rule.get("Prefix")
    if tags and (prefix is not None or len(tags) > 1):
        return {"And": _present({"Prefix": prefix, "Tags": tags})}
    return {"Tag": tags[0]} if tags else {"Prefix": prefix or ""}


def _condition(given: Plain | None) -> Plain:
    return {"Condition": given} if given else {}


def _present(values: Plain) -> Plain:
    return {name: value for name, value in values.items() if value is not None}
