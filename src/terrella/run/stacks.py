"""Deploying the global chat into a live world as anybody would: its own templates, unmodified CloudFormation
through boto3, change sets, the code in a bucket of the region.

    dns        in us-east-1: the hosted zone; later a record and a health check per region
    table      in the first region: the global table, with a replica in the second
    region     in each region: certificate, function, HTTP API, domain name

and, where other fronts are wanted

    balancer      in each region: certificate, network, load balancer
    accelerator   in us-west-2: an accelerator before those, and its name
"""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import io
import re
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..net.addresses import FRONT_DOOR
from ..region.homes import GLOBAL_HOME
from ..world.fronts import ACCELERATOR, ACCELERATOR_HOME
from ..world.spec import WorldSpec

EXAMPLES = Path(__file__).parents[3] / "examples"
TABLE = "messages"
HEALTH = "/health/deep"
POLL_S, LONGEST_WAIT_S = 0.15, 90.0
CODE_URI = re.compile(r"^(?P<before>\s*CodeUri:\s*)(?P<folder>\.[^\s#]*)\s*$", re.MULTILINE)
FAILED = re.compile(r"FAILED|ROLLBACK")


class DeploymentFailed(RuntimeError):
    """A stack did not come about; the message says which, and CloudFormation's reason."""


class Chat:
    """The sample service `global_chat` and where it runs."""

    name = "global_chat"

    def __init__(self, spec: WorldSpec, regions: tuple[str, ...]) -> None:
        self._spec, self._regions = spec, regions
        self._folder = EXAMPLES / self.name / "templates"

    async def deploy(self, regions: list[str], fronts: Sequence[str] = ()) -> None:
        """Have it run in these one or two regions and no others, with these fronts. Raises DeploymentFailed."""
        assert 1 <= len(regions) <= 2, "its templates know two regions"
        try:
            await self._deploy(regions, fronts)
        except (ClientError, BotoCoreError) as error:
            raise DeploymentFailed(f"{self.name} cannot be deployed: {error}") from None
        except OSError as error:
            raise DeploymentFailed(f"{self.name} is not there to be deployed: {error}") from None

    async def _deploy(self, regions: list[str], fronts: Sequence[str]) -> None:
        dns = Stack(self._spec, GLOBAL_HOME, "global-chat-dns", self._folder / "dns.yaml")
        zone = await dns.output("HostedZoneId")
        if zone is None:
            zone = (await dns.deploy({}))["HostedZoneId"]
        table = Stack(self._spec, regions[0], "global-chat-table", self._folder / "table.yaml")
        second = regions[1] if len(regions) > 1 else ""
        await table.deploy({"TableName": TABLE, "SecondRegion": second})
        outputs = await asyncio.gather(*(self._region(region, zone) for region in regions))
        named: dict[str, str] = {}
        for which, region, output in zip(("First", "Second"), regions, outputs, strict=False):
            named[f"{which}Region"] = region
            named[f"{which}Target"] = output["RegionalDomainName"]
            named[f"{which}TargetZone"] = output["RegionalHostedZoneId"]
            named[f"{which}HealthHost"] = output["HealthHost"]
        await dns.deploy(named)
        if fronts:
            balancers = await asyncio.gather(
                *(self._balancer(region, zone, each) for region, each in zip(regions, outputs, strict=True))
            )
            if ACCELERATOR in fronts:
                await self._accelerator(zone, regions, balancers)
        for region in set(self._regions) - set(regions):
            await self._balancer_stack(region).delete()
            await self._stack(region).delete()

    async def _region(self, region: str, zone: str) -> dict[str, str]:
        outputs = await self._stack(region).deploy({"HostedZoneId": zone, "TableName": TABLE})
        await asyncio.to_thread(self._try_out, region, outputs["HealthHost"])
        return outputs

    async def _balancer(self, region: str, zone: str, chat: dict[str, str]) -> str:
        """The ARN of a region's load balancer."""
        wanted = {"HostedZoneId": zone, "FunctionArn": chat["FunctionArn"]}
        return (await self._balancer_stack(region).deploy(wanted))["BalancerArn"]

    async def _accelerator(self, zone: str, regions: list[str], balancers: list[str]) -> None:
        """People are sent to it when it finds every endpoint well. Raises DeploymentFailed."""
        stack = Stack(self._spec, ACCELERATOR_HOME, "global-chat-accelerator", self._folder / "accelerator.yaml")
        wanted = {"HostedZoneId": zone}
        for which, region, balancer in zip(("First", "Second"), regions, balancers, strict=False):
            wanted |= {f"{which}Region": region, f"{which}Balancer": balancer}
        outputs = await stack.deploy(wanted)
        groups = [arn for name, arn in outputs.items() if name.endswith("GroupArn")]
        await asyncio.to_thread(self._wait_for_endpoints, groups)

    def _wait_for_endpoints(self, groups: list[str]) -> None:
        """Raises DeploymentFailed, ClientError."""
        accelerators = client(self._spec, ACCELERATOR_HOME, "globalaccelerator")
        until, found = time.monotonic() + LONGEST_WAIT_S, []
        while time.monotonic() < until:
            said = [accelerators.describe_endpoint_group(EndpointGroupArn=arn)["EndpointGroup"] for arn in groups]
            found = [endpoint["HealthState"] for group in said for endpoint in group["EndpointDescriptions"]]
            if set(found) == {"HEALTHY"}:
                return
            time.sleep(POLL_S)
        raise DeploymentFailed(f"The accelerator of {self.name} says of its endpoints: {', '.join(found)}.")

    def _try_out(self, region: str, host: str) -> None:
        """Ask the new copy how it is until it is well: people are sent to it only then. The first function of
        a world is slow to start, and a crowd would wait in vain. Raises DeploymentFailed."""
        until, found = time.monotonic() + LONGEST_WAIT_S, "no answer"
        while time.monotonic() < until:
            found = _status(host, self._spec.ports.api)
            if found == "200":
                return
            time.sleep(POLL_S)
        raise DeploymentFailed(f"{self.name} in {region} is not well: {HEALTH} says {found}.")

    def _stack(self, region: str) -> Stack:
        return Stack(self._spec, region, "global-chat", self._folder / "region.yaml")

    def _balancer_stack(self, region: str) -> Stack:
        return Stack(self._spec, region, "global-chat-balancer", self._folder / "balancer.yaml")


class Stack:
    """One stack of one region."""

    def __init__(self, spec: WorldSpec, region: str, name: str, template: Path) -> None:
        self._spec, self._region, self._name, self._template = spec, region, name, template
        self._cloudformation = client(spec, region, "cloudformation")

    async def output(self, name: str) -> str | None:
        """One of its outputs; None when there is no such stack."""
        found = await asyncio.to_thread(self._described)
        return _outputs(found).get(name) if found and not _is_empty(found) else None

    async def deploy(self, parameters: dict[str, str]) -> dict[str, str]:
        """Create or update it by a change set; its outputs. Raises DeploymentFailed, ClientError."""
        return await asyncio.to_thread(self._deploy, parameters)

    async def delete(self) -> None:
        """Delete it if it is there. Raises DeploymentFailed, ClientError."""
        await asyncio.to_thread(self._delete)

    # On a thread: boto3 waits by blocking.

    def _deploy(self, parameters: dict[str, str]) -> dict[str, str]:
        before = self._described()
        kind = "CREATE" if before is None or _is_empty(before) else "UPDATE"
        named = {"StackName": self._name, "ChangeSetName": f"gameday-{time.time_ns()}"}
        made = self._cloudformation.create_change_set(
            **named,
            ChangeSetType=kind,
            TemplateBody=self._packaged(self._template.read_text()),
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        change_set = {"ChangeSetName": made["Id"]}
        status, reason = self._settled(change_set)
        if status == "FAILED":
            if kind == "UPDATE" and re.search("didn't contain changes|No updates", reason):
                self._cloudformation.delete_change_set(**change_set)
                return _outputs(before or {})
            raise DeploymentFailed(f"{self._name} in {self._region}: {reason}")
        self._cloudformation.execute_change_set(**change_set)
        return _outputs(self._finished() or {})

    def _delete(self) -> None:
        if self._described() is not None:
            self._cloudformation.delete_stack(StackName=self._name)
            self._finished()

    def _settled(self, change_set: dict[str, str]) -> tuple[str, str]:
        until = time.monotonic() + LONGEST_WAIT_S
        while time.monotonic() < until:
            found = self._cloudformation.describe_change_set(**change_set)
            if found["Status"] in ("CREATE_COMPLETE", "FAILED"):
                return found["Status"], found.get("StatusReason", "")
            time.sleep(POLL_S)
        raise DeploymentFailed(f"{self._name} in {self._region}: its change set was never ready.")

    def _finished(self) -> dict[str, Any] | None:
        """The stack when nothing is under way; None when it is gone. Raises DeploymentFailed."""
        until = time.monotonic() + LONGEST_WAIT_S
        while time.monotonic() < until:
            found = self._described()
            status = found["StackStatus"] if found else "DELETE_COMPLETE"
            if FAILED.search(status) and not status.endswith("IN_PROGRESS"):
                raise DeploymentFailed(f"{self._name} in {self._region}: {status}; {self._first_failure()}")
            if status.endswith("_COMPLETE"):
                return found
            time.sleep(POLL_S)
        raise DeploymentFailed(f"{self._name} in {self._region} was not done in {LONGEST_WAIT_S:g} s.")

    def _first_failure(self) -> str:
        events = self._cloudformation.describe_stack_events(StackName=self._name)["StackEvents"]
        failed = [each for each in reversed(events) if each["ResourceStatus"].endswith("FAILED")]
        if not failed:
            return "its events do not say why"
        return f"{failed[0]['LogicalResourceId']}: {failed[0].get('ResourceStatusReason', 'no reason given')}"

    def _described(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._cloudformation.describe_stacks(StackName=self._name)["Stacks"][0]
            return found
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def _packaged(self, template: str) -> str:
        """What `sam package` does: code of a local folder goes to a bucket of the region."""
        return CODE_URI.sub(
            lambda match: match["before"] + self._uploaded(self._template.parent / match["folder"]), template
        )

    def _uploaded(self, folder: Path) -> str:
        archive = archive_of(folder)
        key = f"{hashlib.sha256(archive).hexdigest()[:32]}.zip"
        bucket = f"global-chat-code-{self._region}"
        s3 = client(self._spec, self._region, "s3")
        place = {} if self._region == GLOBAL_HOME else {
            "CreateBucketConfiguration": {"LocationConstraint": self._region}
        }  # fmt: skip
        try:
            s3.create_bucket(Bucket=bucket, **place)
        except ClientError as error:
            if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
                raise
        s3.put_object(Bucket=bucket, Key=key, Body=archive)
        return f"s3://{bucket}/{key}"


def client(spec: WorldSpec, region: str, service: str) -> Any:
    """A boto3 client of one region, through the front door."""
    key, secret = next(iter(spec.credentials.items()), ("AKIATERRELLA", "terrella"))
    return boto3.session.Session().client(
        service,
        region,
        endpoint_url=f"http://{FRONT_DOOR}:{spec.ports.api}",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 2}, s3={"addressing_style": "path"}, proxies={}),
    )


def archive_of(folder: Path) -> bytes:
    """A zip archive of a folder's Python files, the same bytes each time. Raises FileNotFoundError."""
    files = sorted(path for path in folder.rglob("*.py"))
    if not files:
        raise FileNotFoundError(f"There is no code in {folder}")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.writestr(zipfile.ZipInfo(str(path.relative_to(folder))), path.read_bytes())
    return buffer.getvalue()


def _status(host: str, port: int) -> str:
    """The status an API of this world answers with, asked at the front door; or what went wrong."""
    connection = http.client.HTTPConnection(FRONT_DOOR, port, timeout=10)
    try:
        connection.request("GET", HEALTH, headers={"Host": host})
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()


def _outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def _is_empty(stack: dict[str, Any]) -> bool:
    """A stack that only a change set has named so far."""
    return bool(stack["StackStatus"] == "REVIEW_IN_PROGRESS")
