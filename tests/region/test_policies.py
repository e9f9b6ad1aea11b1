"""Bucket policies, as far as logs need them."""

from __future__ import annotations

from typing import Any

import pytest

from terrella.region.policies import allows

SERVICE = "logdelivery.elasticloadbalancing.amazonaws.com"
KEY = "arn:aws:s3:::logs/web/AWSLogs/123456789012/ELBAccessLogTestFile"
FACTS = {"aws:sourceaccount": "123456789012", "aws:sourcearn": "arn:aws:x:eu-west-1:123456789012:y/z"}


def statement(**more: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs/web/AWSLogs/123456789012/*", **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([statement()], True),
        ([], False),
        ([statement(Principal="*", Action=["s3:Get*", "s3:Put*"])], True),
        ([statement(Principal={"AWS": ["arn:aws:iam::156460612806:root"]})], True),
        ([statement(Principal={"AWS": "arn:aws:iam::127311923021:root"})], False),
        ([statement(Resource="arn:aws:s3:::logs/AWSLogs/*")], False),
        ([statement(NotResource="arn:aws:s3:::logs/secret/*", Resource=[])], False),
        ([statement(Condition={"StringEquals": {"aws:SourceAccount": ["123456789012"]}})], True),
        ([statement(Condition={"StringEquals": {"aws:SourceAccount": "999999999999"}})], False),
        ([statement(Condition={"ArnLike": {"AWS:SourceArn": "arn:aws:x:*:123456789012:*"}})], True),
        ([statement(Condition={"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}})], False),
        ([statement(Condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})], False),
        ([statement(), statement(Effect="Deny", Principal="*")], False),
        ([statement(), statement(Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})], True),
    ],
)  # fmt: skip
def test_what_a_policy_says_of_logs(statements: list[dict[str, Any]], allowed: bool) -> None:
    names = {SERVICE, "arn:aws:iam::156460612806:root"}
    assert allows({"Statement": statements}, names, "s3:PutObject", KEY, FACTS) is allowed


def test_a_policy_may_have_one_statement_that_is_no_list() -> None:
    assert allows({"Statement": statement()}, {SERVICE}, "s3:PutObject", KEY, {})
