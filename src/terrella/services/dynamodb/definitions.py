"""How a table and its indexes may be defined: all CreateTable refuses, in DynamoDB's words and order."""

from __future__ import annotations

import re
from typing import Any

from ...core.errors import ValidationException
from .values import INVALID

Plain = dict[str, Any]

MOST_LOCAL, MOST_GLOBAL, MOST_INCLUDED, MOST_OF_ONE_KEY = 5, 20, 100, 4
MOST_CAPACITY = 1_000_000_000_000
MOST_TAGS = 50
_TAG = re.compile(r"[\w\s+\-=._:/@]*").fullmatch


def check(input: Plain) -> None:
    """Judge the input of CreateTable. ValidationException."""
    check_billing(input)
    defined = attribute_names(input["AttributeDefinitions"])
    schema = input["KeySchema"]
    local, globals_ = input.get("LocalSecondaryIndexes"), input.get("GlobalSecondaryIndexes")
    check_key_schema(schema, defined)
    names: list[str] = []
    if local is not None:
        _check_local(local, schema, defined, names)
    if globals_ is not None:
        _check_global(globals_, defined, names, input.get("BillingMode"))
    _check_all_used(input, defined)


def attribute_names(definitions: list[Plain]) -> list[str]:
    """The names that are defined, each once. ValidationException."""
    names = [each["AttributeName"] for each in definitions]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise ValidationException(f"Attribute Name is duplicated: {name}")
    return names


def check_billing(input: Plain) -> None:
    """Capacity is given for provisioned tables, and only for them."""
    throughput = input.get("ProvisionedThroughput")
    if input.get("BillingMode") == "PAY_PER_REQUEST":
        if throughput:
            raise ValidationException(
                f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
                "when BillingMode "
                "is PAY_PER_REQUEST"
            )
        return
    if not throughput:
        raise ValidationException(
            f"{INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
            "PROVISIONED"
        )
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if throughput[name] > MOST_CAPACITY:
            raise ValidationException(f"Given value {throughput[name]} for {name} is out of bounds")


def check_index(index: Plain, defined: list[str]) -> None:
    """The key of an index, which may have several attributes of each kind where the index is a global one."""
    keys = [each["AttributeName"] for each in index["KeySchema"]]
    if any(key not in defined for key in keys):
        raise ValidationException(
            f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(keys)}], AttributeDefinitions: [{', '.join(defined)}]"
        )
    if len(keys) > 2 or [each["KeyType"] for each in index["KeySchema"]] == ["HASH", "HASH"]:
        _check_several(index["KeySchema"])
    else:
        _check_order(index["KeySchema"])


def check_projection(index: Plain) -> None:
    """What an index holds of an item."""
    kind = index["Projection"].get("ProjectionType")
    if kind is None:
        raise ValidationException(f"{INVALID}Unknown ProjectionType: null")
    included = index["Projection"].get("NonKeyAttributes")
    if included is not None and len(set(included)) < len(included):
        twice = next(name for number, name in enumerate(included) if name in included[:number])
        raise ValidationException(f"{INVALID}Duplicate value in attribute name: {twice}")
    if included is not None and kind != "INCLUDE":
        raise ValidationException(f"{INVALID}ProjectionType is {kind}, but NonKeyAttributes is specified")
    if included is None and kind == "INCLUDE":
        raise ValidationException(
            f"{INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified"
        )


def check_key_schema(schema: list[Plain], defined: list[str]) -> None:
    """The primary key."""
    keys = [each["AttributeName"] for each in schema]
    if len(keys) > len(defined):
        raise ValidationException("Invalid KeySchema: Some index key attribute have no definition")
    if any(key not in defined for key in keys):
        raise ValidationException(
            f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
            f"Keys: [{', '.join(keys)}], AttributeDefinitions: [{', '.join(defined)}]"
        )
    _check_order(schema)


def _check_several(schema: list[Plain]) -> None:
    names, kinds = [each["AttributeName"] for each in schema], [each["KeyType"] for each in schema]
    for kind in ("HASH", "RANGE"):
        if kinds.count(kind) > MOST_OF_ONE_KEY:
            raise ValidationException(
                f"Invalid KeySchema: The number of {kind} key attributes exceeds the limit of {MOST_OF_ONE_KEY}"
            )
    if kinds != sorted(kinds):
        raise ValidationException("Invalid KeySchema: All HASH key attributes must precede all RANGE key attributes")
    if len(set(names)) < len(names):
        raise ValidationException("Invalid KeySchema: Some key attributes have the same name")


def _check_order(schema: list[Plain]) -> None:
    if len(schema) > 1 and schema[0]["AttributeName"] == schema[1]["AttributeName"]:
        raise ValidationException(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name"
        )
    if schema[0]["KeyType"] != "HASH":
        raise ValidationException("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if len(schema) > 1 and schema[1]["KeyType"] != "RANGE":
        raise ValidationException("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")


def _check_local(indexes: list[Plain], schema: list[Plain], defined: list[str], names: list[str]) -> None:
    if not indexes:
        raise ValidationException(f"{INVALID}List of LocalSecondaryIndexes is empty")
    if len(schema) < 2:
        raise ValidationException(
            f"{INVALID}Table KeySchema does not have a range key, which is required when specifying a "
            "LocalSecondaryIndex"
        )
    for index in indexes:
        check_index(index, defined)
        if len(index["KeySchema"]) != 2:
            raise ValidationException(
                f"{INVALID}Index KeySchema does not have a range key for index: {index['IndexName']}"
            )
        hash, table_hash = index["KeySchema"][0]["AttributeName"], schema[0]["AttributeName"]
        if hash != table_hash:
            raise ValidationException(
                f"{INVALID}Index KeySchema does not have the same leading hash key as table KeySchema for "
                f"index: {index['IndexName']}. index hash key: {hash}, table hash key: {table_hash}"
            )
        check_projection(index)
        check_new_name(index, names)
    if len(indexes) > MOST_LOCAL:
        raise ValidationException(
            f"{INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of {MOST_LOCAL}"
        )


def _check_global(indexes: list[Plain], defined: list[str], names: list[str], billing: str | None) -> None:
    if not indexes:
        raise ValidationException(f"{INVALID}List of GlobalSecondaryIndexes is empty")
    for index in indexes:
        check_index(index, defined)
        check_projection(index)
        check_index_billing(index, billing)
        check_new_name(index, names)
    if len(indexes) > MOST_GLOBAL:
        raise ValidationException(
            f"{INVALID}GlobalSecondaryIndex count exceeds the per-table limit of {MOST_GLOBAL}"
        )


def check_index_billing(index: Plain, billing: str | None) -> None:
    """An index has capacity of its own where its table has."""
    if billing == "PAY_PER_REQUEST" and index.get("ProvisionedThroughput"):
        raise ValidationException(
            f"{INVALID}ProvisionedThroughput should not be specified for index: {index['IndexName']} when "
            "BillingMode is PAY_PER_REQUEST"
        )
    if billing != "PAY_PER_REQUEST" and not index.get("ProvisionedThroughput"):
        raise ValidationException(
            f"{INVALID}ProvisionedThroughput must be specified for index: {index['IndexName']}"
        )


def check_new_name(index: Plain, names: list[str]) -> None:
    """No two indexes of a table have one name; `names` gathers them."""
    if index["IndexName"] in names:
        raise ValidationException(f"{INVALID}Duplicate index name: {index['IndexName']}")
    names.append(index["IndexName"])


def _check_all_used(input: Plain, defined: list[str]) -> None:
    indexes = [*(input.get("LocalSecondaryIndexes") or ()), *(input.get("GlobalSecondaryIndexes") or ())]
    used = [each["AttributeName"] for each in input["KeySchema"]]
    if not indexes and len(used) != len(defined):
        raise ValidationException(
            f"{INVALID}Number of attributes in KeySchema does not exactly match number of attributes defined "
            "in AttributeDefinitions"
        )
    used += [each["AttributeName"] for index in indexes for each in index["KeySchema"]]
    if any(name not in used for name in defined):
        raise ValidationException(
            f"{INVALID}Some AttributeDefinitions are not used. AttributeDefinitions: [{', '.join(defined)}], "
            f"keys used: [{', '.join(dict.fromkeys(used))}]"
        )


def tagged(had: dict[str, str], given: list[Plain]) -> dict[str, str]:
    """Tags with more of them. ValidationException."""
    if not given:
        raise ValidationException("Atleast one Tag needs to be provided as Input.")
    for each in given:
        for what in ("Key", "Value"):
            if not _TAG(each[what]):
                raise ValidationException(
                    f"{INVALID}Tag {what}s can only contain letters, whitespace, numbers and the characters "
                    f"+ - = . _ : / @. Provided: {each[what]}"
                )
    tags = {**had, **{each["Key"]: each["Value"] for each in given}}
    if len(tags) > MOST_TAGS:
        raise ValidationException(f"{INVALID}Too many tags: {len(tags)}, the limit is {MOST_TAGS}")
    return tags


def warmed(had: Plain, wanted: Plain) -> Plain:
    """Warm throughput as it is described; it never sinks. ValidationException."""
    found = {**had}
    for name in ("ReadUnitsPerSecond", "WriteUnitsPerSecond"):
        if wanted.get(name) is not None:
            if wanted[name] < found[name]:
                raise ValidationException(
                    f"{INVALID}Requested {name} for WarmThroughput is lower than the current value: "
                    f"requested {wanted[name]}, current {found[name]}"
                )
            found[name] = wanted[name]
    return found
