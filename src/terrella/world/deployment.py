"""Deploying a sample service into a simulated world, by the API calls a template would lead to.

Straight to the services, without CloudFormation: its stacks need IAM and S3, which a simulated world has not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .fronts import Fronts
from .operator import NotReady, Operator
from .sample import Sample, table_of
from .world import World

__all__ = ["Deployment", "NotReady"]

ROLE = "arn:aws:iam::123456789012:role/sample"
Found = dict[str, Any]


class Deployment(Operator):
    """One sample's way into a world; regions may be added later."""

    def __init__(self, world: World, sample: Sample) -> None:
        super().__init__(world)
        self.sample = sample
        self.regions: list[str] = []
        self._zone = ""
        self._fronts = Fronts(world, sample)

    async def extend(self, regions: Sequence[str], fronts: Sequence[str] = ()) -> None:
        """Have it run in these regions too, and have these fronts there. Raises AwsError, NotReady, ValueError."""
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
        if fronts:
            await self._fronts.extend(self._zone, self.regions, fronts)

    async def _create_zone(self) -> str:
        """Route 53's control plane is in us-east-1, whatever region the service is in."""
        created = await self.route53(
            "CreateHostedZone", {"Name": self.sample.zone, "CallerReference": self.sample.name}
        )
        identifier: str = created["HostedZone"]["Id"]
        return identifier.rpartition("/")[2]

    async def _table(self, region: str) -> None:
        table = {"TableName": self.sample.table}
        if not self.regions:
            await self.world.call(region, "dynamodb", "CreateTable", table_of(self.sample))
        else:
            await self.ready(self.regions[0], "dynamodb", "DescribeTable", table, _is_active)
            replica = {"ReplicaUpdates": [{"Create": {"RegionName": region}}]}
            await self.world.call(self.regions[0], "dynamodb", "UpdateTable", {**table, **replica})
            await self.ready(self.regions[0], "dynamodb", "DescribeTable", table, _is_active)
        await self.ready(region, "dynamodb", "DescribeTable", table, _is_active)

    async def _function(self, region: str) -> None:
        sample = self.sample
        await self.world.call(region, "lambda", "CreateFunction", {
            "FunctionName": sample.name, "Runtime": "python3.12", "Role": ROLE, "Handler": sample.handler,
            "Code": {"ZipFile": sample.archive}, "Timeout": 10, "MemorySize": 256,
            "Environment": {"Variables": {"TABLE_NAME": sample.table or "", **sample.environment}},
        })  # fmt: skip
        name = {"FunctionName": sample.name}
        await self.ready(region, "lambda", "GetFunctionConfiguration", name, _function_is_active)

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
        certificate = await self.certificate(self._zone, region, sample.domain)
        configuration = {"CertificateArn": certificate, "EndpointType": "REGIONAL"}
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

    async def _name(self, region: str, alias: dict[str, str], api: str) -> None:
        sample = self.sample
        check = await self.route53("CreateHealthCheck", {
            "CallerReference": f"{sample.name}-{region}",
            "HealthCheckConfig": {
                "Type": "HTTPS", "FullyQualifiedDomainName": api, "Port": 443, "EnableSNI": True,
                "ResourcePath": sample.health_path, "RequestInterval": sample.interval_s,
                "FailureThreshold": sample.threshold,
            },
        })  # fmt: skip
        await self.upsert(self._zone, {
            "Name": sample.domain, "Type": "A", "SetIdentifier": region, "Region": region,
            "HealthCheckId": check["HealthCheck"]["Id"],
            "AliasTarget": {**alias, "EvaluateTargetHealth": True},
        })  # fmt: skip


def _is_active(out: Found) -> bool:
    table = out["Table"]
    replicas = table.get("Replicas") or ()
    return table["TableStatus"] == "ACTIVE" and all(r.get("ReplicaStatus") == "ACTIVE" for r in replicas)


def _function_is_active(out: Found) -> bool:
    return bool(out["State"] == "Active" and out.get("LastUpdateStatus", "Successful") == "Successful")
