"""A table that a template fills from S3: what ImportSourceSpecification says, as ImportTable is told it.

Asking again with the same token tells of the import that is under way, so nothing of it is remembered here.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-dynamodb-table-importsourcespecification.html
"""

from __future__ import annotations

from typing import Any

from .errors import HandlerFailed
from .resource import Resource
from .shaping import as_string

Plain = dict[str, Any]

SOURCE = "ImportSourceSpecification"
_MADE_WITH = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema", "OnDemandThroughput",
              "ProvisionedThroughput", "SSESpecification", "TableName")  # fmt: skip
_SET_AFTER = ("DeletionProtectionEnabled", "StreamSpecification", "TableClass")


async def begin(resource: Resource, table: Plain) -> None:
    """Make the table by an import, with as much of CreateTable's input as imports take. HandlerFailed."""
    if table.get("LocalSecondaryIndexes"):
        raise HandlerFailed(f"LocalSecondaryIndexes cannot be specified with {SOURCE}")
    await _import_table(resource, table)


async def finish(resource: Resource, table: Plain) -> None:
    """Wait until the table holds what was to be imported. HandlerFailed if that could not be."""
    arn = (await _import_table(resource, table))["ImportArn"]
    found: Plain = {}

    async def ended() -> bool:
        answer = await resource.call("dynamodb", "DescribeImport", {"ImportArn": arn})
        found.update(answer["ImportTableDescription"])
        return found["ImportStatus"] not in ("IN_PROGRESS", "CANCELLING")

    await resource.until(ended, f"Import into table {resource.name}")
    if found["ImportStatus"] != "COMPLETED":
        raise HandlerFailed(f"Import failed: {found.get('FailureCode')}: {found.get('FailureMessage')}")
    await _give_the_rest(resource, table)


async def until_made(resource: Resource) -> None:
    """Wait until the table may be deleted: while it is filled it may not. ResourceNotFoundException."""

    async def made() -> bool:
        return bool((await _described(resource))["TableStatus"] != "CREATING")

    await resource.until(made, f"Table {resource.physical_id}")


async def _give_the_rest(resource: Resource, table: Plain) -> None:
    """What imports do not take is set on the table when it is there, unless an earlier attempt has set it."""
    there = await _described(resource)
    there = {"DeletionProtectionEnabled": False, **there, "TableClass": _class_of(there)}
    wanted = {name: table[name] for name in _SET_AFTER if table.get(name) is not None}
    update = {name: value for name, value in wanted.items() if _written(value) != _written(there.get(name))}
    if update:
        await resource.call("dynamodb", "UpdateTable", {"TableName": resource.physical_id, **update})
    await resource.retag("dynamodb", there["TableArn"])


def _written(value: Any) -> str:
    """A value as templates may write it: true, "true" or "True"."""
    return as_string(value).lower()


def _class_of(described: Plain) -> str:
    return str(described.get("TableClassSummary", {}).get("TableClass", "STANDARD"))


async def _described(resource: Resource) -> Plain:
    found: Plain = (await resource.call("dynamodb", "DescribeTable", {"TableName": resource.physical_id}))["Table"]
    return found


async def _import_table(resource: Resource, table: Plain) -> Plain:
    input = {
        **resource.get(SOURCE), "ClientToken": resource.token,
        "TableCreationParameters": {name: table[name] for name in _MADE_WITH if table.get(name) is not None},
    }  # fmt: skip
    answer = await resource.call("dynamodb", "ImportTable", input)
    found: Plain = answer["ImportTableDescription"]
    return found
