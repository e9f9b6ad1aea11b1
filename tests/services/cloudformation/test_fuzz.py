"""No template, however odd, does more than be refused."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from services.cloudformation.stage import Stage

from terrella.core.errors import AwsError
from terrella.services.cloudformation import template
from terrella.services.cloudformation.errors import ValidationError

NAMES = st.sampled_from(["A", "B", "P", "Cond", "AWS::Region", "AWS::NoValue", "A.Value", "nobody", ""])
SCALARS = st.one_of(
    NAMES, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False), st.text(max_size=5)
)
FUNCTIONS = st.sampled_from(
    ["Ref", "Condition"]
    + [
        f"Fn::{name}"
        for name in ("GetAtt", "Sub", "Join", "Split", "Select", "FindInMap", "If", "Equals", "Not")
    ]
    + [f"Fn::{name}" for name in ("And", "Or", "ImportValue", "Base64", "GetAZs", "Cidr", "Length", "Nope")]
)


def _calls(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    arguments = st.one_of(inner, st.lists(inner, max_size=4))
    return st.builds(lambda name, argument: {name: argument}, FUNCTIONS, arguments)


VALUES = st.recursive(
    st.one_of(SCALARS, st.just("${A}-${P}"), st.just("${A.Value}")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=2), _calls(inner)
    ),
    max_leaves=8,
)
WHOLE: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Description": "whole",
    "Transform": [],
    "Metadata": {"k": "v"},
    "Parameters": {
        "P": {"Type": "String", "Default": "d", "AllowedPattern": ".*", "MinLength": 1, "NoEcho": True},
        "N": {"Type": "Number", "Default": 1, "MinValue": 0, "AllowedValues": [1, 2]},
        "L": {"Type": "CommaDelimitedList", "Default": "a,b", "Description": "list"},
    },
    "Mappings": {"M": {"eu-west-1": {"k": "v"}}},
    "Conditions": {"Cond": {"Fn::Equals": [{"Ref": "P"}, "d"]}, "Not": {"Fn::Not": [{"Condition": "Cond"}]}},
    "Rules": {
        "R": {"RuleCondition": True, "Assertions": [{"Assert": {"Fn::Contains": [["d"], {"Ref": "P"}]}}]}
    },
    "Resources": {
        "A": {
            "Type": "AWS::SSM::Parameter",
            "Condition": "Cond",
            "DeletionPolicy": "Delete",
            "Metadata": {"m": {"Ref": "P"}},
            "Properties": {
                "Type": "String",
                "Name": "a",
                "Value": {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "k"]},
                "Tags": {"t": {"Fn::If": ["Cond", "y", {"Ref": "AWS::NoValue"}]}},
            },
        },
        "B": {
            "Type": "AWS::SNS::Topic",
            "DependsOn": ["A"],
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "TopicName": {"Fn::Join": ["-", [{"Ref": "A"}, {"Fn::Select": [0, {"Ref": "L"}]}]]},
                "DisplayName": {"Fn::Sub": ["${A.Value}${X}", {"X": {"Fn::Base64": "x"}}]},
                "Tags": [{"Key": "k", "Value": {"Fn::GetAtt": ["A", "Value"]}}],
            },
        },
    },
    "Outputs": {
        "O": {"Value": {"Ref": "B"}, "Export": {"Name": "out"}, "Description": "d", "Condition": "Cond"}
    },
}


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in _places(each, (*path, key)))]


def _spoilt(changes: list[tuple[tuple[Any, ...], Any]]) -> Any:
    document = json.loads(json.dumps(WHOLE))
    for path, value in changes:
        place = document
        try:
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
        except (TypeError, LookupError):
            continue  # the first change has taken the place of the second away
    return document


TEMPLATE = st.lists(st.tuples(st.sampled_from(_places(WHOLE)[1:]), VALUES), min_size=1, max_size=2).map(
    _spoilt
)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(TEMPLATE)
def test_a_template_is_carried_out_or_refused(document: dict[str, Any]) -> None:
    stage = Stage()
    for operation in ("ValidateTemplate", "GetTemplateSummary", "CreateStack"):
        try:
            stage.begin(operation, StackName="shop", TemplateBody=json.dumps(document))
        except AwsError:
            continue
    stage.time.run()
    for stack in stage.state.living():
        assert not stack["StackStatus"].endswith("IN_PROGRESS")
        stage.begin("DescribeStacks", StackName="shop")


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(TEMPLATE)
def test_an_update_to_any_template_ends(document: dict[str, Any]) -> None:
    stage = Stage()
    assert stage.deploy(WHOLE) == "CREATE_COMPLETE"
    body = json.dumps(document)
    for name in ("one", "two"):
        try:
            stage.begin("CreateChangeSet", StackName="shop", ChangeSetName=name, TemplateBody=body)
            stage.begin("ExecuteChangeSet", StackName="shop", ChangeSetName=name)
        except AwsError:
            continue
        stage.time.run()
    assert stage.status().endswith(("_COMPLETE", "ROLLBACK_FAILED"))
    stage.begin("DeleteStack", StackName="shop")
    stage.time.run()
    assert stage.state.find("shop") is None


@settings(max_examples=200)
@given(st.one_of(st.text(), st.text(alphabet="{}[]:,!&*|>-#\"'\n aRef", max_size=40)))
def test_any_text_is_a_template_or_refused(body: str) -> None:
    try:
        assert isinstance(template.read(body), dict)
    except ValidationError:
        pass
