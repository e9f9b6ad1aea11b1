"""What operators do in the stories: read and alter health checks, ship code, try things and take notes.

By single operations of AWS's API, which are the same in a live and in a simulated world.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

from ..core.errors import AwsError, NotImplementedHere
from ..region.homes import GLOBAL_HOME
from ..world.operator import NotReady
from ..world.world import World

SERVICE, TABLE, ZONE, NAME = "global_chat", "messages", "example.com.", "chat.example.com."
POLL_S, LONGEST_WAIT_S = 0.2, 60.0


async def attempt(
    world: World, words: str, region: str, service: str, operation: str, input: dict[str, Any]
) -> dict[str, Any] | None:
    """Try one operation and note how it went: an event "operator" (`words`, `outcome`). None when refused."""
    try:
        output = await world.call(region, service, operation, input)
    except NotImplementedHere:
        world.mark("operator", words=words, outcome="not in this world")
        return None
    except AwsError as error:
        world.mark("operator", words=words, outcome=f"refused: {error.error_code}")
        return None
    world.mark("operator", words=words, outcome="done")
    return output


async def route53(world: World, operation: str, input: dict[str, Any]) -> dict[str, Any]:
    """Route 53's control plane, where it lives. Raises AwsError."""
    return await world.call(GLOBAL_HOME, "route53", operation, input)


async def zone_of(world: World, name: str = ZONE) -> str:
    """The id of the hosted zone of that name."""
    zones = (await route53(world, "ListHostedZones", {}))["HostedZones"]
    identifier: str = next(zone["Id"] for zone in zones if zone["Name"] == name)
    return identifier.rpartition("/")[2]


async def records(world: World, name: str = NAME) -> dict[str, dict[str, Any]]:
    """The latency record sets of a name, by region."""
    zone = {"HostedZoneId": await zone_of(world)}
    found = (await route53(world, "ListResourceRecordSets", zone))["ResourceRecordSets"]
    return {each["Region"]: each for each in found if each["Name"] == name and "Region" in each}


async def health_checks(world: World) -> dict[str, dict[str, Any]]:
    """The health checks of the service's records, by region; of a calculated one, the first it is made of."""
    checks = {each["Id"]: each for each in (await route53(world, "ListHealthChecks", {}))["HealthChecks"]}

    def probing(id: str) -> dict[str, Any]:
        children = checks[id]["HealthCheckConfig"].get("ChildHealthChecks")
        return probing(children[0]) if children else checks[id]

    return {region: probing(record["HealthCheckId"]) for region, record in (await records(world)).items()}


async def upsert(world: World, record_set: dict[str, Any]) -> None:
    """Write one record set of the service's zone. Raises AwsError."""
    changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record_set}]}
    await route53(world, "ChangeResourceRecordSets", {"HostedZoneId": await zone_of(world), "ChangeBatch": changes})


async def function_in(world: World, region: str) -> dict[str, Any]:
    """The service's function in a region: the one that is told the table."""
    functions = (await world.call(region, "lambda", "ListFunctions", {}))["Functions"]
    return next(f for f in functions if f.get("Environment", {}).get("Variables", {}).get("TABLE_NAME") == TABLE)


async def ship(world: World, region: str, archive: bytes, words: str) -> None:
    """Give the function of one region other code, and wait until it runs. Raises AwsError, NotReady."""
    name = {"FunctionName": (await function_in(world, region))["FunctionName"]}
    await world.call(region, "lambda", "UpdateFunctionCode", {**name, "ZipFile": archive})
    await _updated(world, region, name)
    world.mark("operator", words=f"{words} in {region}", outcome="done")


async def set_environment(world: World, region: str, **variables: str) -> None:
    """Alter environment variables of a region's function. Raises AwsError, NotReady."""
    function = await function_in(world, region)
    name, before = {"FunctionName": function["FunctionName"]}, function["Environment"]["Variables"]
    environment = {"Variables": {**before, **variables}}
    await world.call(region, "lambda", "UpdateFunctionConfiguration", {**name, "Environment": environment})
    await _updated(world, region, name)


async def table_ready(world: World, region: str, table: str) -> None:
    """Wait until a region's table and all its replicas are ACTIVE. Raises AwsError, NotReady."""
    until = world.clock.now() + LONGEST_WAIT_S
    while world.clock.now() < until:
        try:
            found = (await world.call(region, "dynamodb", "DescribeTable", {"TableName": table}))["Table"]
        except AwsError as error:
            if error.status >= 500:
                raise
            found = {"TableStatus": "not there"}
        replicas = found.get("Replicas") or ()
        if found["TableStatus"] == "ACTIVE" and all(r.get("ReplicaStatus") == "ACTIVE" for r in replicas):
            return
        await world.clock.sleep(POLL_S)
    raise NotReady(f"{table} in {region} was not ready within {LONGEST_WAIT_S:g} s.")


def altered(archive: bytes, before: str, after: str, file: str = "app.py") -> bytes:
    """The archive with one place of one of its files written differently."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == file:
                assert content.count(before.encode()) == 1, f"{before!r} is not once in {file}"
                content = content.replace(before.encode(), after.encode())
            new.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


async def _updated(world: World, region: str, name: dict[str, str]) -> None:
    until = world.clock.now() + LONGEST_WAIT_S
    while world.clock.now() < until:
        found = await world.call(region, "lambda", "GetFunctionConfiguration", name)
        if found.get("LastUpdateStatus", "Successful") == "Successful":
            return
        await world.clock.sleep(POLL_S)
    raise NotReady(f"{name['FunctionName']} in {region} was not updated within {LONGEST_WAIT_S:g} s.")
