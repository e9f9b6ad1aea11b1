"""Dashboards are kept as they were put, and refused as CloudWatch refuses them."""

from __future__ import annotations

from typing import Any

import pytest
from places import region

from terrella.core.errors import AwsError
from terrella.region.region import Region
from terrella.services.cloudwatch import service

BODY = '{"widgets": [{"type": "text", "properties": {"markdown": "hello"}}]}'


@pytest.fixture
def here() -> Region:
    return region("eu-west-1", service)


def ask(here: Region, operation: str, **input: Any) -> dict[str, Any]:
    return here.call("cloudwatch", operation, input)


def test_a_dashboard_comes_back_as_it_was_put(here: Region) -> None:
    assert ask(here, "PutDashboard", DashboardName="a", DashboardBody=BODY) == {"DashboardValidationMessages": []}
    assert ask(here, "GetDashboard", DashboardName="a") == {
        "DashboardArn": "arn:aws:cloudwatch::123456789012:dashboard/a",
        "DashboardName": "a",
        "DashboardBody": BODY,
    }


def test_a_name_has_letters_digits_dashes_and_underscores(here: Region) -> None:
    with pytest.raises(AwsError) as refused:
        ask(here, "PutDashboard", DashboardName="a:b", DashboardBody=BODY)
    assert (refused.value.error_code, refused.value.message) == (
        "InvalidParameterValueException",
        "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) "
        "and underscore (_).\n",
    )


def test_the_list_is_by_prefix_and_tells_sizes(here: Region) -> None:
    for name in ("web-b", "web-a", "db"):
        ask(here, "PutDashboard", DashboardName=name, DashboardBody=BODY)
    entries = ask(here, "ListDashboards", DashboardNamePrefix="web")["DashboardEntries"]
    assert [(each["DashboardName"], each["Size"]) for each in entries] == [("web-a", len(BODY)), ("web-b", len(BODY))]


def test_a_deletion_removes_all_or_none(here: Region) -> None:
    for name in "ab":
        ask(here, "PutDashboard", DashboardName=name, DashboardBody=BODY)
    with pytest.raises(AwsError, match="Dashboard c does not exist"):
        ask(here, "DeleteDashboards", DashboardNames=["a", "c"])
    assert len(ask(here, "ListDashboards")["DashboardEntries"]) == 2
    ask(here, "DeleteDashboards", DashboardNames=["a", "b"])
    assert ask(here, "ListDashboards") == {"DashboardEntries": []}


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ("{", "/", "must be a valid JSON object"),
        ("[]", "/", "must be a valid JSON object"),
        ("{}", "/", "Should have required property 'widgets'"),
        ('{"widgets": [{"type": "text"}]}', "/widgets/0", "Should have required property 'properties'"),
    ],
)
def test_a_body_that_is_none_says_where(here: Region, body: str, path: str, message: str) -> None:
    with pytest.raises(AwsError) as refused:
        ask(here, "PutDashboard", DashboardName="a", DashboardBody=body)
    told = refused.value.fields["dashboardValidationMessages"][0]
    assert told["DataPath"] == path and message in told["Message"]
