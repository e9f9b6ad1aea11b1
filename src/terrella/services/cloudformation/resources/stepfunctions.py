"""AWS::StepFunctions: state machines and activities, borrowed: a machine is kept, its states are not walked."""

from __future__ import annotations

import json
import re
from typing import Any

from ....wire import model
from ..downloads import text_of
from ..resource import Resource
from ..resource_type import ResourceType
from ..shaping import as_string
from ..tabled import Row, respelt

Plain = dict[str, Any]
STATES = "stepfunctions"
ROWS = (
    Row(
        "AWS::StepFunctions::Activity", STATES, "Name Tags", create="CreateActivity", name="Name",
        longest_name=80, made="activityArn", key="activityArn", delete="DeleteActivity",
        attributes={"Arn": "{id}"}, tags="lower", ignored="EncryptionConfiguration",
    ),
)  # fmt: skip
TYPES = tuple(row.type() for row in ROWS)
SETTINGS = "LoggingConfiguration RoleArn TracingConfiguration"
machine = ResourceType(
    "AWS::StepFunctions::StateMachine",
    properties=f"{SETTINGS} Definition DefinitionS3Location DefinitionString DefinitionSubstitutions "
    "EncryptionConfiguration StateMachineName StateMachineType Tags",
    required="RoleArn",
    create_only="StateMachineName StateMachineType",
    attributes="Arn Name StateMachineRevisionId",
    name="StateMachineName",
    longest_name=80,
    tagged=True,
    gone="StateMachineDoesNotExist",
    note="Step Functions is borrowed: executions are entries, their states are not walked.",
)


@machine.creates
async def create_machine(resource: Resource) -> str:
    input = {**await _settings(resource, "CreateStateMachine"), "name": resource.name}
    input |= {"type": resource.get("StateMachineType"), "tags": resource.tag_list("key", "value")}
    return str((await resource.call(STATES, "CreateStateMachine", input))["stateMachineArn"])


@machine.updates
async def update_machine(resource: Resource) -> None:
    input = await _settings(resource, "UpdateStateMachine")
    await resource.call(STATES, "UpdateStateMachine", {**input, "stateMachineArn": resource.physical_id})


@machine.reads
async def machine_attributes(resource: Resource) -> Plain:
    arn = resource.physical_id
    return {"Arn": arn, "Name": arn.rpartition(":")[2], "StateMachineRevisionId": "INITIAL"}


@machine.deletes
async def delete_machine(resource: Resource) -> None:
    await resource.call(STATES, "DeleteStateMachine", {"stateMachineArn": resource.physical_id})


async def _settings(resource: Resource, operation: str) -> Plain:
    given = respelt(model.load(STATES).operations[operation].input, resource.pick(SETTINGS))
    return {**given, "definition": await _definition(resource)}


async def _definition(resource: Resource) -> str:
    text, place = resource.get("DefinitionString"), resource.get("DefinitionS3Location")
    if resource.get("Definition") is not None:
        text = json.dumps(resource.get("Definition"))
    elif place:
        found = await resource.call("s3", "GetObject", {"Bucket": place["Bucket"], "Key": place["Key"]})
        text = text_of(found.get("Body", b""))
    values = {name: as_string(value) for name, value in resource.get("DefinitionSubstitutions", {}).items()}
    return re.sub(r"\$\{(\w+)\}", lambda match: values.get(match[1], match[0]), as_string(text))
