"""Readiness checks and Region switch plans, as state: made, shown, altered, deleted, and nothing made up."""

from __future__ import annotations

from typing import Any

import pytest
from boto import client
from botocore.exceptions import ClientError
from places import region

from terrella.services import arc_region_switch, route53_recovery_readiness

ROLE = "arn:aws:iam::123456789012:role/switch"


@pytest.fixture
def readiness() -> Any:
    return client(region("us-west-2", route53_recovery_readiness.service), "route53-recovery-readiness")


@pytest.fixture
def switch() -> Any:
    return client(region("us-east-1", arc_region_switch.service), "arc-region-switch")


def test_cells_know_the_groups_they_are_in(readiness: Any) -> None:
    cell = readiness.create_cell(CellName="east", Tags={"a": "b"})
    group = readiness.create_recovery_group(RecoveryGroupName="all", Cells=[cell["CellArn"]])
    shown = readiness.get_cell(CellName="east")
    assert shown["ParentReadinessScopes"] == [group["RecoveryGroupArn"]] and shown["Tags"] == {"a": "b"}
    with pytest.raises(ClientError, match="does not exist"):
        readiness.update_recovery_group(RecoveryGroupName="all", Cells=["arn:aws:nothing"])
    with pytest.raises(ClientError, match="already exists"):
        readiness.create_cell(CellName="east")


def test_a_resource_set_stays_while_a_check_uses_it(readiness: Any) -> None:
    resources = [{"ResourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/t"}]
    readiness.create_resource_set(
        ResourceSetName="s", ResourceSetType="AWS::DynamoDB::Table", Resources=resources
    )
    assert readiness.create_readiness_check(ReadinessCheckName="c", ResourceSetName="s")["ResourceSet"] == "s"
    with pytest.raises(ClientError, match="is used by"):
        readiness.delete_resource_set(ResourceSetName="s")
    readiness.delete_readiness_check(ReadinessCheckName="c")
    readiness.delete_resource_set(ResourceSetName="s")
    assert readiness.list_resource_sets()["ResourceSets"] == []


def test_an_empty_dns_target_of_a_resource_is_none(readiness: Any) -> None:
    resources = [{"ResourceArn": "arn:aws:dynamodb:us-east-1:123456789012:table/t", "DnsTargetResource": {}}]
    readiness.create_resource_set(ResourceSetName="s", ResourceSetType="AWS::DynamoDB::Table", Resources=resources)
    assert "DnsTargetResource" not in readiness.get_resource_set(ResourceSetName="s")["Resources"][0]


def test_a_readiness_that_nobody_checked_is_not_told(readiness: Any) -> None:
    with pytest.raises(ClientError, match="GetReadinessCheckStatus is not in this world"):
        readiness.get_readiness_check_status(ReadinessCheckName="c")


def test_a_plan_gets_a_new_version_when_it_is_altered(switch: Any) -> None:
    step = {
        "name": "ask", "executionBlockType": "ManualApproval",
        "executionBlockConfiguration": {"executionApprovalConfig": {"approvalRole": ROLE}},
    }  # fmt: skip
    workflow = {"workflowTargetAction": "activate", "steps": [step]}
    given = {
        "name": "p", "regions": ["us-east-1", "eu-west-1"], "executionRole": ROLE, "workflows": [workflow],
    }  # fmt: skip
    with pytest.raises(ClientError, match="primary"):
        switch.create_plan(**given, recoveryApproach="activePassive")
    plan = switch.create_plan(**given, recoveryApproach="activeActive", tags={"a": "b"})["plan"]
    assert plan["version"] == "1" and plan["arn"].startswith("arn:aws:arc-region-switch::123456789012:plan/p:")
    changed = switch.update_plan(arn=plan["arn"], workflows=[workflow], executionRole=ROLE, description="d")["plan"]
    assert (changed["version"], changed["description"], changed["name"]) == ("2", "d", "p")
    assert switch.list_tags_for_resource(arn=plan["arn"])["resourceTags"] == {"a": "b"}
    with pytest.raises(ClientError, match="StartPlanExecution is not in this world"):
        switch.start_plan_execution(planArn=plan["arn"], targetRegion="us-east-1", action="activate")
    switch.delete_plan(arn=plan["arn"])
    assert switch.list_plans()["plans"] == []
