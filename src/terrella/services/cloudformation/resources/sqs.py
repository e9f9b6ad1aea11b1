"""AWS::SQS::Queue and AWS::SQS::QueuePolicy."""

from __future__ import annotations

from ..resource import Resource
from ..resource_type import ResourceType
from ..shaping import as_string

queue = ResourceType(
    "AWS::SQS::Queue",
    properties="ContentBasedDeduplication DeduplicationScope DelaySeconds FifoQueue FifoThroughputLimit "
    "KmsDataKeyReusePeriodSeconds KmsMasterKeyId MaximumMessageSize MessageRetentionPeriod QueueName "
    "ReceiveMessageWaitTimeSeconds RedriveAllowPolicy RedrivePolicy SqsManagedSseEnabled Tags "
    "VisibilityTimeout",
    create_only="QueueName FifoQueue",
    attributes="Arn QueueName QueueUrl",
    name="QueueName",
    longest_name=80,
    tagged=True,
)
ATTRIBUTES = (queue.properties or "").replace("QueueName ", "").replace("Tags ", "")
policy = ResourceType(
    "AWS::SQS::QueuePolicy", properties="PolicyDocument Queues", required="PolicyDocument Queues"
)


@queue.creates
async def create_queue(resource: Resource) -> str:
    attributes = {name: as_string(value) for name, value in resource.pick(ATTRIBUTES).items()}
    name = resource.name
    if attributes.get("FifoQueue") == "true" and not name.endswith(".fifo"):
        name = f"{name[:75]}.fifo"
    input = {"QueueName": name, "Attributes": attributes, "tags": resource.tags() or None}
    return str((await resource.call("sqs", "CreateQueue", input))["QueueUrl"])


@queue.updates
async def update_queue(resource: Resource) -> None:
    url = resource.physical_id
    attributes = {
        name: as_string(resource.get(name, "")) for name in ATTRIBUTES.split() if resource.changed(name)
    }
    if attributes:
        await resource.call("sqs", "SetQueueAttributes", {"QueueUrl": url, "Attributes": attributes})
    added, removed = resource.tag_changes()
    if added:
        await resource.call("sqs", "TagQueue", {"QueueUrl": url, "Tags": added})
    if removed:
        await resource.call("sqs", "UntagQueue", {"QueueUrl": url, "TagKeys": removed})


@queue.reads
async def queue_attributes(resource: Resource) -> dict[str, str]:
    url = resource.physical_id
    input = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    found = (await resource.call("sqs", "GetQueueAttributes", input))["Attributes"]
    return {"Arn": found["QueueArn"], "QueueName": url.rpartition("/")[2], "QueueUrl": url}


@queue.deletes
async def delete_queue(resource: Resource) -> None:
    await resource.call("sqs", "DeleteQueue", {"QueueUrl": resource.physical_id})


@policy.creates
async def create_policy(resource: Resource) -> str:
    await set_policy(resource)
    return resource.name


@policy.updates
async def set_policy(resource: Resource) -> None:
    document = as_string(resource.get("PolicyDocument"))
    for url in resource.get("Queues"):
        await resource.call(
            "sqs", "SetQueueAttributes", {"QueueUrl": url, "Attributes": {"Policy": document}}
        )
