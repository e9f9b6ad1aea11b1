"""control-plane-outage: operations that create, change or delete fail; data planes go on.

Every operation that would change a service's configuration answers 503 ServiceUnavailable. Reading stays
possible, and so does what users live on: items, objects, messages, invocations, DNS answers, health checks.
This is what 7 December 2021 was for Route 53 in us-east-1: for seven hours no record could be changed, and
every record that stood was answered (https://aws.amazon.com/message/12721/).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..core.errors import ServiceUnavailable
from ._fault import Fault
from ._words import EVERYWHERE, parameter, region_or_everywhere, service

_CHANGES = re.compile(
    r"(Abort|Accept|Activate|Add|Allow|Apply|Associate|Attach|Cancel|Change|Confirm|Continue|Copy|Create|Deactivate"
    r"|Delete|Deploy|Deprovision|Deregister|Detach|Disable|Disassociate|Enable|Execute|Failover|Import|Modify"
    r"|Move|Promote|Provision|Publish|Purge|Put|Reboot|Register|Reject|Release|Remove|Replace|Request|Reset"
    r"|Resize|Restore|Revoke|Rollback|Rotate|Run|Schedule|Set|Start|Stop|Switchover|Tag|Terminate|Untag|Update"
    r"|Upgrade|Withdraw)(?=[A-Z]|$)"
)
_DATA_PLANE = {
    "dynamodb": {
        "PutItem", "UpdateItem", "DeleteItem", "ExecuteStatement", "ExecuteTransaction",
    },
    "s3": {
        "PutObject", "DeleteObject", "DeleteObjects", "CopyObject", "CreateMultipartUpload",
        "AbortMultipartUpload",
        "CreateSession", "PutObjectTagging", "DeleteObjectTagging", "PutObjectAcl", "PutObjectLegalHold",
        "PutObjectRetention", "RestoreObject",
    },
    "sqs": {"DeleteMessage", "DeleteMessageBatch", "ChangeMessageVisibility", "ChangeMessageVisibilityBatch"},
    "sns": {"Publish", "PublishBatch"},
    "events": {"PutEvents"},
    "cloudwatch": {"PutMetricData"},
    "logs": {"PutLogEvents", "CreateLogStream"},
    "kinesis": {"PutRecord", "PutRecords"},
    "firehose": {"PutRecord", "PutRecordBatch"},
    "stepfunctions": {"StartExecution", "StartSyncExecution", "StopExecution"},
    "rds-data": {"ExecuteStatement", "RollbackTransaction"},
    "route53-recovery-cluster": {"UpdateRoutingControlState", "UpdateRoutingControlStates"},
    "arc-region-switch": {"StartPlanExecution", "CancelPlanExecution"},
    "arc-zonal-shift": {"StartZonalShift", "CancelZonalShift", "UpdateZonalShift"},
}  # fmt: skip


@dataclass(frozen=True)
class ControlPlaneOutage(Fault):
    """Nothing about `service` can be changed in `region`; `*` is all of them."""

    fis = "aws:fis:inject-api-unavailable-error"
    service: str = parameter(service, EVERYWHERE)
    region: str = parameter(region_or_everywhere, EVERYWHERE)

    def on_request(self, service: str, operation: str, region: str) -> None:
        """Raises ServiceUnavailable for an operation of the control plane that is out."""
        if self.service not in (EVERYWHERE, service) or self.region not in (EVERYWHERE, region):
            return
        if changes_configuration(service, operation):
            raise ServiceUnavailable("Service is unable to handle request.")

    def describe(self) -> str:
        what = "nothing" if self.service == EVERYWHERE else f"nothing in {self.service}"
        where = "anywhere" if self.region == EVERYWHERE else f"in {self.region}"
        return f"{what} can be created, changed or deleted {where}"


def changes_configuration(service: str, operation: str) -> bool:
    """Does an operation belong to the changing half of a control plane?"""
    return bool(_CHANGES.match(operation)) and operation not in _DATA_PLANE.get(service, ())
