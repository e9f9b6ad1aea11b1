"""What deploying comes to again and again: asking until it is so, a record in a zone, a certificate proven by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.errors import AwsError
from .world import World

POLL_S, LONGEST_WAIT_S = 1.0, 600.0
Found = dict[str, Any]


class NotReady(RuntimeError):
    """Something that was asked for did not come about in time."""


class Operator:
    """Somebody who deploys by single API calls."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def certificate(self, zone: str, region: str, domain: str) -> str:
        """A certificate of a region, proven by a record in a hosted zone."""
        wanted = {"DomainName": domain, "ValidationMethod": "DNS"}
        arn: str = (await self.world.call(region, "acm", "RequestCertificate", wanted))["CertificateArn"]
        named = {"CertificateArn": arn}
        answer = await self.world.call(region, "acm", "DescribeCertificate", named)
        proof = answer["Certificate"]["DomainValidationOptions"][0]["ResourceRecord"]
        record = {"Name": proof["Name"], "Type": proof["Type"], "TTL": 60}
        await self.upsert(zone, {**record, "ResourceRecords": [{"Value": proof["Value"]}]})
        await self.ready(
            region, "acm", "DescribeCertificate", named, lambda out: bool(out["Certificate"]["Status"] == "ISSUED")
        )
        return arn

    async def upsert(self, zone: str, record_set: Found) -> None:
        """Put a record set in a hosted zone, and wait until the edge has it."""
        changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record_set}]}
        batch = {"HostedZoneId": zone, "ChangeBatch": changes}
        identifier = (await self.route53("ChangeResourceRecordSets", batch))["ChangeInfo"]["Id"]
        change = {"Id": identifier.rpartition("/")[2]}
        await self.ready(
            "us-east-1", "route53", "GetChange", change, lambda out: bool(out["ChangeInfo"]["Status"] == "INSYNC")
        )

    async def route53(self, operation: str, input: Found) -> Found:
        """Its control plane is in us-east-1, whatever region the service is in."""
        return await self.world.call("us-east-1", "route53", operation, input)

    async def ready(
        self, region: str, service: str, operation: str, input: Found, is_ready: Callable[[Found], bool]
    ) -> None:
        """Ask until it is so. Raises AwsError, NotReady."""
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
