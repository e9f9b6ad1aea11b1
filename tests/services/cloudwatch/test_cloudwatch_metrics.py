"""CloudWatch's metrics, as boto3 and plain clients of its older protocols see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto
import pytest
from botocore.exceptions import ClientError
from places import NOW, region

from terrella.services.cloudwatch import service
from terrella.wire.http import Request

MINUTE = NOW // 60 * 60
START, END = MINUTE - 600, MINUTE + 60


@pytest.fixture
def here() -> Any:
    return region("eu-west-1", service)


@pytest.fixture
def client(here: Any) -> Any:
    return boto.client(here, "cloudwatch")


def put(client: Any, name: str, *data: dict[str, Any], at: float = MINUTE - 60, **more: Any) -> None:
    client.put_metric_data(
        Namespace="Shop", MetricData=[{"MetricName": name, "Timestamp": at, **each, **more} for each in data]
    )


def statistics(client: Any, name: str, *wanted: str, **more: Any) -> list[dict[str, Any]]:
    asked = {"Namespace": "Shop", "MetricName": name, "StartTime": START, "EndTime": END, "Period": 60, **more}
    extended = [each for each in wanted if each.startswith("p")]
    asked |= {"ExtendedStatistics": extended} if extended else {"Statistics": list(wanted)}
    found: list[dict[str, Any]] = client.get_metric_statistics(**asked)["Datapoints"]
    return found


def query(id: str, name: str, stat: str = "Sum", **more: Any) -> dict[str, Any]:
    metric = {"Namespace": "Shop", "MetricName": name}
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}, **more}


def data(client: Any, *queries: dict[str, Any], **more: Any) -> dict[str, Any]:
    asked = {"StartTime": START, "EndTime": END, "ScanBy": "TimestampAscending", **more}
    found: dict[str, Any] = client.get_metric_data(MetricDataQueries=list(queries), **asked)
    return found


def refusal(call: Any, **input: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**input)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_values_of_a_minute_are_brought_together(client: Any) -> None:
    put(client, "price", {"Value": 1.0}, {"Value": 5.0}, at=MINUTE - 60)
    put(client, "price", {"Value": 9.0}, at=MINUTE - 31)
    put(client, "price", {"Value": 7.0}, at=MINUTE)
    first, second = statistics(client, "price", "SampleCount", "Average", "Sum", "Minimum", "Maximum")
    assert first == {
        "Timestamp": datetime.fromtimestamp(MINUTE - 60, UTC), "Unit": "None",
        "SampleCount": 3.0, "Average": 5.0, "Sum": 15.0, "Minimum": 1.0, "Maximum": 9.0,
    }  # fmt: skip
    assert second["Sum"] == 7.0


def test_arrays_and_statistic_sets_count_as_the_values_they_stand_for(client: Any) -> None:
    put(client, "size", {"Values": [1.0, 2.0], "Counts": [3.0, 1.0]})
    put(client, "size", {"StatisticValues": {"SampleCount": 2.0, "Sum": 30.0, "Minimum": 10.0, "Maximum": 20.0}})
    (point,) = statistics(client, "size", "SampleCount", "Sum", "Maximum")
    assert (point["SampleCount"], point["Sum"], point["Maximum"]) == (6.0, 35.0, 20.0)


def test_percentiles_need_the_values_themselves(client: Any) -> None:
    put(client, "late", {"Values": [float(each) for each in range(1, 101)]})
    (point,) = statistics(client, "late", "p50", "p99", "p99.9")
    assert point["ExtendedStatistics"] == {"p50": 50.0, "p99": 99.0, "p99.9": 100.0}
    put(client, "set", {"StatisticValues": {"SampleCount": 2.0, "Sum": 30.0, "Minimum": 10.0, "Maximum": 20.0}})
    (point,) = statistics(client, "set", "p50")
    assert "ExtendedStatistics" not in point


def test_high_resolution_is_read_by_the_second_and_a_minute_is_a_minute(client: Any) -> None:
    put(client, "fast", {"Value": 1.0}, at=MINUTE - 50, StorageResolution=1)
    put(client, "fast", {"Value": 2.0}, at=MINUTE - 49, StorageResolution=1)
    put(client, "slow", {"Value": 1.0}, at=MINUTE - 50)
    fast = statistics(client, "fast", "Sum", StartTime=MINUTE - 60, Period=1)
    assert [point["Timestamp"].timestamp() for point in fast] == [MINUTE - 50, MINUTE - 49]
    (slow,) = statistics(client, "slow", "Sum", StartTime=MINUTE - 60, Period=10)
    assert slow["Timestamp"].timestamp() == MINUTE - 60


def test_units_are_kept_apart(client: Any) -> None:
    put(client, "mixed", {"Value": 1.0, "Unit": "Bytes"}, {"Value": 2.0, "Unit": "Count"})
    assert {point["Unit"] for point in statistics(client, "mixed", "Sum")} == {"Bytes", "Count"}
    (point,) = statistics(client, "mixed", "Sum", Unit="Bytes")
    assert point["Sum"] == 1.0


def test_a_metric_is_its_dimensions_in_any_order(client: Any) -> None:
    both = [{"Name": "shop", "Value": "1"}, {"Name": "till", "Value": "2"}]
    put(client, "sold", {"Value": 1.0}, Dimensions=both)
    put(client, "sold", {"Value": 1.0}, Dimensions=both[::-1])
    assert statistics(client, "sold", "Sum") == []
    assert statistics(client, "sold", "Sum", Dimensions=both)[0]["Sum"] == 2.0


@pytest.mark.parametrize(
    ("datum", "code", "words"),
    [
        ({}, "MissingParameter", "At least one of the parameters"),
        ({"Value": 1.0, "Values": [1.0]}, "InvalidParameterCombination", "mutually exclusive"),
        ({"Values": [1.0], "Counts": [1.0, 2.0]}, "InvalidParameterValue", "of the same size"),
        ({"Value": float("nan")}, "InvalidParameterValue", "MetricData.member.1.Value is invalid"),
        ({"Value": float("inf")}, "InvalidParameterValue", "MetricData.member.1.Value is invalid"),
        ({"Value": 1.0, "StorageResolution": 30}, "InvalidParameterValue", "must be 1 or 60"),
        ({"Value": 1.0, "Timestamp": NOW + 7300}, "InvalidParameterValue", "two hours in the future"),
        ({"Value": 1.0, "Timestamp": NOW - 15 * 86400}, "InvalidParameterValue", "two weeks in the past"),
        ({"Values": [1.0] * 151}, "InvalidParameterValue", "size greater than 150"),
        ({"Value": 1.0, "Unit": "Miles"}, "ValidationError", "Member must satisfy enum value set"),
    ],
)
def test_what_cannot_be_put_is_refused_by_name(client: Any, datum: dict[str, Any], code: str, words: str) -> None:
    fine = {"MetricName": "x", "Value": 1.0}
    said = refusal(client.put_metric_data, Namespace="Shop", MetricData=[{"MetricName": "x", **datum}, fine])
    assert said[0] == code and words in said[1]
    assert client.list_metrics()["Metrics"] == []


def test_customers_put_nothing_among_the_metrics_of_aws(client: Any) -> None:
    code, message = refusal(
        client.put_metric_data, Namespace="AWS/Mine", MetricData=[{"MetricName": "x", "Value": 1.0}]
    )
    assert (code, message) == ("InvalidParameterValue", "The value AWS/Mine for parameter Namespace is invalid.")


def test_statistics_are_asked_for_within_bounds(client: Any) -> None:
    asked = {"Namespace": "Shop", "MetricName": "x", "Period": 60, "Statistics": ["Sum"]}
    much = refusal(client.get_metric_statistics, StartTime=NOW - 2 * 86400, EndTime=NOW, **asked)
    assert much == (
        "InvalidParameterCombination",
        "You have requested up to 2880 datapoints, which exceeds the limit of 1440. You may reduce the datapoints "
        "requested by increasing Period, or decreasing the time range.",
    )
    assert client.get_metric_statistics(StartTime=NOW - 86_400, EndTime=NOW, **asked)["Datapoints"] == []
    assert refusal(client.get_metric_statistics, StartTime=NOW, EndTime=NOW, **asked) == (
        "InvalidParameterValue",
        "The parameter StartTime must be less than the parameter EndTime.",
    )
    odd = refusal(client.get_metric_statistics, StartTime=START, EndTime=END, **{**asked, "Period": 61})
    assert odd[0] == "InvalidParameterValue"
    asked["Statistics"] = []
    none = refusal(client.get_metric_statistics, StartTime=START, EndTime=END, **{**asked, "Statistics": ["Median"]})
    assert none[0] == "ValidationError"


@pytest.mark.parametrize(
    ("one", "other", "labels"),
    [
        ({"Stat": "Sum"}, {"Stat": "Sum"}, ["x", "x"]),
        ({"Stat": "Sum"}, {"Stat": "Minimum"}, ["x Sum", "x Minimum"]),
        ({"Period": 60}, {"Period": 30}, ["x 60", "x 30"]),
        ({"Stat": "Sum", "Period": 60}, {"Stat": "Minimum", "Period": 30}, ["x Sum 60", "x Minimum 30"]),
    ],
)
def test_labels_tell_queries_of_one_metric_apart(
    client: Any, one: dict[str, Any], other: dict[str, Any], labels: list[str]
) -> None:
    """As AWS answered LocalStack's tests (validated in September 2025)."""
    first, second, named = query("a", "x"), query("b", "x"), query("c", "x", Label="mine")
    first["MetricStat"] |= one
    second["MetricStat"] |= other
    named["MetricStat"] |= one
    found = data(client, first, second, named)["MetricDataResults"]
    assert [each["Label"] for each in found] == [*labels, "mine"]


def test_a_statistic_set_may_come_with_values(client: Any) -> None:
    whole = {"SampleCount": 2.0, "Sum": 5.0, "Minimum": 1.0, "Maximum": 4.0}
    put(client, "x", {"Values": [9.0], "StatisticValues": whole})
    assert [each["Sum"] for each in statistics(client, "x", "Sum")] == [5.0]


def test_metrics_are_listed_by_what_they_have(client: Any) -> None:
    here, there = ([{"Name": "shop", "Value": value}] for value in "12")
    put(client, "sold", {"Value": 1.0}, Dimensions=here)
    put(client, "sold", {"Value": 1.0}, Dimensions=there)
    put(client, "open", {"Value": 1.0})

    def names(**asked: Any) -> list[tuple[str, int]]:
        return [(each["MetricName"], len(each["Dimensions"])) for each in client.list_metrics(**asked)["Metrics"]]

    assert names() == [("open", 0), ("sold", 1), ("sold", 1)]
    assert names(Dimensions=[{"Name": "shop"}]) == [("sold", 1), ("sold", 1)]
    assert names(Dimensions=here) == names(Dimensions=here, Namespace="Shop", MetricName="sold") == [("sold", 1)]
    assert names(Namespace="Elsewhere") == []


def test_a_long_list_comes_in_pages(client: Any) -> None:
    for start in (0, 300):
        put(client, "m", *({"Value": 1.0, "Dimensions": [{"Name": "n", "Value": f"{start + number:04}"}]}
                           for number in range(300)))  # fmt: skip
    pages = [page["Metrics"] for page in client.get_paginator("list_metrics").paginate()]
    assert [len(page) for page in pages] == [500, 100]
    assert len({str(each) for page in pages for each in page}) == 600
    assert refusal(client.list_metrics, NextToken="?")[0] == "InvalidNextToken"


def test_a_metric_nothing_was_put_to_for_two_weeks_is_not_listed(here: Any, client: Any) -> None:
    put(client, "old", {"Value": 1.0})
    here.clock.time += 4 * 3600
    assert client.list_metrics(RecentlyActive="PT3H")["Metrics"] == []
    assert len(client.list_metrics()["Metrics"]) == 1
    here.clock.time += 15 * 86400
    assert client.list_metrics()["Metrics"] == []


def test_points_are_gone_after_fifteen_days(here: Any, client: Any) -> None:
    put(client, "old", {"Value": 1.0})
    here.clock.time += 16 * 86400
    put(client, "new", {"Value": 1.0}, at=here.clock.time)
    assert len(list(here.state["cloudwatch"].points.scan())) == 1
    assert list(here.state["cloudwatch"].metrics) == ['["Shop","new",[]]']


def test_queries_come_in_the_order_asked_for_and_page_by_points(client: Any) -> None:
    for number in range(5):
        put(client, "a", {"Value": float(number)}, at=MINUTE - 300 + number * 60)
        put(client, "b", {"Value": 10.0 * number}, at=MINUTE - 300 + number * 60)
    (only,) = data(client, query("q", "a"), ScanBy="TimestampDescending")["MetricDataResults"]
    assert only["Values"] == [4.0, 3.0, 2.0, 1.0, 0.0] and only["StatusCode"] == "Complete" and only["Label"] == "a"
    seen: dict[str, list[float]] = {"x": [], "y": []}
    token: dict[str, Any] = {}
    pages = 0
    while True:
        page = data(client, query("x", "a"), query("y", "b"), MaxDatapoints=3, **token)
        for result in page["MetricDataResults"]:
            seen[result["Id"]] += result["Values"]
        pages += 1
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert pages == 4 and seen == {"x": [0.0, 1.0, 2.0, 3.0, 4.0], "y": [0.0, 10.0, 20.0, 30.0, 40.0]}


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("errors / calls * 100", [10.0, 50.0]),
        ("-(errors - calls)", [9.0, 2.0]),
        ("2 ^ errors", [2.0, 4.0]),
        ("calls - AVG(calls)", [3.0, -3.0]),
        ("SUM([errors, calls])", [11.0, 6.0]),
        ("MIN(METRICS())", [1.0, 2.0]),
        ("MAX(METRICS('err'))", [1.0, 2.0]),
        ("errors / (calls - calls)", []),
        ("DIFF(calls)", [-6.0]),
        ("FILL(late, 0) + errors", [1.0, 7.0]),
        ("FILL(late, REPEAT)", [5.0]),
    ],
)
def test_metric_math(client: Any, expression: str, values: list[float]) -> None:
    put(client, "errors", {"Value": 1.0}, at=MINUTE - 120)
    put(client, "errors", {"Value": 2.0}, at=MINUTE - 60)
    put(client, "calls", {"Value": 10.0}, at=MINUTE - 120)
    put(client, "calls", {"Value": 4.0}, at=MINUTE - 60)
    put(client, "late", {"Value": 5.0}, at=MINUTE - 60)
    math = {"Id": "e", "Expression": expression, "Label": "result"}
    hidden = [query(name, name, ReturnData=False) for name in ("errors", "calls")]
    hidden += [query("late", "late", ReturnData=False)] if "late" in expression else []
    (found,) = data(client, math, *hidden, StartTime=MINUTE - 120, EndTime=MINUTE)["MetricDataResults"]
    assert (found["Label"], found["Values"]) == ("result", pytest.approx(values)) or found["Values"] == values


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("m +", "Syntax error"),
        ("other * 2", "the id other is not defined"),
        ("e + 1", "refers to itself"),
        ("AVG(m)", "not a single value"),
        ("ANOMALY_DETECTION_BAND(m, 2)", "ANOMALY_DETECTION_BAND is not in this world"),
        ("m + 'text'", "text is no operand"),
        ("[m, 1]", "an array holds metrics"),
    ],
)
def test_an_expression_nobody_can_compute_is_an_error(client: Any, expression: str, words: str) -> None:
    put(client, "m", {"Value": 1.0})
    code, message = refusal(
        client.get_metric_data, StartTime=START, EndTime=END,
        MetricDataQueries=[{"Id": "e", "Expression": expression}, query("m", "m")],
    )  # fmt: skip
    assert code == "ValidationError" and "Error in expression 'e'" in message and words in message


@pytest.mark.parametrize("expression", ["SELECT AVG(x) FROM y", "SEARCH('{a,b} c', 'Sum')"])
def test_searching_says_that_it_is_not_there(client: Any, expression: str) -> None:
    asked = [{"Id": "e", "Expression": expression, "Period": 60}]
    assert refusal(client.get_metric_data, StartTime=START, EndTime=END, MetricDataQueries=asked)[0] == "NotImplemented"


def test_queries_are_checked(client: Any) -> None:
    def code(*queries: dict[str, Any]) -> str:
        asked = list(queries)
        return refusal(client.get_metric_data, StartTime=START, EndTime=END, MetricDataQueries=asked)[0]

    assert code(query("a", "x"), query("a", "y")) == code(query("Big", "x")) == "ValidationError"
    assert code({"Id": "a"}) == code({**query("a", "x"), "Expression": "a"}) == "ValidationError"
    assert code(query("a", "x", "Median")) == "InvalidParameterValue"
    assert code(query("a", "x", "tm90")) == "NotImplemented"


def test_metrics_outlive_the_process(here: Any, client: Any) -> None:
    put(client, "kept", {"Value": 3.0})
    again = boto.client(region("eu-west-1", service, maps=here.maps), "cloudwatch")
    assert statistics(again, "kept", "Sum")[0]["Sum"] == 3.0


def test_the_older_protocols_speak_of_the_same_metrics(here: Any, client: Any) -> None:
    form = (
        "Action=PutMetricData&Version=2010-08-01&Namespace=Shop&MetricData.member.1.MetricName=q"
        "&MetricData.member.1.Value=4"
    )
    host = {"host": "monitoring.eu-west-1.amazonaws.com"}
    head = {**host, "content-type": "application/x-www-form-urlencoded"}
    assert here.handle(Request("POST", "/", "", head, form.encode())).status == 200
    head = {**host, "content-type": "application/x-amz-json-1.0",
            "x-amz-target": "GraniteServiceVersion20100801.ListMetrics"}  # fmt: skip
    assert b'"MetricName":"q"' in here.handle(Request("POST", "/", "", head, b"{}")).body
    until = datetime.fromtimestamp(NOW, UTC) + timedelta(minutes=1)
    assert statistics(client, "q", "Sum", EndTime=until)[0]["Sum"] == 4.0
