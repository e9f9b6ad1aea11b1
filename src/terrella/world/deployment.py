"""Deploying a sample service into a simulated world, by the API calls a template would lead to.

Straight to the services, without CloudFormation: its stacks need IAM and S3, which a simulated world has not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core.errors import AwsError
from .sample import Sample, table_of
from .world import World

ROLE = "arn:aws:iam::123456789012:role/sample"
POLL_S, LONGEST_WAIT_S = 1.0, 600.0
Found = dict[str, Any]


class NotReady(RuntimeError):
    """Something that was asked for did not come about in time."""


class Deployment:
    """One sample's way into a world; regions may be added later."""

    def __init__(self, world: World, sample: Sample) -> None:
        self.world, self.sample = world, sample
        self.regions: list[str] = []
        self._zone = ""

    async def extend(self, regions: Sequence[str]) -> None:
        """Have it run in these regions too. Raises AwsError, NotReady."""
        if not self._zone:
            self._zone = await self._create_zone()
        for region in regions:
            if region not in self.regions:
                if self.sample.table is not None:
                    await self._table(region)
                await self._function(region)
                alias, api = await self._api(region)
                await self._name(region, alias, api)
                self.regions.append(region)

    async def _create_zone(self) -> str:
        """Route 53's control plane is in us-east-1, whatever region the service is in."""
        created = await self._route53(
            "CreateHostedZone", {"Name": self.sample.zone, "CallerReference": self.sample.name}
        )
        identifier: str = created["HostedZone"]["Id"]
        return identifier.rpartition("/")[2]

    async def _table(self, region: str) -> None:
        table = {"TableName": self.sample.table}
        if not self.regions:
            await self.world.call(region, "dynamodb", "CreateTable", table_of(self.sample))
        else:
            await self._ready(self.regions[0], "dynamodb", "DescribeTable", table, _is_active)
            replica = {"ReplicaUpdates": [{"Create": {"RegionName": region}}]}
            await self.world.call(self.regions[0], "dynamodb", "UpdateTable", {**table, **replica})
            await self._ready(self.regions[0], "dynamodb", "DescribeTable", table, _is_active)
        await self._ready(region, "dynamodb", "DescribeTable", table, _is_active)

    async def _function(self, region: str) -> None:
        sample = self.sample
        await self.world.call(region, "lambda", "CreateFunction", {
            "FunctionName": sample.name, "Runtime": "python3.12", "Role": ROLE, "Handler": sample.handler,
            "Code": {"ZipFile": sample.archive}, "Timeout": 10, "MemorySize": 256,
            "Environment": {"Variables": {"TABLE_NAME": sample.table or "", **sample.environment}},
        })  # fmt: skip
        name = {"FunctionName": sample.name}
        await self._ready(region, "lambda", "GetFunctionConfiguration", name, _function_is_active)

    async def _api(self, region: str) -> tuple[dict[str, str], str]:
        """The regional name of the service's domain and its hosted zone; the API's own host."""
        call, sample = self.world.call, self.sample
        function = f"arn:aws:lambda:{region}:123456789012:function:{sample.name}"
        api = await call(
            region, "apigatewayv2", "CreateApi",
            {"Name": sample.name, "ProtocolType": "HTTP", "Target": function},
        )  # fmt: skip
        await call(region, "lambda", "AddPermission", {
            "FunctionName": sample.name, "StatementId": "api", "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": f"arn:aws:execute-api:{region}:123456789012:{api['ApiId']}/*",
        })  # fmt: skip
        configuration = {"CertificateArn": await self._certificate(region), "EndpointType": "REGIONAL"}
        domain = await call(
            region, "apigatewayv2", "CreateDomainName",
            {"DomainName": sample.domain, "DomainNameConfigurations": [configuration]},
        )  # fmt: skip
        await call(
            region, "apigatewayv2", "CreateApiMapping",
            {"ApiId": api["ApiId"], "DomainName": sample.domain, "Stage": "$default"},
        )  # fmt: skip
        made = domain["DomainNameConfigurations"][0]
        alias = {"DNSName": made["ApiGatewayDomainName"], "HostedZoneId": made["HostedZoneId"]}
        return alias, f"{api['ApiId']}.execute-api.{region}.amazonaws.com"

    async def _certificate(self, region: str) -> str:
        """A certificate, proven by a record in the zone."""
        wanted = {"DomainName": self.sample.domain, "ValidationMethod": "DNS"}
        arn: str = (await self.world.call(region, "acm", "RequestCertificate", wanted))["CertificateArn"]
        named = {"CertificateArn": arn}
        answer = await self.world.call(region, "acm", "DescribeCertificate", named)
        proof = answer["Certificate"]["DomainValidationOptions"][0]["ResourceRecord"]
        record = {"Name": proof["Name"], "Type": proof["Type"], "TTL": 60}
        await self._upsert({**record, "ResourceRecords": [{"Value": proof["Value"]}]})
        await self._ready(
            region, "acm", "DescribeCertificate", named, lambda out: out["Certificate"]["Status"] == "ISSUED"
        )
        return arn

    async def _name(self, region: str, alias: dict[str, str], api: str) -> None:
        sample = self.sample
        check = await self._route53("CreateHealthCheck", {
            "CallerReference": f"{sample.name}-{region}",
            "HealthCheckConfig": {
                "Type": "HTTPS", "FullyQualifiedDomainName": api, "Port": 443, "EnableSNI": True,
                "ResourcePath": sample.health_path, "RequestInterval": sample.interval_s,
                "FailureThreshold": sample.threshold,
            },
        })  # fmt: skip
        await self._upsert({
            "Name": sample.domain, "Type": "A", "SetIdentifier": region, "Region": region,
            "HealthCheckId": check["HealthCheck"]["Id"],
            "AliasTarget": {**alias, "EvaluateTargetHealth": True},
        })  # fmt: skip

    async def _upsert(self, record_set: dict[str, Any]) -> None:
        changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record_set}]}
        batch = {"HostedZoneId": self._zone, "ChangeBatch": changes}
        identifier = (await self._route53("ChangeResourceRecordSets", batch))["ChangeInfo"]["Id"]
        change = {"Id": identifier.rpartition("/")[2]}
        await self._ready(
            "us-east-1", "route53", "GetChange", change, lambda out: out["ChangeInfo"]["Status"] == "INSYNC"
        )

    async def _route53(self, operation: str, input: dict[str, Any]) -> Found:
        return await self.world.call("us-east-1", "route53", operation, input)

    async def _ready(
        self, region: str, service: str, operation: str, input: dict[str, Any], is_ready: Any
    ) -> None:
        """Ask until it is so."""
        until = self.world.clock.now() + LONGEST_WAIT_S
        refusal: AwsError | None = None
        while self.world.clock.now() < until:
            try:
                if is_ready(await self.world.call(region, service, operation, input)):
                    return
            except AwsError as error:
                if error.status >= 500:
                    raise
                refusal = error
            await self.world.clock.sleep(POLL_S)
        raise NotReady(f"{service} {operation} in {region} was never as wanted: {refusal or input}")


def _is_active(out: Found) -> bool:
    table = out["Table"]
    replicas = table.get("Replicas") or ()
    return table["TableStatus"] == "ACTIVE" and all(r.get("ReplicaStatus") == "ACTIVE" for r in replicas)


def _function_is_active(out: Found) -> bool:
    return bool(out["State"] == "Active" and out.get("LastUpdateStatus", "Successful") == "Successful")
