"""Tables that a template fills from S3, against DynamoDB itself."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from services.dynamodb.bucket_places import Buckets
from stage import Stage, resources

from terrella.region.ports import Ports
from terrella.region.region import Region, WorldFacts
from terrella.services.cloudformation import service as cloudformation
from terrella.services.dynamodb import service as dynamodb

KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}]


class Shop(Stage):
    """A region with a bucket that has items."""

    def build(self) -> None:
        self.buckets = Buckets("here")
        self.buckets.objects["here"] = {
            f"in/{number}": json.dumps({"Item": {"pk": {"S": str(number)}}}).encode() for number in range(3)
        }
        self.region = Region(
            "eu-west-1", [cloudformation, dynamodb], clock=self.time, journal=self.journal, maps=self.maps,
            world=WorldFacts(("eu-west-1",)), ports=Ports(tasks=self.time, borrowed=self.buckets),
            rng=random.Random(7),
        )  # fmt: skip
        self.region.start()

    def deploy(self, template: Any, name: str = "shop", **more: Any) -> str:
        operation = "UpdateStack" if self.state.find(name) else "CreateStack"
        self.begin(operation, StackName=name, TemplateBody=json.dumps(template), **more)
        return self.finish(name)

    def finish(self, name: str = "shop") -> str:
        """Let time pass until the stack is done; DynamoDB never is."""
        while self.status(name).endswith("IN_PROGRESS"):
            self.time.step()
        return self.status(name)

    def ask(self, operation: str, **input: Any) -> Any:
        return self.time.wait_for(self.region.request("dynamodb", operation, input))


@pytest.fixture
def shop() -> Shop:
    return Shop()


def table(prefix: str = "in/", **more: Any) -> dict[str, Any]:
    source = {"InputFormat": "DYNAMODB_JSON", "S3BucketSource": {"S3Bucket": "here", "S3KeyPrefix": prefix}}
    return resources(T={"Type": "AWS::DynamoDB::Table", "Properties": {
        "TableName": more.pop("name", "things"), "KeySchema": KEYS, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "ImportSourceSpecification": source, **more,
    }})  # fmt: skip


def test_a_table_has_what_was_imported_and_what_imports_do_not_take(shop: Shop) -> None:
    more = {
        "StreamSpecification": {"StreamViewType": "KEYS_ONLY"}, "DeletionProtectionEnabled": "true",
        "TableClass": "STANDARD_INFREQUENT_ACCESS", "Tags": [{"Key": "a", "Value": "b"}],
        "TimeToLiveSpecification": {"AttributeName": "t", "Enabled": True},
    }  # fmt: skip
    assert shop.deploy(table(**more)) == "CREATE_COMPLETE", shop.events()
    assert shop.ask("Scan", TableName="things")["Count"] == 3
    found = shop.ask("DescribeTable", TableName="things")["Table"]
    assert found["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    assert found["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert found["DeletionProtectionEnabled"] is True
    tags = shop.ask("ListTagsOfResource", ResourceArn=found["TableArn"])["Tags"]
    assert {"Key": "a", "Value": "b"} in tags
    living = shop.ask("DescribeTimeToLive", TableName="things")["TimeToLiveDescription"]
    assert living["TimeToLiveStatus"] in ("ENABLED", "ENABLING")


def test_an_import_is_done_once_though_the_region_dies_meanwhile(shop: Shop) -> None:
    shop.begin("CreateStack", StackName="shop", TemplateBody=json.dumps(table()))
    while "T CREATE_IN_PROGRESS" not in shop.events() or not shop.ask("ListImports")["ImportSummaryList"]:
        shop.time.step()
    shop.restart()
    assert shop.finish() == "CREATE_COMPLETE"
    assert len(shop.ask("ListImports")["ImportSummaryList"]) == 1


def test_an_import_that_fails_fails_its_stack_and_leaves_no_table(shop: Shop) -> None:
    shop.buckets.objects["here"]["in/x"] = b'{"Item": {"other": {"S": "1"}}}'
    assert shop.deploy(table()) == "ROLLBACK_COMPLETE"
    assert shop.deploy(table(prefix="nothing/"), "other") == "ROLLBACK_COMPLETE"
    assert not shop.ask("ListTables")["TableNames"]


def test_another_source_is_another_table_with_its_settings(shop: Shop) -> None:
    living = {"TimeToLiveSpecification": {"AttributeName": "t", "Enabled": True}}
    assert shop.deploy(table(name="first", **living)) == "CREATE_COMPLETE"
    assert shop.deploy(table("in/1", name="second", **living)) == "UPDATE_COMPLETE"
    assert shop.ask("ListTables")["TableNames"] == ["second"]
    assert shop.ask("Scan", TableName="second")["Count"] == 1
    found = shop.ask("DescribeTimeToLive", TableName="second")["TimeToLiveDescription"]
    assert found["TimeToLiveStatus"] in ("ENABLED", "ENABLING")


def test_local_indexes_are_refused_where_an_import_is(shop: Shop) -> None:
    index = {"IndexName": "i", "KeySchema": KEYS, "Projection": {"ProjectionType": "ALL"}}
    assert shop.deploy(table(LocalSecondaryIndexes=[index])) == "ROLLBACK_COMPLETE"
    assert not shop.ask("ListTables")["TableNames"]
