"""What each intrinsic function gives, and what it refuses."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from services.cloudformation.stage import att, ref

from terrella.services.cloudformation.errors import ValidationError
from terrella.services.cloudformation.intrinsics import Scope, Unknown, resolve

TEMPLATE = {
    "Mappings": {"M": {"eu-west-1": {"size": "small", "zones": ["a", "b"]}}},
    "Conditions": {"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}},
}


def scope(**more: Any) -> Scope:
    attributes = {("Table", "Arn"): "arn:table", ("Table", "Stream.Arn"): "arn:stream"}
    return Scope(
        template=TEMPLATE,
        parameters={"Name": "shop", "List": ["x", "y"]},
        pseudo={"AWS::Region": "eu-west-1", "AWS::StackName": "stack"},
        physical=lambda name: {"Table": "table-1", "Later": Unknown("Later")}.get(name),
        attribute=lambda name, attribute: (
            Unknown(name, attribute) if name == "Later" else attributes.get((name, attribute))
        ),
        exported=lambda name: "value" if name == "shop-out" else None,
        **more,
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (ref("Name"), "shop"),
        (ref("List"), ["x", "y"]),
        (ref("AWS::Region"), "eu-west-1"),
        (ref("Table"), "table-1"),
        (att("Table", "Arn"), "arn:table"),
        ({"Fn::GetAtt": "Table.Stream.Arn"}, "arn:stream"),
        ({"a": ref("AWS::NoValue"), "b": 1}, {"b": 1}),
        (["a", ref("AWS::NoValue")], ["a"]),
        (
            {"Fn::Sub": "${Name}/${Table}/${Table.Arn}/${!Name}/${AWS::Region}"},
            "shop/table-1/arn:table/${Name}/eu-west-1",
        ),
        ({"Fn::Sub": ["${X}${Name}", {"X": ref("Table")}]}, "table-1shop"),
        ({"Fn::Join": ["-", ["a", ref("Name"), 1, True]]}, "a-shop-1-true"),
        ({"Fn::Join": [",", ref("List")]}, "x,y"),
        ({"Fn::Split": ["-", "a-b"]}, ["a", "b"]),
        ({"Fn::Select": ["1", {"Fn::Split": ["-", "a-b"]}]}, "b"),
        ({"Fn::FindInMap": ["M", ref("AWS::Region"), "size"]}, "small"),
        ({"Fn::If": ["Yes", "y", "n"]}, "y"),
        ({"Fn::If": ["No", "y", "n"]}, "n"),
        ({"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]}, False),
        ({"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]}, True),
        ({"Fn::Equals": [True, "true"]}, True),
        ({"Fn::ImportValue": {"Fn::Sub": "${Name}-out"}}, "value"),
        ({"Fn::Base64": "hi"}, base64.b64encode(b"hi").decode()),
        ({"Fn::Cidr": ["10.0.0.0/16", 3, 8]}, ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]),
        ({"Fn::GetAZs": ""}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ({"Fn::GetAZs": "ap-northeast-1"}, ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"]),
        # A policy statement's Condition is not a template condition.
        ({"Condition": {"StringEquals": {"a": "b"}}}, {"Condition": {"StringEquals": {"a": "b"}}}),
        ({"Fn::Sub": "${Later}"}, Unknown("Later")),
        ({"Fn::Join": ["", [att("Later", "Arn"), "x"]]}, Unknown("Later", "Arn")),
    ],
)  # fmt: skip
def test_a_function_gives(given: Any, expected: Any) -> None:
    assert resolve(given, scope()) == expected


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Ref": 1}, "every Ref object must have a single String value"),
        (att("Table", "Colour"), "resource Table does not support attribute type Colour in Fn::GetAtt"),
        ({"Fn::Select": [2, ["a"]]}, "Fn::Select cannot select nonexistent value at index 2"),
        ({"Fn::FindInMap": ["X", "a", "b"]}, "Mapping named 'X' is not present in the 'Mappings' section"),
        ({"Fn::FindInMap": ["M", "a", "b"]}, "Unable to get mapping for M::a::b"),
        ({"Fn::Join": ["-"]}, "every Fn::Join object requires two parameters"),
        ({"Fn::Split": ["-", ["a"]]}, "every Fn::Split object requires two parameters"),
        ({"Fn::If": ["Maybe", 1, 2]}, "Unresolved condition dependency"),
        ({"Fn::ImportValue": "nobody"}, r"No export named nobody found\."),
        ({"Fn::Nonsense": 1}, "Fn::Nonsense is not a valid intrinsic function"),
        ({"Fn::Length": [1]}, "not supported without the AWS::LanguageExtensions transform"),
        ({"Fn::Cidr": ["10.0.0.0/24", 9, 7]}, "Fn::Cidr cannot create 9 blocks"),
        ({"Fn::Cidr": ["nonsense", 1, 7]}, "Fn::Cidr cannot divide nonsense"),
        ({"Fn::And": [{"Condition": "Yes"}]}, "every Fn::And object requires a list of at least 2"),
    ],
)
def test_a_function_refuses(given: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        resolve(given, scope())


def test_language_extensions_extend() -> None:
    extended = scope(extensions=True)
    assert resolve({"Fn::Length": ref("List")}, extended) == 2
    assert resolve({"Fn::ToJsonString": {"a": ref("Name")}}, extended) == '{"a":"shop"}'
    assert resolve({"Fn::FindInMap": ["M", "x", "y", {"DefaultValue": "d"}]}, extended) == "d"
