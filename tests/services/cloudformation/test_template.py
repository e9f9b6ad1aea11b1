"""What a template may look like, and the words in which a bad one is refused."""

from __future__ import annotations

from typing import Any

import pytest
from services.cloudformation.stage import Stage, parameter, ref, resources

from terrella.services.cloudformation import references, template
from terrella.services.cloudformation.errors import ValidationError
from terrella.services.cloudformation.registry import recognize, require


def check(document: dict[str, Any]) -> None:
    template.check(document)
    references.check(document)


def test_short_forms_are_what_the_long_ones_are() -> None:
    found = template.read(
        """
        A: !GetAtt Table.Stream.Arn
        B: !Sub ["${X}-y", {X: !Ref Z}]
        C: !If [Big, !Ref "AWS::NoValue", !Join ["", [a, b]]]
        D: !FindInMap [M, !Ref "AWS::Region", x]
        E: {Condition: !Equals [a, !Select [0, !Split [",", "a,b"]]]}
        F: !GetAtt [Table, Arn]
        G: !And [!Condition Big, !Not [!Condition Small]]
        """
    )
    assert found == {
        "A": {"Fn::GetAtt": ["Table", "Stream.Arn"]},
        "B": {"Fn::Sub": ["${X}-y", {"X": {"Ref": "Z"}}]},
        "C": {"Fn::If": ["Big", {"Ref": "AWS::NoValue"}, {"Fn::Join": ["", ["a", "b"]]}]},
        "D": {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "x"]},
        "E": {"Condition": {"Fn::Equals": ["a", {"Fn::Select": [0, {"Fn::Split": [",", "a,b"]}]}]}},
        "F": {"Fn::GetAtt": ["Table", "Arn"]},
        "G": {"Fn::And": [{"Condition": "Big"}, {"Fn::Not": [{"Condition": "Small"}]}]},
    }


def test_dates_stay_the_strings_they_are() -> None:
    assert template.read("AWSTemplateFormatVersion: 2010-09-09") == {"AWSTemplateFormatVersion": "2010-09-09"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("a: 1\na: 2", r"YAML not well-formed\. \(line 2, column 1\) Duplicate key: a"),
        ('{"a": 1, "a": 2}', "Duplicate key: a"),
        ('{"a": ', "JSON not well-formed"),
        ("a: [1", "YAML not well-formed"),
        ("a: !Nonsense 1", "YAML not well-formed"),
        ("- a", "unsupported structure"),
        ("", "unsupported structure"),
        ("a: &x [*x]", "YAML not well-formed|unsupported|could not determine"),
        ("[" * 50_000, "not well-formed"),
        ("- " * 20_000, "not well-formed"),
        ("{" * 20_000, "not well-formed"),
        ('{"a":' * 20_000, "not well-formed"),
        (
            "a: &a [x, x]\n"
            + "".join(
                f"{k}: &{k} [*{j}, *{j}]\n"
                for j, k in zip("abcdefghijklmnopqrst", "bcdefghijklmnopqrstu", strict=True)
            ),
            "not well-formed",
        ),
        ("? [1]\n: 2", "not well-formed"),
        ("a: \x00", "not well-formed"),
    ],
)
def test_what_cannot_be_read_is_refused(body: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        template.read(body)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "At least one Resources member must be defined."),
        ({"Resources": {}}, "At least one Resources member must be defined."),
        ({"Resources": {"A": {"Type": "X"}}, "Foo": 1}, r"Invalid template property or properties \[Foo\]"),
        ({"Resources": {"A": {}}}, r"\[/Resources/A\] Every Resources object must contain a Type member"),
        ({"Resources": {"A-b": {"Type": "X"}}}, "Resource name A-b is non alphanumeric"),
        ({"Resources": {"A": {"Type": "X", "Nope": 1}}}, "Invalid template resource property 'Nope'"),
        ({"Resources": {"A": {"Type": "X"}}, "Parameters": {"P": {}}}, "must contain a Type member"),
        ({"Resources": {"A": {"Type": "X"}}, "Outputs": {"O": {}}}, "Value member is missing"),
        (
            {"Resources": {"A": {"Type": "X", "Properties": {"P": ref("Q")}}}},
            r"Template format error: Unresolved resource dependencies \[Q\] in the Resources block",
        ),
        (
            {"Resources": {"A": {"Type": "X", "DependsOn": ["Q", "P"]}}},
            r"Unresolved resource dependencies \[P, Q\] in the Resources block",
        ),
        (
            {"Resources": {"A": {"Type": "X"}}, "Outputs": {"O": {"Value": {"Fn::Sub": "${Nobody.Arn}"}}}},
            r"Unresolved resource dependencies \[Nobody\] in the Outputs block of the template",
        ),
        (
            resources(
                A=parameter(ref("B")), B=parameter(ref("C")), C=parameter(ref("A")), D=parameter(ref("A"))
            ),
            r"Circular dependency between resources: \[A, B, C\]",
        ),
        (
            {"Resources": {"A": {"Type": "X", "Condition": "Never"}}},
            "Unresolved condition dependency Never in the Resources block of the template",
        ),
        (
            {"Conditions": {"A": {"Fn::Not": [{"Condition": "A"}]}}, "Resources": {"R": {"Type": "X"}}},
            "circular condition dependency",
        ),
        (
            {"Resources": {"A": {"Type": "X", "Properties": {"P": {"Fn::GetAtt": ["A"]}}}}},
            "every Fn::GetAtt object requires two non-empty parameters",
        ),
        (
            {"Resources": {"A": {"Type": "X", "Properties": {"P": {"Fn::Sub": "${a b}"}}}}},
            "variable names in Fn::Sub syntax",
        ),
    ],
)  # fmt: skip
def test_a_wrong_template_is_refused_in_the_words_of_aws(document: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        check(document)


def test_types_that_do_not_exist_and_types_that_are_not_here_are_told_apart() -> None:
    with pytest.raises(ValidationError, match=r"Unrecognized resource types: \[AWS::Foo::Bar\]"):
        recognize(["AWS::SSM::Parameter", "AWS::Redshift::Cluster", "AWS::Foo::Bar"])
    with pytest.raises(
        ValidationError, match="Resource type AWS::Redshift::Cluster is not supported in this world"
    ):
        require(["AWS::Redshift::Cluster"])


def test_an_unsupported_type_fails_before_anything_is_made() -> None:
    stage = Stage()
    template = resources(A=parameter("1", "a"), B={"Type": "AWS::Redshift::Cluster"})
    with pytest.raises(ValidationError, match="AWS::Redshift::Cluster"):
        stage.deploy(template)
    assert stage.parameters() == {}
    assert stage.state.find("shop") is None


def test_an_unsupported_type_does_no_harm_while_its_condition_is_false() -> None:
    never = {"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}}
    template = resources(A=parameter("1", "a"), B={"Type": "AWS::Redshift::Cluster", "Condition": "Never"})
    assert Stage().deploy({**never, **template}) == "CREATE_COMPLETE"


def test_a_template_in_a_request_may_not_be_longer_than_aws_allows() -> None:
    stage = Stage()
    body = '{"Resources": {"A": {"Type": "AWS::CDK::Metadata"}}, "Description": "' + " " * 51_200 + '"}'
    with pytest.raises(ValidationError, match="less than or equal to 51200"):
        stage.begin("CreateStack", StackName="shop", TemplateBody=body)


@pytest.mark.parametrize(
    "url",
    [
        "https://templates.s3.eu-west-1.amazonaws.com/shop/t.json",
        "https://s3.eu-west-1.amazonaws.com/templates/shop/t.json",
        "https://s3.amazonaws.com/templates/shop/t.json",
        "https://templates.s3.amazonaws.com/shop/t.json",
        "http://127.0.0.1:4566/templates/shop/t.json",
        "s3://templates/shop/t.json",
    ],
)
def test_a_template_url_is_fetched_from_s3_whatever_its_form(url: str) -> None:
    stage = Stage()
    body = b'{"Resources": {"A": {"Type": "AWS::CDK::Metadata"}}}'
    s3 = stage.region.services["s3"]
    stage.region.commit(s3, "thing_put", {"name": "templates/shop/t.json", "value": body})
    stage.begin("CreateStack", StackName="shop", TemplateURL=url)
    assert stage.status() == "CREATE_COMPLETE"


def test_another_url_is_refused() -> None:
    with pytest.raises(ValidationError, match="TemplateURL must be a supported URL"):
        Stage().begin("CreateStack", StackName="shop", TemplateURL="https://example.com/t.json")
