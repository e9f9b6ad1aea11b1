"""What hangs on a zone: authorizations, query logging, protections, accelerated recovery."""

from __future__ import annotations

import json
from typing import Any

import pytest
from boto import client
from botocore.exceptions import ClientError
from places import region
from route53_batches import change, record

from terrella.region.ports import Ports
from terrella.region.region import Region
from terrella.services.route53 import service
from terrella.wire.http import Response

VPC = {"VPCRegion": "eu-west-1", "VPCId": "vpc-0123456789abcdef0"}
OTHER = {"VPCRegion": "us-east-1", "VPCId": "vpc-12345678"}
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/route53/example.com"
NAME = {"RecordName": "www.example.com", "RecordType": "A"}


@pytest.fixture
def private(route53: Any) -> str:
    made = route53.create_hosted_zone(Name="inner.test", CallerReference="p", VPC=OTHER)
    return str(made["HostedZone"]["Id"])


def test_vpcs_are_authorized_until_they_are_not(route53: Any, private: str) -> None:
    made = route53.create_vpc_association_authorization(HostedZoneId=private, VPC=VPC)
    assert made["VPC"] == VPC
    route53.create_vpc_association_authorization(HostedZoneId=private, VPC=VPC)
    route53.create_vpc_association_authorization(HostedZoneId=private, VPC=OTHER)
    first = route53.list_vpc_association_authorizations(HostedZoneId=private, MaxResults="1")
    rest = route53.list_vpc_association_authorizations(HostedZoneId=private, NextToken=first["NextToken"])
    assert first["VPCs"] + rest["VPCs"] == [VPC, OTHER] and "NextToken" not in rest
    route53.delete_vpc_association_authorization(HostedZoneId=private, VPC=VPC)
    with pytest.raises(route53.exceptions.VPCAssociationAuthorizationNotFound):
        route53.delete_vpc_association_authorization(HostedZoneId=private, VPC=VPC)


def test_public_zones_and_crooked_vpcs_are_not_authorized(route53: Any, zone: str, private: str) -> None:
    with pytest.raises(route53.exceptions.InvalidInput):
        route53.create_vpc_association_authorization(HostedZoneId=zone, VPC=VPC)
    with pytest.raises(route53.exceptions.InvalidVPCId):
        route53.create_vpc_association_authorization(HostedZoneId=private, VPC=VPC | {"VPCId": "x"})


def test_a_zone_has_one_query_logging_configuration(route53: Any, zone: str, private: str) -> None:
    config = route53.create_query_logging_config(HostedZoneId=zone, CloudWatchLogsLogGroupArn=GROUP)
    config = config["QueryLoggingConfig"]
    assert (config["HostedZoneId"], config["CloudWatchLogsLogGroupArn"]) == (zone, GROUP)
    assert route53.get_query_logging_config(Id=config["Id"])["QueryLoggingConfig"] == config
    assert route53.list_query_logging_configs(HostedZoneId=zone)["QueryLoggingConfigs"] == [config]
    with pytest.raises(route53.exceptions.QueryLoggingConfigAlreadyExists):
        route53.create_query_logging_config(HostedZoneId=zone, CloudWatchLogsLogGroupArn=GROUP)
    for where, arn in ((private, GROUP), (zone, GROUP.replace("us-east-1", "eu-west-1")), (zone, "arn:x")):
        with pytest.raises(route53.exceptions.InvalidInput):
            route53.create_query_logging_config(HostedZoneId=where, CloudWatchLogsLogGroupArn=arn)
    with pytest.raises(route53.exceptions.InvalidPaginationToken):
        route53.list_query_logging_configs(NextToken="x")
    route53.delete_query_logging_config(Id=config["Id"])
    with pytest.raises(route53.exceptions.NoSuchQueryLoggingConfig):
        route53.get_query_logging_config(Id=config["Id"])


class Logs:
    """CloudWatch Logs as far as Route 53 asks it: borrowed, with one group and perhaps one statement."""

    def __init__(self, **statement: Any) -> None:
        self.statement = statement

    def offers(self, service: str) -> bool:
        return service == "logs"

    async def handle(self, service: str, region: str, account: str, request: Any) -> Response:
        document = json.dumps({"Version": "2012-10-17", "Statement": self.statement})
        found: dict[str, Any] = {"logGroups": [{"logGroupName": "/aws/route53/example.com"}]}
        if request.headers["x-amz-target"].endswith("ResourcePolicies"):
            found = {"resourcePolicies": [{"policyName": "p", "policyDocument": document}]}
        return Response(200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(found).encode())


MAY: dict[str, Any] = {
    "Effect": "Allow", "Principal": {"Service": ["route53.amazonaws.com"]},
    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": "arn:aws:logs:*:*:log-group:/aws/route53/*",
}  # fmt: skip


def test_where_there_are_logs_the_group_must_be_among_them() -> None:
    route53 = client(region("us-east-1", service, ports=Ports(borrowed=Logs(**MAY))), "route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    with pytest.raises(route53.exceptions.NoSuchCloudWatchLogsLogGroup):
        route53.create_query_logging_config(HostedZoneId=zone, CloudWatchLogsLogGroupArn=f"{GROUP}.org")
    route53.create_query_logging_config(HostedZoneId=zone, CloudWatchLogsLogGroupArn=GROUP)


@pytest.mark.parametrize(
    "less",
    [
        {"Action": "logs:CreateLogStream"}, {"Principal": {"Service": "es.amazonaws.com"}}, {"Effect": "Deny"},
        {"Resource": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/other/*"},
    ],
)  # fmt: skip
def test_a_resource_policy_must_let_route_53_write_there(less: dict[str, Any]) -> None:
    route53 = client(region("us-east-1", service, ports=Ports(borrowed=Logs(**MAY | less))), "route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    with pytest.raises(route53.exceptions.InsufficientCloudWatchLogsResourcePolicy):
        route53.create_query_logging_config(HostedZoneId=zone, CloudWatchLogsLogGroupArn=GROUP)


def test_a_protected_name_and_type_cannot_be_changed(route53: Any, zone: str) -> None:
    www = record("www.example.com", "192.0.2.1")
    route53.create_resource_record_set_protections(HostedZoneId=zone, Protections=[NAME | {"Comment": "mine"}])
    with pytest.raises(route53.exceptions.InvalidChangeBatch, match="is protected"):
        change(route53, zone, ("CREATE", www))
    change(route53, zone, ("CREATE", record("www.example.com", '"free"', type="TXT")))
    (listed,) = route53.list_resource_record_set_protections(HostedZoneId=zone)["ResourceRecordSetProtections"]
    assert listed == {"RecordName": "www.example.com.", "RecordType": "A", "Comment": "mine"}
    change(route53, zone, ("DELETE", record("www.example.com", '"free"', type="TXT")))
    with pytest.raises(route53.exceptions.HostedZoneNotEmpty, match="protections"):
        route53.delete_hosted_zone(Id=zone)
    route53.delete_resource_record_set_protections(HostedZoneId=zone, Protections=[NAME])
    change(route53, zone, ("CREATE", www))


def test_protections_are_made_all_or_none_and_every_failure_is_told(route53: Any, zone: str) -> None:
    route53.create_resource_record_set_protections(HostedZoneId=zone, Protections=[NAME])
    with pytest.raises(route53.exceptions.ProtectionAlreadyExists):
        route53.create_resource_record_set_protections(HostedZoneId=zone, Protections=[NAME])
    fresh = {"RecordName": "new.example.com", "RecordType": "A"}
    with pytest.raises(route53.exceptions.InvalidResourceRecordSetProtectionBatch) as refused:
        route53.create_resource_record_set_protections(HostedZoneId=zone, Protections=[NAME, fresh])
    assert [each["RecordName"] for each in refused.value.response["Errors"]] == ["www.example.com."]
    outside = {"RecordName": "www.example.org", "RecordType": "A"}
    with pytest.raises(ClientError) as refused:
        route53.create_resource_record_set_protections(HostedZoneId=zone, Protections=[NAME, outside, fresh, fresh])
    assert [each["RecordName"] for each in refused.value.response["Errors"]] == [
        "www.example.org.", "new.example.com.",
    ]  # fmt: skip
    with pytest.raises(route53.exceptions.InvalidResourceRecordSetProtectionBatch):
        route53.delete_resource_record_set_protections(HostedZoneId=zone, Protections=[NAME, fresh])
    assert len(route53.list_resource_record_set_protections(HostedZoneId=zone)["ResourceRecordSetProtections"]) == 1


def test_protections_are_listed_from_a_name_on_in_pages(route53: Any, zone: str) -> None:
    entries = [{"RecordName": f"{name}.example.com", "RecordType": "A"} for name in "abc"]
    route53.create_resource_record_set_protections(HostedZoneId=zone, Protections=entries)
    first = route53.list_resource_record_set_protections(
        HostedZoneId=zone, StartRecordName="b.example.com", MaxResults="1"
    )
    rest = route53.list_resource_record_set_protections(HostedZoneId=zone, NextToken=first["NextToken"])
    found = first["ResourceRecordSetProtections"] + rest["ResourceRecordSetProtections"]
    assert [each["RecordName"] for each in found] == ["b.example.com.", "c.example.com."]


def test_accelerated_recovery_is_on_after_a_while(home: Region, route53: Any, zone: str, private: str) -> None:
    def status() -> str:
        return str(route53.get_hosted_zone(Id=zone)["HostedZone"]["Features"]["AcceleratedRecoveryStatus"])

    def later() -> None:
        """us-west-2 has what it is owed, and some minutes have passed."""
        home.peer_with("us-west-2").acked = home.journal.last
        home.clock.time += 600  # type: ignore[attr-defined]

    home.world.regions = ("us-east-1", "us-west-2")
    assert "Features" not in route53.get_hosted_zone(Id=zone)["HostedZone"]
    route53.update_hosted_zone_features(HostedZoneId=zone, EnableAcceleratedRecovery=True)
    assert status() == "ENABLING"
    with pytest.raises(route53.exceptions.PriorRequestNotComplete):
        route53.update_hosted_zone_features(HostedZoneId=zone, EnableAcceleratedRecovery=False)
    home.clock.time += 600  # type: ignore[attr-defined]
    assert status() == "ENABLING", "us-west-2 has no copy yet"
    later()
    assert status() == "ENABLED"
    with pytest.raises(route53.exceptions.InvalidInput, match="accelerated recovery"):
        route53.delete_hosted_zone(Id=zone)
    route53.update_hosted_zone_features(HostedZoneId=zone, EnableAcceleratedRecovery=False)
    assert status() == "DISABLING"
    later()
    assert status() == "DISABLED"
    with pytest.raises(route53.exceptions.InvalidInput):
        route53.update_hosted_zone_features(HostedZoneId=private, EnableAcceleratedRecovery=True)


def test_in_a_world_without_us_west_2_there_is_no_accelerated_recovery(route53: Any, zone: str) -> None:
    route53.update_hosted_zone_features(HostedZoneId=zone, EnableAcceleratedRecovery=True)
    found = route53.get_hosted_zone(Id=zone)["HostedZone"]
    assert found["Features"]["AcceleratedRecoveryStatus"] == "ENABLE_FAILED"
    route53.update_hosted_zone_features(HostedZoneId=zone, EnableAcceleratedRecovery=False)
    route53.delete_hosted_zone(Id=zone)
