"""Imports from S3, through boto3: new tables of what objects hold, and what they hold that is no item."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from bucket_places import Buckets
from dynamodb_places import HASH, TinyWorld
from hypothesis import given, settings
from hypothesis import strategies as some

from terrella.core.errors import ValidationException
from terrella.region.region import Region
from terrella.services.dynamodb import values
from terrella.services.dynamodb.transfers import buckets, ion

ITEM = {
    "pk": {"S": "a"}, "n": {"N": "-2000"}, "half": {"N": "0.5"}, "b": {"B": "YWJj"}, "yes": {"BOOL": True},
    "none": {"NULL": True}, "list": {"L": [{"S": ""}, {"N": "1"}]}, "map": {"M": {"it's \"so\"": {"S": "x\ny"}}},
    "ss": {"SS": ["x", "y"]}, "ns": {"NS": ["1", "2.5"]}, "bs": {"BS": ["YWJj"]}, "null": {"S": "ü"},
}  # fmt: skip


class Importing:
    """A region with nothing but a bucket that has these objects."""

    def __init__(self, **objects: bytes) -> None:
        self.buckets = Buckets("here")
        self.buckets.objects["here"] = {name.replace("_", "/"): body for name, body in objects.items()}
        self.world = TinyWorld("eu-west-1")
        self.connect(self.world.regions["eu-west-1"])

    def connect(self, region: Region) -> None:
        self.region = self.world.regions["eu-west-1"] = region
        region.ports.borrowed = self.buckets
        self.world.connect("eu-west-1")
        self.client = self.world.clients["eu-west-1"]

    def begin(self, format: str = "DYNAMODB_JSON", bucket: str = "here", **more: Any) -> str:
        types = more.pop("types", {"pk": "S"})
        parameters = {
            "TableName": more.pop("name", "things"), "KeySchema": [HASH], "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()],
            **more.pop("table", {}),
        }  # fmt: skip
        source = {"S3Bucket": bucket, "S3KeyPrefix": more.pop("prefix", "")}
        answer = self.client.import_table(
            S3BucketSource=source, InputFormat=format, TableCreationParameters=parameters, **more
        )
        arn: str = answer["ImportTableDescription"]["ImportArn"]
        return arn

    def described(self, arn: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.describe_import(ImportArn=arn)["ImportTableDescription"]
        return found

    def done(self, *words: Any, **more: Any) -> dict[str, Any]:
        arn = self.begin(*words, **more)
        self.world.finish()
        return self.described(arn)

    def items(self) -> list[dict[str, Any]]:
        found = self.client.get_paginator("scan").paginate(TableName="things")
        return sorted((item for page in found for item in page["Items"]), key=lambda item: str(item["pk"]))

    def status(self) -> str:
        status: str = self.client.describe_table(TableName="things")["Table"]["TableStatus"]
        return status


def lines(*items: Any) -> bytes:
    return b"".join(json.dumps({"Item": item}).encode() + b"\n" for item in items)


def numbered(numbers: range) -> bytes:
    return lines(*({"pk": {"S": f"k{number}"}, "n": {"N": str(number)}} for number in numbers))


def told(about: dict[str, Any]) -> tuple[Any, ...]:
    names = ("ImportStatus", "ProcessedItemCount", "ImportedItemCount", "ErrorCount")
    return tuple(about[name] for name in names)


def test_a_table_is_made_of_what_objects_hold_and_can_be_used_when_all_was_read() -> None:
    place = Importing(in_1=numbered(range(300)), in_2=numbered(range(300, 310)), in_3=b"", other=b"no items")
    arn = place.begin(prefix="in/")
    assert (place.status(), place.described(arn)["ImportStatus"]) == ("CREATING", "IN_PROGRESS")
    with pytest.raises(ClientError, match="ResourceInUseException"):
        place.client.delete_table(TableName="things")
    place.world.finish()
    about = place.described(arn)
    assert told(about) == ("COMPLETED", 310, 310, 0)
    assert (place.status(), len(place.items())) == ("ACTIVE", 310)
    assert about["ProcessedSizeBytes"] == len(numbered(range(310)))
    assert about["CloudWatchLogGroupArn"].endswith(":log-group:/aws-dynamodb/imports:*")
    assert about["TableCreationParameters"]["TableName"] == "things" and about["InputCompressionType"] == "NONE"


def test_what_was_exported_can_be_imported_in_either_format() -> None:
    item, _ = dict(ITEM), values.check_item(json.loads(json.dumps(ITEM)))
    text = f"{ion.VERSION} {ion.written({'Item': {'M': item}})}\n".encode()
    for format, body in (("DYNAMODB_JSON", lines(item)), ("ION", text)):
        place = Importing(data=gzip.compress(body[:40]) + gzip.compress(body[40:]))
        assert told(place.done(format, InputCompressionType="GZIP")) == ("COMPLETED", 1, 1, 0)
        (found,) = place.client.scan(TableName="things")["Items"]
        assert found["n"] == {"N": "-2000"} and found["map"] == item["map"] and found["b"] == {"B": b"abc"}
        assert {name: sorted(found[name][name.upper()]) for name in ("ss", "ns")} == {
            "ss": ["x", "y"], "ns": ["1", "2.5"],
        }  # fmt: skip


def test_columns_of_csv_are_strings_unless_a_key_says_otherwise() -> None:
    index = {
        "IndexName": "years", "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }  # fmt: skip
    place = Importing(music=b'\xef\xbb\xbfpk,title,year,plays\r\na,"One, ""two""\nthree",1973,5\r\n\r\nb,,1999,\r\n')
    about = place.done("CSV", types={"pk": "S", "year": "N"}, table={"GlobalSecondaryIndexes": [index]})
    assert told(about) == ("COMPLETED", 2, 2, 0)
    first, second = place.items()
    assert first == {
        "pk": {"S": "a"}, "title": {"S": 'One, "two"\nthree'}, "year": {"N": "1973"}, "plays": {"S": "5"},
    }  # fmt: skip
    assert second["title"] == second["plays"] == {"S": ""}
    query = {"KeyConditionExpression": "#year = :year", "ExpressionAttributeNames": {"#year": "year"}}
    year = {":year": {"N": "1999"}}
    found = place.client.query(TableName="things", IndexName="years", **query, ExpressionAttributeValues=year)
    assert found["Count"] == 1


def test_quotes_within_a_csv_field_are_letters_like_others() -> None:
    place = Importing(nails=b'pk,what\na,5" nail\nb,plain\nc,"3"" nail,\nlong"\nd,6"\n')
    assert told(place.done("CSV")) == ("COMPLETED", 4, 4, 0)
    assert [item["what"]["S"] for item in place.items()] == ['5" nail', "plain", '3" nail,\nlong', '6"']


@pytest.mark.parametrize("delimiter", [",", "|", "\t", " ", ":", ";"])
def test_a_csv_field_is_quoted_where_it_begins_behind_any_delimiter(delimiter: str) -> None:
    text = 'pk|"the\nheader"\na|"x\ny|z"\nb|q"\n"c"|""\n'.replace("|", delimiter).encode()
    place = Importing(data=text)
    assert told(place.done("CSV", InputFormatOptions={"Csv": {"Delimiter": delimiter}})) == ("COMPLETED", 3, 3, 0)
    assert [item["the\nheader"]["S"] for item in place.items()] == [f"x\ny{delimiter}z", 'q"', ""]


def test_a_csv_field_may_be_as_long_as_an_item() -> None:
    place = Importing(data=b"pk,long\na," + b"x" * 300_000 + b"\n")
    assert told(place.done("CSV")) == ("COMPLETED", 1, 1, 0)


def test_csv_lines_that_end_in_carriage_returns_alone_are_told_of_and_not_lost_in_silence() -> None:
    place = Importing(data=b"pk,n\na,1\rb,2\nc,3\n")
    assert told(place.done("CSV")) == ("FAILED", 2, 1, 1)
    [log] = place.buckets.events.values()
    assert "carriage return outside of quotes" in log[0]


def test_a_bucket_of_another_account_is_refused() -> None:
    place = Importing(data=lines({"pk": {"S": "a"}}))
    arn = place.client.import_table(
        S3BucketSource={"S3Bucket": "here", "S3BucketOwner": "999999999999"}, InputFormat="DYNAMODB_JSON",
        TableCreationParameters={
            "TableName": "things", "KeySchema": [HASH], "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        },
    )["ImportTableDescription"]["ImportArn"]  # fmt: skip
    place.world.finish()
    about = place.described(arn)
    assert (about["ImportStatus"], about["FailureCode"]) == ("FAILED", "S3AccessDenied")


def test_a_list_of_headers_makes_the_first_line_a_line_like_others() -> None:
    place = Importing(a=b"x;1\n", b=b"y;2\n")
    options = {"Csv": {"Delimiter": ";", "HeaderList": ["pk", "n"]}}
    assert told(place.done("CSV", InputFormatOptions=options)) == ("COMPLETED", 2, 2, 0)
    assert place.items()[0] == {"pk": {"S": "x"}, "n": {"S": "1"}}


def test_of_items_with_one_key_the_last_stays_and_is_counted_once() -> None:
    place = Importing(data=lines(*({"pk": {"S": "same"}, "n": {"N": str(number)}} for number in range(600))))
    assert told(place.done()) == ("COMPLETED", 600, 1, 0)
    assert place.items() == [{"pk": {"S": "same"}, "n": {"N": "599"}}]


def test_records_that_are_no_items_are_counted_and_told_and_the_others_imported() -> None:
    no_number = {"pk": {"S": "x"}, "n": {"N": "a"}}
    wrong = lines({"other": {"S": "x"}}, {"pk": {"N": "1"}}, {"pk": {"S": "x" * 3000}}, no_number)
    place = Importing(data=wrong + b"{]\n" + b'"text"\n' + lines({"pk": {"S": "good"}}))
    about = place.done()
    assert told(about) == ("FAILED", 7, 1, 6)
    assert (about["FailureCode"], place.status()) == ("ItemValidationError", "ACTIVE")
    assert place.items() == [{"pk": {"S": "good"}}]
    identity = about["ImportArn"].rpartition("/")[2]
    events = [json.loads(event) for event in place.buckets.events[f"/aws-dynamodb/imports {identity}/error"]]
    assert [event["itemS3Pointer"]["itemIndex"] for event in events] == [0, 1, 2, 3, 4, 5]
    assert events[0] == {
        "itemS3Pointer": {"bucket": "here", "key": "data", "itemIndex": 0}, "importArn": about["ImportArn"],
        "errorMessages": ["One or more parameter values were invalid: Missing the key pk in the item"],
    }  # fmt: skip


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(numbered(range(100)))[:-9]])
def test_an_object_that_cannot_be_decompressed_is_one_error(body: bytes) -> None:
    place = Importing(a=body, b=gzip.compress(lines({"pk": {"S": "good"}})))
    about = place.done(InputCompressionType="GZIP")
    assert (about["ImportStatus"], about["ErrorCount"]) == ("FAILED", 1)
    assert {"pk": {"S": "good"}} in place.items()


def test_a_missing_bucket_fails_the_import_and_leaves_no_table() -> None:
    place = Importing()
    arn = place.begin(bucket="nowhere")
    place.world.finish()
    assert place.described(arn)["FailureCode"] == "S3NoSuchBucket"
    assert place.client.list_tables()["TableNames"] == []
    listed = place.client.list_imports(TableArn=arn.partition("/import/")[0])["ImportSummaryList"]
    assert [each["ImportStatus"] for each in listed] == ["FAILED"]


def test_an_import_goes_on_where_a_restart_interrupted_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "PART_BYTES", 1000)
    place = Importing(a=numbered(range(500)), b=numbered(range(490, 1000)))
    arn = place.begin()
    while place.region.state["dynamodb"].jobs.get("imports", arn)["progress"]["index"] < 300:
        place.world.work()
    region = place.region
    place.world.tasks["eu-west-1"].drop()
    place.connect(Region(
        region.name, region.owned, clock=region.clock, journal=region.journal, maps=region.maps, world=region.world,
        ports=region.ports,
    ))  # fmt: skip
    place.region.start()
    place.world.finish()
    assert told(place.described(arn)) == ("COMPLETED", 1010, 1000, 0)
    assert len(place.items()) == 1000


def test_the_same_token_is_the_same_import_and_another_request_with_it_a_conflict() -> None:
    place = Importing(a=lines(ITEM))
    first = place.begin(ClientToken="once")
    assert place.begin(ClientToken="once") == first
    with pytest.raises(ClientError, match="ImportConflictException"):
        place.begin(ClientToken="once", name="others")


@pytest.mark.parametrize(("more", "refusal"), [
    ({"InputCompressionType": "ZSTD"}, "NotImplemented.*ZSTD"),
    ({"InputFormatOptions": {"Csv": {"Delimiter": ";"}}}, "ValidationException.*InputFormatOptions"),
    ({"types": {"pk": "S", "more": "S"}}, "ValidationException.*AttributeDefinitions"),
    ({"name": "taken"}, "ResourceInUseException.*Table already exists: taken"),
])  # fmt: skip
def test_what_cannot_be_imported_is_refused_at_once(more: dict[str, Any], refusal: str) -> None:
    place = Importing(a=lines(ITEM))
    place.begin(name="taken")
    with pytest.raises(ClientError, match=refusal):
        place.begin(**more)


def test_imports_are_listed_newest_first_page_by_page() -> None:
    place = Importing(a=lines(ITEM))
    made = []
    for number in range(3):
        made.append(place.begin(name=f"table{number}"))
        place.world.clock.time += 1
    first = place.client.list_imports(PageSize=2)
    second = place.client.list_imports(PageSize=2, NextToken=first["NextToken"])
    listed = [each["ImportArn"] for page in (first, second) for each in page["ImportSummaryList"]]
    assert sorted(listed) == sorted(made) and "NextToken" not in second


TEXT = some.text(some.characters(exclude_categories=["Cs"]), max_size=4)
ATTRIBUTES = some.recursive(
    some.one_of(
        some.fixed_dictionaries({"S": TEXT}),
        some.fixed_dictionaries({"N": some.decimals(-10**20, 10**20, allow_nan=False, places=9).map(str)}),
        some.fixed_dictionaries({"BOOL": some.booleans()}),
        some.just({"NULL": True}),
        some.fixed_dictionaries({"SS": some.lists(TEXT, min_size=1, max_size=3, unique=True)}),
    ),
    lambda inner: some.one_of(
        some.fixed_dictionaries({"L": some.lists(inner, max_size=3)}),
        some.fixed_dictionaries({"M": some.dictionaries(TEXT, inner, max_size=3)}),
    ),
    max_leaves=8,
)


@settings(max_examples=40)
@given(some.dictionaries(TEXT.filter(bool), ATTRIBUTES, max_size=4))
def test_whatever_is_written_in_ion_reads_as_it_was(item: dict[str, Any]) -> None:
    try:
        values.check_item(item)
    except ValidationException:
        return
    found = ion.read(f"{ion.VERSION} {ion.written({'Item': {'M': item}})}")["Item"]["M"]
    values.check_item(found)
    assert found == item


@pytest.mark.parametrize(("text", "value"), [
    ("{a: 1_000, /* no */ b: 1e3} // end", {"a": {"N": "1000"}, "b": {"N": "1000"}}),
    ("{'a': '''x''' '''y''', \"b\": \"\\x41\\u00e9\\n\"}", {"a": {"S": "xy"}, "b": {"S": "Aé\n"}}),
    ("{a: null.string, b: {{ YW Jj }}, c: note::[], d: [1d-1,],}",
     {"a": {"NULL": True}, "b": {"B": "YWJj"}, "c": {"L": []}, "d": {"L": [{"N": "0.1"}]}}),
])  # fmt: skip
def test_ion_may_be_written_in_many_ways(text: str, value: dict[str, Any]) -> None:
    found = ion.read(text)
    values.check_item(found)
    assert found == value


@pytest.mark.parametrize("text", [
    "", "{", "{a", "{a 1}", "[1]", "{a: 2020-01-01}", "{a: symbol}", "{a: (b c)}", "{a: 1} {b: 2}", "{a: \"\\q\"}",
    "{a: 1 b: 2}", "{a: $dynamodb_SS::[1]}", "[" * 5000,
])  # fmt: skip
def test_ion_that_is_no_item_is_refused(text: str) -> None:
    with pytest.raises(ValidationException, match="Ion"):
        ion.read(text)
