"""AWS::ElasticLoadBalancingV2: TrustStore, TrustStoreRevocation."""

from __future__ import annotations

from typing import Any

from ..resource import Resource
from ..resource_type import ResourceType

Plain = dict[str, Any]
ELB = "elbv2"
BUNDLE = "CaCertificatesBundleS3Bucket CaCertificatesBundleS3Key CaCertificatesBundleS3ObjectVersion"

trust_store = ResourceType(
    "AWS::ElasticLoadBalancingV2::TrustStore",
    properties=f"{BUNDLE} Name Tags",
    create_only="Name",
    attributes="NumberOfCaCertificates Status TrustStoreArn",
    name="Name",
    longest_name=32,
    tagged=True,
)
revocation = ResourceType(
    "AWS::ElasticLoadBalancingV2::TrustStoreRevocation",
    properties="RevocationContents TrustStoreArn",
    create_only="RevocationContents TrustStoreArn",
    attributes="RevocationId TrustStoreRevocations",
)


@trust_store.creates
async def create_trust_store(resource: Resource) -> str:
    input = {**resource.pick(BUNDLE), "Name": resource.name, "Tags": resource.tag_list() or None}
    return str((await resource.call(ELB, "CreateTrustStore", input))["TrustStores"][0]["TrustStoreArn"])


@trust_store.updates
async def update_trust_store(resource: Resource) -> None:
    arn = resource.physical_id
    if any(resource.changed(name) for name in BUNDLE.split()):
        await resource.call(ELB, "ModifyTrustStore", {**resource.pick(BUNDLE), "TrustStoreArn": arn})
    added, removed = resource.tag_changes()
    if added:
        rows = [{"Key": name, "Value": value} for name, value in added.items()]
        await resource.call(ELB, "AddTags", {"ResourceArns": [arn], "Tags": rows})
    if removed:
        await resource.call(ELB, "RemoveTags", {"ResourceArns": [arn], "TagKeys": removed})


@trust_store.reads
async def trust_store_attributes(resource: Resource) -> Plain:
    arns = {"TrustStoreArns": [resource.physical_id]}
    found: Plain = (await resource.call(ELB, "DescribeTrustStores", arns))["TrustStores"][0]
    return {name: found[name] for name in ("NumberOfCaCertificates", "Status", "TrustStoreArn")}


@trust_store.deletes
async def delete_trust_store(resource: Resource) -> None:
    await resource.call(ELB, "DeleteTrustStore", {"TrustStoreArn": resource.physical_id})


@revocation.creates
async def create_revocation(resource: Resource) -> str:
    made = await resource.call(ELB, "AddTrustStoreRevocations", resource.pick("RevocationContents TrustStoreArn"))
    ids = ",".join(str(each["RevocationId"]) for each in made["TrustStoreRevocations"])
    return f"{ids}|{resource.get('TrustStoreArn')}"


@revocation.reads
async def revocation_attributes(resource: Resource) -> Plain:
    ids, arn = _parts(resource)
    asked = {"TrustStoreArn": arn, "RevocationIds": ids}
    found = (await resource.call(ELB, "DescribeTrustStoreRevocations", asked))["TrustStoreRevocations"]
    return {"RevocationId": ids[0], "TrustStoreRevocations": found}


@revocation.deletes
async def delete_revocation(resource: Resource) -> None:
    ids, arn = _parts(resource)
    await resource.call(ELB, "RemoveTrustStoreRevocations", {"TrustStoreArn": arn, "RevocationIds": ids})


def _parts(resource: Resource) -> tuple[list[int], str]:
    ids, _, arn = resource.physical_id.partition("|")
    return [int(each) for each in ids.split(",")], arn
