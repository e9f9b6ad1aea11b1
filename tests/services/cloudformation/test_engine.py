"""Stacks come into being, alter, fail, roll back and go, in the order their references give."""

from __future__ import annotations

import json

import pytest
from services.cloudformation.stage import Stage, att, parameter, ref, resources

from terrella.core.errors import AwsError
from terrella.services.cloudformation.errors import ValidationError

CHAIN = resources(
    Third=parameter({"Fn::Sub": "${Second.Value}!"}, "third"),
    Second=parameter(ref("First"), "second"),
    First=parameter("one", "first"),
)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_resources_are_made_after_those_they_refer_to(stage: Stage) -> None:
    assert stage.deploy(CHAIN) == "CREATE_COMPLETE"
    assert stage.toy().asked == ["PutParameter first", "PutParameter second", "PutParameter third"]
    assert stage.parameters() == {"first": "one", "second": "first", "third": "first!"}


def test_resources_that_do_not_need_each_other_are_made_at_once(stage: Stage) -> None:
    stage.toy().slow = {"PutParameter a": 5.0, "PutParameter b": 5.0}
    began = stage.time.now()
    stage.deploy(resources(A=parameter("1", "a"), B=parameter("2", "b")))
    assert stage.time.now() - began < 6


def test_the_events_are_those_aws_gives(stage: Stage) -> None:
    stage.deploy(resources(A=parameter("1", "a")))
    assert stage.events() == ["A CREATE_IN_PROGRESS", "A CREATE_IN_PROGRESS", "A CREATE_COMPLETE"]


def test_a_name_left_out_is_made_up_from_stack_and_logical_id(stage: Stage) -> None:
    stage.deploy(resources(A=parameter("1")))
    (name,) = stage.parameters()
    assert name.startswith("shop-A-") and len(name) == len("shop-A-") + 12


def test_outputs_are_what_they_refer_to(stage: Stage) -> None:
    stage.deploy(
        {**CHAIN, "Outputs": {"Name": {"Value": ref("First")}, "V": {"Value": att("Third", "Value")}}}
    )
    assert stage.outputs() == {"Name": "first", "V": "first!"}


def test_a_failure_rolls_back_in_the_opposite_order(stage: Stage) -> None:
    stage.toy().refusing = {"PutParameter third": "no room"}
    assert stage.deploy(CHAIN) == "ROLLBACK_COMPLETE"
    assert stage.parameters() == {}
    asked = [each for each in stage.toy().asked if each.startswith("Delete")]
    assert asked == ["DeleteParameter second", "DeleteParameter first"]
    reasons = [
        event.get("ResourceStatusReason")
        for _, event in stage.state.events_of(stage.state.stack("shop")["StackId"])
    ]
    assert "no room" in reasons
    assert "The following resource(s) failed to create: [Third]. Rollback requested by user." in reasons


def test_what_was_under_way_when_another_failed_is_not_begun_again(stage: Stage) -> None:
    stage.toy().refusing = {"PutParameter a": "no"}
    stage.toy().slow = {"PutParameter b": 15.0}
    template = resources(A=parameter("1", "a"), B=parameter("2", "b"), C=parameter(ref("B"), "c"))
    assert stage.deploy(template) == "ROLLBACK_COMPLETE"
    assert "PutParameter c" not in stage.toy().asked
    assert stage.parameters() == {}


def test_rollback_can_be_refused(stage: Stage) -> None:
    stage.toy().refusing = {"PutParameter third": "no room"}
    assert stage.deploy(CHAIN, DisableRollback=True) == "CREATE_FAILED"
    assert set(stage.parameters()) == {"first", "second"}


def test_a_failed_creation_can_be_gone_on_with_by_an_update(stage: Stage) -> None:
    stage.toy().refusing = {"PutParameter third": "no room"}
    stage.deploy(CHAIN, DisableRollback=True)
    stage.toy().refusing = {}
    assert stage.deploy(CHAIN) == "UPDATE_COMPLETE"
    assert set(stage.parameters()) == {"first", "second", "third"}


def test_on_failure_delete_leaves_nothing(stage: Stage) -> None:
    stage.toy().refusing = {"PutParameter third": "no room"}
    stage.begin(
        "CreateStack", StackName="shop", TemplateBody=str(CHAIN).replace("'", '"'), OnFailure="DELETE"
    )
    stage.time.run()
    assert stage.state.find("shop") is None
    assert stage.parameters() == {}


def test_an_update_alters_only_what_differs(stage: Stage) -> None:
    stage.deploy(resources(A=parameter("1", "a"), B=parameter("2", "b")))
    stage.toy().asked.clear()
    assert stage.deploy(resources(A=parameter("1", "a"), B=parameter("3", "b"))) == "UPDATE_COMPLETE"
    assert stage.toy().asked == ["PutParameter b"]
    assert stage.parameters() == {"a": "1", "b": "3"}


def test_an_update_without_changes_is_refused(stage: Stage) -> None:
    stage.deploy(CHAIN)
    with pytest.raises(ValidationError, match=r"No updates are to be performed\."):
        stage.deploy(CHAIN)


def test_outputs_alone_are_worth_an_update(stage: Stage) -> None:
    stage.deploy(CHAIN)
    assert stage.deploy({**CHAIN, "Outputs": {"Name": {"Value": ref("First")}}}) == "UPDATE_COMPLETE"
    assert stage.outputs() == {"Name": "first"}


def test_a_replacement_is_made_before_the_old_one_is_deleted(stage: Stage) -> None:
    stage.deploy(resources(A=parameter("1", "old"), B=parameter(ref("A"), "b")))
    stage.toy().asked.clear()
    assert stage.deploy(resources(A=parameter("1", "new"), B=parameter(ref("A"), "b"))) == "UPDATE_COMPLETE"
    assert stage.toy().asked == ["PutParameter new", "PutParameter b", "DeleteParameter old"]
    assert stage.parameters() == {"new": "1", "b": "new"}


def test_what_a_template_leaves_out_is_deleted_last(stage: Stage) -> None:
    stage.deploy(CHAIN)
    stage.toy().asked.clear()
    assert stage.deploy(resources(New=parameter("x", "new"))) == "UPDATE_COMPLETE"
    assert stage.toy().asked == [
        "PutParameter new", "DeleteParameter third", "DeleteParameter second", "DeleteParameter first",
    ]  # fmt: skip
    assert [
        row["LogicalResourceId"]
        for row in stage.begin("ListStackResources", StackName="shop")["StackResourceSummaries"]
    ] == ["New"]


def test_a_failed_update_puts_everything_back(stage: Stage) -> None:
    stage.deploy(resources(A=parameter("1", "a"), Keep=parameter("k", "keep"), R=parameter("r", "r1")))
    stage.toy().refusing = {"PutParameter bad": "no"}
    updated = resources(
        A=parameter("2", "a"),
        Keep=parameter("k", "keep"),
        R=parameter("r", "r2"),
        Bad=parameter("x", "bad", DependsOn=["A", "R"]),
    )
    assert stage.deploy(updated) == "UPDATE_ROLLBACK_COMPLETE"
    assert stage.parameters() == {"a": "1", "keep": "k", "r1": "r"}
    rows = stage.begin("ListStackResources", StackName="shop")["StackResourceSummaries"]
    assert {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in rows} == {
        "A": "a", "Keep": "keep", "R": "r1",
    }  # fmt: skip
    stage.toy().refusing = {}
    assert stage.deploy(updated) == "UPDATE_COMPLETE"
    assert stage.parameters() == {"a": "2", "keep": "k", "r2": "r", "bad": "x"}


def test_a_rollback_that_fails_can_be_continued_without_what_failed(stage: Stage) -> None:
    stage.deploy(resources(A=parameter("1", "a")))
    toy = stage.toy()
    toy.slow, toy.refusing = {"PutParameter bad": 30.0}, {"PutParameter bad": "no"}
    updated = resources(A=parameter("2", "a"), B=parameter("x", "bad", DependsOn="A"))
    stage.begin("UpdateStack", StackName="shop", TemplateBody=_json(updated))
    toy.refusing["PutParameter a"] = "stuck"  # forwards it went; back it will not go
    stage.time.run()
    assert stage.status() == "UPDATE_ROLLBACK_FAILED"
    with pytest.raises(ValidationError, match="can not be updated"):
        stage.deploy(CHAIN)
    stage.begin("ContinueUpdateRollback", StackName="shop", ResourcesToSkip=["A"])
    stage.time.run()
    assert stage.status() == "UPDATE_ROLLBACK_COMPLETE"


def test_an_update_can_be_cancelled(stage: Stage) -> None:
    stage.deploy(resources(A=parameter("1", "a"), B=parameter("1", "b", DependsOn="A")))
    stage.toy().slow = {"PutParameter a": 30.0}
    stage.begin(
        "UpdateStack",
        StackName="shop",
        TemplateBody=_json(resources(A=parameter("2", "a"), B=parameter("2", "b", DependsOn="A"))),
    )
    assert stage.status() == "UPDATE_IN_PROGRESS"
    stage.begin("CancelUpdateStack", StackName="shop")
    stage.time.run()
    assert stage.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert stage.parameters() == {"a": "1", "b": "1"}


def test_deletion_goes_from_the_ends_to_the_roots(stage: Stage) -> None:
    stage.deploy(CHAIN)
    stage.toy().asked.clear()
    stage_id = stage.state.stack("shop")["StackId"]
    stage.begin("DeleteStack", StackName="shop")
    assert stage.toy().asked == ["DeleteParameter third", "DeleteParameter second", "DeleteParameter first"]
    assert stage.state.find("shop") is None
    assert stage.status(stage_id) == "DELETE_COMPLETE"


def test_a_stack_can_be_deleted_while_it_is_created(stage: Stage) -> None:
    stage.toy().slow = {"PutParameter first": 60.0}
    stage.begin("CreateStack", StackName="shop", TemplateBody=_json(CHAIN))
    assert stage.status() == "CREATE_IN_PROGRESS"
    stage.begin("DeleteStack", StackName="shop")
    stage.time.run()
    assert stage.state.find("shop") is None
    assert stage.parameters() == {}
    assert "PutParameter second" not in stage.toy().asked


def test_a_stack_is_not_deleted_while_it_is_updated(stage: Stage) -> None:
    stage.deploy(CHAIN)
    stage.toy().slow = {"PutParameter new": 60.0}
    updated = {"Resources": {**CHAIN["Resources"], "New": parameter("1", "new")}}
    stage.begin("UpdateStack", StackName="shop", TemplateBody=_json(updated))
    with pytest.raises(ValidationError, match="cannot be deleted while in status UPDATE_IN_PROGRESS"):
        stage.begin("DeleteStack", StackName="shop")


def test_a_service_that_cannot_be_reached_fails_the_resource(stage: Stage) -> None:
    stage.toy().lost = {"PutParameter third"}
    assert stage.deploy(CHAIN) == "ROLLBACK_COMPLETE"
    assert stage.parameters() == {}


def test_what_is_already_gone_does_not_stop_a_deletion(stage: Stage) -> None:
    stage.deploy(CHAIN)
    stage.region.commit(stage.region.services["ssm"], "thing_deleted", {"name": "second"})
    stage.begin("DeleteStack", StackName="shop")
    assert stage.state.find("shop") is None


def test_a_deletion_that_fails_can_be_repeated_without_what_failed(stage: Stage) -> None:
    stage.deploy(CHAIN)
    stage.toy().refusing = {"DeleteParameter second": "in use"}
    stage.begin("DeleteStack", StackName="shop")
    stage.time.run()
    assert stage.status() == "DELETE_FAILED"
    assert stage.reason() == "The following resource(s) failed to delete: [Second]."
    stage.begin("DeleteStack", StackName="shop", RetainResources=["Second"])
    assert stage.state.find("shop") is None
    assert stage.parameters() == {"second": "first"}


def test_a_deletion_policy_retains(stage: Stage) -> None:
    stage.deploy(resources(A=parameter("1", "a", DeletionPolicy="Retain"), B=parameter("2", "b")))
    stage_id = stage.state.stack("shop")["StackId"]
    stage.begin("DeleteStack", StackName="shop")
    assert stage.parameters() == {"a": "1"}
    assert "A DELETE_SKIPPED" in stage.events(stage_id)


def test_an_update_replace_policy_retains_the_old_one(stage: Stage) -> None:
    kept = {"UpdateReplacePolicy": "Retain"}
    stage.deploy(resources(A=parameter("1", "old", **kept)))
    stage.deploy(resources(A=parameter("1", "new", **kept)))
    assert set(stage.parameters()) == {"old", "new"}


def test_termination_protection_protects(stage: Stage) -> None:
    stage.deploy(CHAIN, EnableTerminationProtection=True)
    with pytest.raises(ValidationError, match="cannot be deleted while TerminationProtection is enabled"):
        stage.begin("DeleteStack", StackName="shop")
    stage.begin("UpdateTerminationProtection", StackName="shop", EnableTerminationProtection=False)
    stage.begin("DeleteStack", StackName="shop")
    assert stage.state.find("shop") is None


def test_conditions_decide_what_is_made(stage: Stage) -> None:
    template = {
        "Parameters": {"Mode": {"Type": "String", "Default": "small"}},
        "Conditions": {"Big": {"Fn::Equals": [ref("Mode"), "big"]}},
        **resources(A=parameter("1", "a"), B=parameter("2", "b", Condition="Big")),
    }
    stage.deploy(template)
    assert set(stage.parameters()) == {"a"}
    stage.deploy(template, Parameters=[{"ParameterKey": "Mode", "ParameterValue": "big"}])
    assert set(stage.parameters()) == {"a", "b"}
    stage.deploy(template, Parameters=[{"ParameterKey": "Mode", "ParameterValue": "small"}])
    assert set(stage.parameters()) == {"a"}


def test_an_unknown_property_fails_the_resource_by_its_name(stage: Stage) -> None:
    bad = parameter("1", "a")
    bad["Properties"]["Colour"] = "red"
    assert stage.deploy(resources(A=bad)) == "ROLLBACK_COMPLETE"
    reasons = [
        e.get("ResourceStatusReason") for _, e in stage.state.events_of(stage.state.stack("shop")["StackId"])
    ]
    assert "Encountered unsupported property Colour" in reasons


@pytest.mark.parametrize("steps_before_the_crash", range(1, 14))
def test_a_restart_anywhere_ends_where_no_restart_would(stage: Stage, steps_before_the_crash: int) -> None:
    stage.deploy(resources(First=parameter("zero", "first"), Old=parameter("x", "old")))
    for name in ("first", "second", "third"):
        stage.toy().slow[f"PutParameter {name}"] = 100.0
    stage.begin("UpdateStack", StackName="shop", TemplateBody=_json(CHAIN))
    for _ in range(steps_before_the_crash):
        if stage.status() == "UPDATE_COMPLETE":
            break
        stage.time.step()
    stage.restart()
    stage.time.run()
    assert stage.status() == "UPDATE_COMPLETE"
    assert stage.parameters() == {"first": "one", "second": "first", "third": "first!"}


def test_exports_reach_other_stacks_and_hold_their_exporter(stage: Stage) -> None:
    exporting = {**CHAIN, "Outputs": {"Out": {"Value": ref("First"), "Export": {"Name": "first-name"}}}}
    stage.deploy(exporting, "exporter")
    importing = resources(I=parameter({"Fn::ImportValue": "first-name"}, "imported"))
    assert stage.deploy(importing, "importer") == "CREATE_COMPLETE"
    assert stage.parameters()["imported"] == "first"
    assert stage.begin("ListImports", ExportName="first-name")["Imports"] == ["importer"]
    with pytest.raises(ValidationError, match="cannot be deleted as it is in use by importer"):
        stage.begin("DeleteStack", StackName="exporter")
    assert stage.deploy(CHAIN, "exporter") == "UPDATE_ROLLBACK_COMPLETE"
    stage.begin("DeleteStack", StackName="importer")
    stage.begin("DeleteStack", StackName="exporter")
    assert not list(stage.state.living())


def test_a_missing_export_fails_the_stack(stage: Stage) -> None:
    assert stage.deploy(resources(I=parameter({"Fn::ImportValue": "nobody"}))) == "ROLLBACK_COMPLETE"
    reasons = [
        e.get("ResourceStatusReason") for _, e in stage.state.events_of(stage.state.stack("shop")["StackId"])
    ]
    assert "No export named nobody found." in reasons


def test_stack_tags_reach_resources(stage: Stage) -> None:
    stage.deploy(CHAIN)
    stage.toy().asked.clear()
    stage.deploy(CHAIN, Tags=[{"Key": "team", "Value": "blue"}])
    assert [each for each in stage.toy().asked if each.startswith("AddTags")] == ["AddTagsToResource "] * 3


def test_a_dynamic_reference_is_looked_up_and_never_kept(stage: Stage) -> None:
    stage.region.commit(stage.region.services["ssm"], "thing_put", {"name": "secret", "value": "s3cret"})
    stage.deploy(resources(A=parameter("{{resolve:ssm:secret}}", "a")))
    assert stage.parameters()["a"] == "s3cret"
    record = stage.state.resources(stage.state.stack("shop")["StackId"])["A"]
    assert record["thing"]["properties"]["Value"] == "{{resolve:ssm:secret}}"


def test_a_stack_name_is_taken_until_it_is_deleted(stage: Stage) -> None:
    stage.deploy(CHAIN)
    with pytest.raises(AwsError, match=r"Stack \[shop\] already exists"):
        stage.begin("CreateStack", StackName="shop", TemplateBody=_json(CHAIN))
    stage.begin("DeleteStack", StackName="shop")
    assert stage.deploy(CHAIN) == "CREATE_COMPLETE"


def test_a_repeated_request_with_the_same_token_is_one_request(stage: Stage) -> None:
    first = stage.begin("CreateStack", StackName="shop", TemplateBody=_json(CHAIN), ClientRequestToken="t")
    again = stage.begin("CreateStack", StackName="shop", TemplateBody=_json(CHAIN), ClientRequestToken="t")
    assert first == again


def _json(template: dict[str, object]) -> str:
    return json.dumps(template)
