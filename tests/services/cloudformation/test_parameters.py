"""Parameters: what must be given, what may be, and what it becomes."""

from __future__ import annotations

from typing import Any

import pytest
from services.cloudformation.stage import Stage, parameter, ref, resources

from terrella.services.cloudformation.errors import ValidationError
from terrella.services.cloudformation.parameters import given, values


def template(**declared: Any) -> dict[str, Any]:
    return {"Parameters": {"P": {"Type": "String", **declared}}, **resources(A=parameter(ref("P"), "a"))}


def passed(value: str) -> list[dict[str, Any]]:
    return [{"ParameterKey": "P", "ParameterValue": value}]


def test_a_default_stands_in() -> None:
    assert given(template(Default="d"), []) == {"P": "d"}


def test_a_previous_value_is_kept_when_asked_for_only() -> None:
    keep = [{"ParameterKey": "P", "UsePreviousValue": True}]
    assert given(template(Default="d"), keep, {"P": "old"}) == {"P": "old"}
    assert given(template(Default="d"), [], {"P": "old"}) == {"P": "d"}
    with pytest.raises(
        ValidationError, match="Cannot specify usePreviousValue as true for a parameter key not in"
    ):
        given(template(), keep)


@pytest.mark.parametrize(
    ("declared", "value", "words"),
    [
        ({}, None, r"Parameters: \[P\] must have values"),
        ({"AllowedValues": ["a", 1, True]}, "b", "Parameter 'P' must be one of AllowedValues"),
        ({"AllowedPattern": "[a-z]+"}, "A", r"Parameter 'P' must match pattern \[a-z\]\+"),
        (
            {"AllowedPattern": "[a-z]+", "ConstraintDescription": "be small"},
            "A",
            "Parameter P failed to satisfy constraint: be small",
        ),
        ({"MinLength": 2}, "a", "must contain at least 2 characters"),
        ({"MaxLength": "2"}, "abc", "must contain at most 2 characters"),
        ({"Type": "Number"}, "x", "must be a number"),
        ({"Type": "Number", "MinValue": 2}, "1", "must be a number not less than 2"),
        ({"Type": "List<Number>", "MaxValue": 2}, "1,3", "must be a number not greater than 2"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused(declared: dict[str, Any], value: str | None, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        given(template(**declared), passed(value) if value else [])


def test_a_parameter_nobody_declared_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"Parameters: \[Q\] do not exist in the template"):
        given(template(Default=""), [{"ParameterKey": "Q", "ParameterValue": "x"}])


def test_a_rule_is_enforced_before_anything_is_made() -> None:
    stage = Stage()
    assertion = {"Assert": {"Fn::Contains": [["a", "b"], ref("P")]}, "AssertDescription": "a or b, please"}
    ruled = {**template(), "Rules": {"R": {"Assertions": [assertion]}}}
    with pytest.raises(ValidationError, match="Template validation error: a or b, please"):
        stage.deploy(ruled, Parameters=passed("c"))
    assert stage.deploy(ruled, Parameters=passed("b")) == "CREATE_COMPLETE"


def test_lists_become_lists() -> None:
    declared = template(Type="CommaDelimitedList")
    assert values(declared, {"P": "a, b"}, {}) == {"P": ["a", "b"]}


def test_an_ssm_parameter_stands_for_its_value() -> None:
    stage = Stage()
    stage.region.commit(stage.region.services["ssm"], "thing_put", {"name": "/image", "value": "ami-1"})
    declared = template(Type="AWS::SSM::Parameter::Value<String>", Default="/image")
    stage.deploy(declared)
    assert stage.parameters()["a"] == "ami-1"
    shown = stage.begin("DescribeStacks", StackName="shop")["Stacks"][0]["Parameters"]
    assert shown == [{"ParameterKey": "P", "ParameterValue": "/image", "ResolvedValue": "ami-1"}]
    with pytest.raises(ValidationError, match=r"Unable to fetch parameters \[/none\] from parameter store"):
        stage.deploy(declared, Parameters=passed("/none"))


def test_a_no_echo_parameter_is_never_shown() -> None:
    stage = Stage()
    stage.deploy(template(NoEcho=True), Parameters=passed("hush-hush"))
    assert stage.parameters()["a"] == "hush-hush"
    answers = [
        stage.begin("DescribeStacks", StackName="shop"),
        stage.begin("DescribeStackEvents", StackName="shop"),
    ]
    assert "hush-hush" not in str(answers)
    assert "****" in str(answers[0])
