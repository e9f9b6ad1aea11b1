"""AWS::SNS::Topic, AWS::SNS::Subscription, AWS::SNS::TopicPolicy."""

from __future__ import annotations

from typing import Any

from ..resource import Resource
from ..resource_type import ResourceType
from ..shaping import as_string

topic = ResourceType(
    "AWS::SNS::Topic",
    properties="ArchivePolicy ContentBasedDeduplication DataProtectionPolicy DeliveryStatusLogging "
    "DisplayName FifoTopic FifoThroughputScope KmsMasterKeyId SignatureVersion Subscription Tags TopicName "
    "TracingConfig",
    create_only="TopicName FifoTopic",
    attributes="TopicArn TopicName",
    name="TopicName",
    longest_name=256,
    tagged=True,
    note="DataProtectionPolicy and DeliveryStatusLogging are accepted and not acted on.",
)
ATTRIBUTES = (
    "ArchivePolicy ContentBasedDeduplication DisplayName FifoTopic FifoThroughputScope KmsMasterKeyId "
    "SignatureVersion TracingConfig"
)
subscription = ResourceType(
    "AWS::SNS::Subscription",
    properties="DeliveryPolicy Endpoint FilterPolicy FilterPolicyScope Protocol RawMessageDelivery "
    "RedrivePolicy Region ReplayPolicy SubscriptionRoleArn TopicArn",
    required="TopicArn Protocol",
    create_only="Endpoint Protocol TopicArn Region",
    attributes="Arn",
)
SUBSCRIPTION_ATTRIBUTES = (
    "DeliveryPolicy FilterPolicy FilterPolicyScope RawMessageDelivery RedrivePolicy SubscriptionRoleArn"
)
policy = ResourceType(
    "AWS::SNS::TopicPolicy", properties="PolicyDocument Topics", required="PolicyDocument Topics"
)


@topic.creates
async def create_topic(resource: Resource) -> str:
    attributes = {name: as_string(value) for name, value in resource.pick(ATTRIBUTES).items()}
    input = {"Name": resource.name, "Attributes": attributes, "Tags": resource.tag_list() or None}
    arn = str((await resource.call("sns", "CreateTopic", input))["TopicArn"])
    await _subscribe(resource, arn, resource.get("Subscription", []))
    return arn


@topic.updates
async def update_topic(resource: Resource) -> None:
    arn = resource.physical_id
    for name in ATTRIBUTES.split():
        if resource.changed(name):
            value = as_string(resource.get(name, ""))
            input = {"TopicArn": arn, "AttributeName": name, "AttributeValue": value}
            await resource.call("sns", "SetTopicAttributes", input)
    before = resource.before["properties"].get("Subscription", []) if resource.before else []
    await _subscribe(resource, arn, [each for each in resource.get("Subscription", []) if each not in before])
    await resource.retag("sns", arn)


@topic.reads
async def topic_attributes(resource: Resource) -> dict[str, str]:
    return {"TopicArn": resource.physical_id, "TopicName": resource.physical_id.rpartition(":")[2]}


@topic.deletes
async def delete_topic(resource: Resource) -> None:
    await resource.call("sns", "DeleteTopic", {"TopicArn": resource.physical_id})


@subscription.creates
async def create_subscription(resource: Resource) -> str:
    attributes = {name: as_string(value) for name, value in resource.pick(SUBSCRIPTION_ATTRIBUTES).items()}
    input = {
        **resource.pick("TopicArn Protocol Endpoint"),
        "ReturnSubscriptionArn": True,
        "Attributes": attributes,
    }
    return str((await resource.call("sns", "Subscribe", input, resource.get("Region")))["SubscriptionArn"])


@subscription.updates
async def update_subscription(resource: Resource) -> None:
    for name in SUBSCRIPTION_ATTRIBUTES.split():
        if resource.changed(name):
            value = as_string(resource.get(name, ""))
            arn = {"SubscriptionArn": resource.physical_id}
            input = {**arn, "AttributeName": name, "AttributeValue": value}
            await resource.call("sns", "SetSubscriptionAttributes", input, resource.get("Region"))


@subscription.reads
async def subscription_attributes(resource: Resource) -> dict[str, str]:
    return {"Arn": resource.physical_id}


@subscription.deletes
async def delete_subscription(resource: Resource) -> None:
    arn = {"SubscriptionArn": resource.physical_id}
    await resource.call("sns", "Unsubscribe", arn, resource.get("Region"))


@policy.creates
async def create_policy(resource: Resource) -> str:
    await set_policy(resource)
    return resource.name


@policy.updates
async def set_policy(resource: Resource) -> None:
    document = as_string(resource.get("PolicyDocument"))
    for arn in resource.get("Topics"):
        input = {"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": document}
        await resource.call("sns", "SetTopicAttributes", input)


async def _subscribe(resource: Resource, arn: str, wanted: list[dict[str, Any]]) -> None:
    for each in wanted:
        await resource.call("sns", "Subscribe", {"TopicArn": arn, **each})
