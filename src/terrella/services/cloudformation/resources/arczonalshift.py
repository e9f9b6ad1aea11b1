"""AWS::ARCZonalShift: ZonalAutoshiftConfiguration, AutoshiftObserverNotificationStatus."""

from __future__ import annotations

from typing import Any

from ..resource import Resource
from ..resource_type import ResourceType

Plain = dict[str, Any]
ARC = "arc-zonal-shift"
PARTS = {
    "BlockedDates": "blockedDates",
    "BlockedWindows": "blockedWindows",
    "AllowedWindows": "allowedWindows",
    "BlockingAlarms": "blockingAlarms",
    "OutcomeAlarms": "outcomeAlarms",
}

autoshift = ResourceType(
    "AWS::ARCZonalShift::ZonalAutoshiftConfiguration",
    properties="PracticeRunConfiguration ResourceIdentifier ZonalAutoshiftStatus",
    create_only="ResourceIdentifier",
    gone="ResourceNotFoundException",
)
observer = ResourceType(
    "AWS::ARCZonalShift::AutoshiftObserverNotificationStatus",
    properties="Status",
    required="Status",
    create_only="Status",
    attributes="AccountId Region",
)


@autoshift.creates
async def create_autoshift(resource: Resource) -> str:
    arn = str(resource.get("ResourceIdentifier"))
    practice = _practice(resource)
    if practice:
        await resource.call(ARC, "CreatePracticeRunConfiguration", {"resourceIdentifier": arn, **practice})
    await _set_status(resource, arn)
    return arn


@autoshift.updates
async def update_autoshift(resource: Resource) -> None:
    arn = {"resourceIdentifier": resource.physical_id}
    had = bool(resource.before and resource.before["properties"].get("PracticeRunConfiguration"))
    practice = _practice(resource)
    if practice and resource.changed("PracticeRunConfiguration"):
        verb = "Update" if had else "Create"
        await resource.call(ARC, f"{verb}PracticeRunConfiguration", {**arn, **practice})
    await _set_status(resource, resource.physical_id)
    if had and not practice:
        await resource.call(ARC, "DeletePracticeRunConfiguration", arn)


@autoshift.deletes
async def delete_autoshift(resource: Resource) -> None:
    """Disabled first, as the API demands."""
    arn = {"resourceIdentifier": resource.physical_id}
    if resource.get("PracticeRunConfiguration"):
        await resource.call(ARC, "UpdateZonalAutoshiftConfiguration", {**arn, "zonalAutoshiftStatus": "DISABLED"})
        await resource.call(ARC, "DeletePracticeRunConfiguration", arn)


@observer.creates
async def create_observer(resource: Resource) -> str:
    await resource.call(ARC, "UpdateAutoshiftObserverNotificationStatus", {"status": resource.get("Status")})
    return f"{resource.account}|{resource.region}"


@observer.reads
async def observer_attributes(resource: Resource) -> Plain:
    return {"AccountId": resource.account, "Region": resource.region}


@observer.deletes
async def delete_observer(resource: Resource) -> None:
    await resource.call(ARC, "UpdateAutoshiftObserverNotificationStatus", {"status": "DISABLED"})


async def _set_status(resource: Resource, arn: str) -> None:
    status = resource.get("ZonalAutoshiftStatus")
    if status and (resource.changed("ZonalAutoshiftStatus") or resource.before is None):
        given = {"resourceIdentifier": arn, "zonalAutoshiftStatus": status}
        await resource.call(ARC, "UpdateZonalAutoshiftConfiguration", given)


def _practice(resource: Resource) -> Plain:
    """A practice run configuration as the API has it."""
    given = resource.get("PracticeRunConfiguration") or {}
    found = {PARTS[name]: value for name, value in given.items() if name in PARTS}
    for name in ("blockingAlarms", "outcomeAlarms"):
        if name in found:
            alarms = [{"type": each["Type"], "alarmIdentifier": each["AlarmIdentifier"]} for each in found[name]]
            found[name] = alarms
    return found
