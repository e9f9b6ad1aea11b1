"""Routing: which operation a request means, for each way of asking."""

from __future__ import annotations

import pytest

from terrella.core.errors import AwsError
from terrella.wire import codec, hosts, route
from terrella.wire.http import Request

FORM = {"content-type": "application/x-www-form-urlencoded", "host": "localhost"}


def means(request: Request, signing_name: str | None = None) -> tuple[str, str, str]:
    call = route.resolve(request, signing_name)
    return call.operation.service.name, call.operation.name, call.protocol


def get(path: str, host: str = "localhost", query: str = "", method: str = "GET", **headers: str) -> Request:
    return Request(method, path, query, {"host": host, **headers})


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("DynamoDB_20120810.GetItem", ("dynamodb", "GetItem", "json")),
        ("DynamoDBStreams_20120810.GetRecords", ("dynamodbstreams", "GetRecords", "json")),
        ("AmazonSQS.SendMessage", ("sqs", "SendMessage", "json")),
        ("Timestream_20181101.Query", ("timestream-query", "Query", "json")),
        ("Timestream_20181101.WriteRecords", ("timestream-write", "WriteRecords", "json")),
    ],
)
def test_a_target_names_service_and_operation(target: str, expected: tuple[str, str, str]) -> None:
    headers = {"x-amz-target": target, "content-type": "application/x-amz-json-1.0"}
    assert means(Request("POST", "/", "", headers, b"{}")) == expected


def test_cloudwatch_is_spoken_to_in_three_protocols() -> None:
    cbor = {"smithy-protocol": "rpc-v2-cbor"}
    path = "/service/GraniteServiceVersion20100801/operation/ListMetrics"
    as_json = {"x-amz-target": "GraniteServiceVersion20100801.ListMetrics"}
    form = b"Action=ListMetrics&Version=2010-08-01"
    assert means(Request("POST", path, "", cbor)) == ("cloudwatch", "ListMetrics", "smithy-rpc-v2-cbor")
    assert means(Request("POST", "/", "", as_json)) == ("cloudwatch", "ListMetrics", "json")
    assert means(Request("POST", "/", "", FORM, form), "monitoring") == ("cloudwatch", "ListMetrics", "query")


def test_the_version_tells_services_of_one_name_apart() -> None:
    old = b"Action=DescribeLoadBalancers&Version=2012-06-01"
    new = b"Action=DescribeLoadBalancers&Version=2015-12-01"
    assert means(Request("POST", "/", "", FORM, old), "elasticloadbalancing")[0] == "elb"
    assert means(Request("POST", "/", "", FORM, new), "elasticloadbalancing")[0] == "elbv2"


def test_an_unsigned_form_is_known_by_its_version() -> None:
    form = b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=a"
    assert means(Request("POST", "/", "", FORM, form)) == ("sts", "AssumeRoleWithWebIdentity", "query")


def test_a_query_may_stand_in_the_address() -> None:
    request = get("/", query="Action=GetCallerIdentity&Version=2011-06-15")
    assert means(request, "sts") == ("sts", "GetCallerIdentity", "query")


def test_the_two_api_gateways_are_told_apart_by_path() -> None:
    assert means(get("/restapis"), "apigateway") == ("apigateway", "GetRestApis", "rest-json")
    assert means(get("/v2/apis"), "apigateway") == ("apigatewayv2", "GetApis", "rest-json")
    arn = "arn%3Aaws%3Aapigateway"
    assert means(get(f"/tags/{arn}"), "apigateway") == ("apigateway", "GetTags", "rest-json")
    assert means(get(f"/v2/tags/{arn}"), "apigateway") == ("apigatewayv2", "GetTags", "rest-json")


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "expected"),
    [
        ("GET", "/", "", {}, "ListBuckets"),
        ("GET", "/b", "", {}, "ListObjects"),
        ("GET", "/b/", "list-type=2&prefix=a", {}, "ListObjectsV2"),
        ("GET", "/b", "lifecycle", {}, "GetBucketLifecycleConfiguration"),
        ("PUT", "/b", "notification=", {}, "PutBucketNotificationConfiguration"),
        ("PUT", "/b", "", {}, "CreateBucket"),
        ("HEAD", "/b", "", {}, "HeadBucket"),
        ("GET", "/b/a/b//c", "", {}, "GetObject"),
        ("GET", "/b/k", "versionId=3", {}, "GetObject"),
        ("GET", "/b/k", "tagging", {}, "GetObjectTagging"),
        ("GET", "/b/k", "uploadId=x", {}, "ListParts"),
        ("PUT", "/b/k", "", {}, "PutObject"),
        ("PUT", "/b/k", "", {"x-amz-copy-source": "/a/b"}, "CopyObject"),
        ("PUT", "/b/k", "partNumber=1&uploadId=x", {}, "UploadPart"),
        ("PUT", "/b/k", "partNumber=1&uploadId=x", {"x-amz-copy-source": "/a/b"}, "UploadPartCopy"),
        ("POST", "/b/k", "uploads", {}, "CreateMultipartUpload"),
        ("POST", "/b/k", "uploadId=x", {}, "CompleteMultipartUpload"),
        ("POST", "/b", "delete", {}, "DeleteObjects"),
    ],
)
def test_s3_is_told_by_method_path_and_query(
    method: str, path: str, query: str, headers: dict[str, str], expected: str
) -> None:
    assert means(Request(method, path, query, {"host": "127.0.0.1", **headers}), "s3")[1] == expected


@pytest.mark.parametrize(
    "host",
    [
        "bucket.name.s3.eu-west-1.amazonaws.com",
        "bucket.name.s3.amazonaws.com",
        "bucket.name.s3.dualstack.eu-west-1.amazonaws.com",
        "bucket.name.s3-eu-west-1.amazonaws.com",
        "bucket.name.s3.localhost:4566",
    ],
)
def test_a_bucket_in_the_host_name_is_as_good_as_one_in_the_path(host: str) -> None:
    request = get("/a/k%20x", host)
    call = route.resolve(request, "s3")
    assert codec.read(call, call.protocol, request) == {"Bucket": "bucket.name", "Key": "a/k x"}
    assert codec.read(call.operation, call.protocol, request) == {"Bucket": "bucket.name", "Key": "a/k x"}


@pytest.mark.parametrize(
    ("host", "services", "region"),
    [
        ("dynamodb.eu-west-1.amazonaws.com", ("dynamodb",), "eu-west-1"),
        ("123456789012.ddb.eu-west-1.amazonaws.com", None, None),
        ("route53.amazonaws.com", ("route53",), None),
        ("monitoring.us-gov-west-1.amazonaws.com", ("cloudwatch",), "us-gov-west-1"),
        ("api.ecr.us-east-1.amazonaws.com", ("ecr",), "us-east-1"),
        ("123456789012.s3-control.us-west-2.amazonaws.com", ("s3control",), "us-west-2"),
        ("lambda.eu-west-1.api.aws", ("lambda",), "eu-west-1"),
        ("example.com", None, None),
    ],
)
def test_a_host_name_of_aws_names_service_and_region(
    host: str, services: tuple[str, ...] | None, region: str | None
) -> None:
    found = hosts.named(host)
    assert (found and found.services[:1], found and found.region) == (services, region)


def test_an_unsigned_rest_request_is_known_by_its_host() -> None:
    assert means(get("/2013-04-01/hostedzone", "route53.amazonaws.com"))[1] == "ListHostedZones"


@pytest.mark.parametrize(
    ("request_", "signing_name", "code"),
    [
        (Request("POST", "/", "", {"x-amz-target": "DynamoDB_20120810.Nonsense"}), "dynamodb", "UnknownOperationException"),
        (Request("POST", "/", "", {"x-amz-target": "Nonsense"}), None, "UnknownOperationException"),
        (Request("POST", "/x", "", {"smithy-protocol": "rpc-v2-cbor"}), None, "UnknownOperationException"),
        (Request("POST", "/nonsense", "", {}), "lambda", "UnknownOperationException"),
        (Request("GET", "/", "", {"host": "example.com"}), None, "UnknownOperationException"),
        (Request("POST", "/", "", FORM, b"Action=Nonsense&Version=2011-06-15"), "sts", "InvalidAction"),
        (Request("POST", "/", "", FORM, b"a=b"), "sts", "MissingAction"),
        (Request("POST", "/", "", FORM, b"\xff=b"), "sts", "MalformedQueryString"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused(request_: Request, signing_name: str | None, code: str) -> None:
    with pytest.raises(AwsError) as refusal:
        route.resolve(request_, signing_name)
    assert refusal.value.error_code == code
