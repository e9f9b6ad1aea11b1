"""What CloudFormation tells of stacks, templates, resources and types."""

from __future__ import annotations

import json

import pytest
from services.cloudformation.stage import Stage, att, parameter, ref, resources

from terrella.services.cloudformation.errors import ValidationError

TEMPLATE = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Description": "A shop",
    "Parameters": {"P": {"Type": "String", "Default": "d", "Description": "what"}},
    **resources(A=parameter(ref("P"), "a", Metadata={"k": "v"})),
    "Outputs": {"O": {"Value": att("A", "Value"), "Description": "it", "Export": {"Name": "out"}}},
}


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ("DescribeStacks", "Stack with id nope does not exist"),
        ("GetTemplate", "Stack with id nope does not exist"),
        ("DescribeStackEvents", r"Stack \[nope\] does not exist"),
        ("UpdateStack", r"Stack \[nope\] does not exist"),
        ("DescribeStackResources", "Stack with id nope does not exist"),
    ],
)
def test_a_missing_stack_is_the_error_the_cli_knows(stage: Stage, operation: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words) as refusal:
        stage.begin(operation, StackName="nope", TemplateBody="{}")
    assert (refusal.value.error_code, refusal.value.status) == ("ValidationError", 400)


def test_deleting_a_missing_stack_succeeds(stage: Stage) -> None:
    assert stage.begin("DeleteStack", StackName="nope") == {}


def test_a_stack_is_described_with_all_a_client_waits_for(stage: Stage) -> None:
    stage.deploy(TEMPLATE, Tags=[{"Key": "team", "Value": "blue"}])
    (found,) = stage.begin("DescribeStacks", StackName="shop")["Stacks"]
    assert found["StackId"].startswith("arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/")
    assert found["StackStatus"] == "CREATE_COMPLETE"
    assert found["Description"] == "A shop"
    assert found["Parameters"] == [{"ParameterKey": "P", "ParameterValue": "d"}]
    assert found["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert found["Outputs"] == [
        {"OutputKey": "O", "OutputValue": "d", "Description": "it", "ExportName": "out"}
    ]
    assert stage.begin("ListExports")["Exports"] == [
        {"ExportingStackId": found["StackId"], "Name": "out", "Value": "d"}
    ]


def test_events_come_newest_first_and_in_parts(stage: Stage) -> None:
    many = {f"R{number}": parameter("1", f"r{number}") for number in range(60)}
    stage.deploy({"Resources": many})
    first = stage.begin("DescribeStackEvents", StackName="shop")
    assert first["StackEvents"][0]["ResourceStatus"] == "CREATE_COMPLETE"
    assert first["StackEvents"][0]["LogicalResourceId"] == "shop"
    rows, token = first["StackEvents"], first["NextToken"]
    while token:
        part = stage.begin("DescribeStackEvents", StackName="shop", NextToken=token)
        rows, token = rows + part["StackEvents"], part.get("NextToken")
    assert len(rows) == len({row["EventId"] for row in rows}) == 60 * 3 + 2


def test_resources_are_described_one_by_one_and_together(stage: Stage) -> None:
    stage.deploy(TEMPLATE)
    one = stage.begin("DescribeStackResource", StackName="shop", LogicalResourceId="A")["StackResourceDetail"]
    assert (one["PhysicalResourceId"], one["ResourceType"]) == ("a", "AWS::SSM::Parameter")
    assert json.loads(one["Metadata"]) == {"k": "v"}
    (all_of_them,) = stage.begin("DescribeStackResources", PhysicalResourceId="a")["StackResources"]
    assert all_of_them["LogicalResourceId"] == "A"
    with pytest.raises(ValidationError, match="Resource B does not exist for stack shop"):
        stage.begin("DescribeStackResource", StackName="shop", LogicalResourceId="B")


def test_a_template_is_given_back_as_it_was_written(stage: Stage) -> None:
    body = "Resources:\n  A: {Type: 'AWS::CDK::Metadata'}  # a comment\n"
    stage.deploy(body)
    assert stage.begin("GetTemplate", StackName="shop")["TemplateBody"] == body


def test_a_template_is_summed_up(stage: Stage) -> None:
    found = stage.begin("GetTemplateSummary", TemplateBody=json.dumps(TEMPLATE))
    assert found["ResourceTypes"] == ["AWS::SSM::Parameter"]
    assert found["Version"] == "2010-09-09"
    (row,) = found["Parameters"]
    assert (row["ParameterKey"], row["DefaultValue"], row["ParameterType"]) == ("P", "d", "String")
    role = resources(R={"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}})
    found = stage.begin("ValidateTemplate", TemplateBody=json.dumps(role))
    assert found["Capabilities"] == ["CAPABILITY_NAMED_IAM"]
    assert found["CapabilitiesReason"] == "The following resource(s) require capabilities: [AWS::IAM::Role]"


def test_deleted_stacks_are_listed_and_found_by_id_only(stage: Stage) -> None:
    stage.deploy(TEMPLATE)
    stack_id = stage.state.stack("shop")["StackId"]
    stage.begin("DeleteStack", StackName="shop")
    (row,) = stage.begin("ListStacks", StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert row["StackId"] == stack_id
    assert stage.begin("DescribeStacks", StackName=stack_id)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
    with pytest.raises(ValidationError):
        stage.begin("DescribeStacks", StackName="shop")


def test_a_stack_policy_is_kept(stage: Stage) -> None:
    stage.deploy(TEMPLATE)
    stage.begin("SetStackPolicy", StackName="shop", StackPolicyBody='{"Statement": []}')
    assert stage.begin("GetStackPolicy", StackName="shop") == {"StackPolicyBody": '{"Statement": []}'}


def test_a_nested_stack_comes_and_goes_with_its_parent(stage: Stage) -> None:
    child = {**resources(A=parameter(ref("P"), "child")), "Parameters": {"P": {"Type": "String"}}}
    child["Outputs"] = {"Name": {"Value": ref("A")}}
    s3 = stage.region.services["s3"]
    stage.region.commit(s3, "thing_put", {"name": "b/child.json", "value": json.dumps(child).encode()})
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "https://b.s3.amazonaws.com/child.json", "Parameters": {"P": "v"}},
    }
    stage.deploy({**resources(N=nested), "Outputs": {"Name": {"Value": att("N", "Outputs.Name")}}})
    assert stage.status() == "CREATE_COMPLETE"
    assert stage.outputs() == {"Name": "child"}
    assert stage.parameters() == {"child": "v"}
    stage.begin("DeleteStack", StackName="shop")
    stage.time.run()
    assert stage.parameters() == {}
    assert not list(stage.state.living())
