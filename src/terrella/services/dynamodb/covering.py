"""Which parameters are kept and told without effect, and which are refused by name; all others work."""

from __future__ import annotations

from .state import service
from .table_updates import REFUSED as REFUSED_IN_UPDATES
from .tables import REFUSED

_KEPT = "state only"
_STATE = ("OnDemandThroughput", "ResourcePolicy", "SSESpecification", "TableClass", "WarmThroughput")

service.parameters |= {
    "CreateTable": {**dict.fromkeys(_STATE, _KEPT), **dict.fromkeys(REFUSED, "refused")},
    "UpdateTable": {**dict.fromkeys(_STATE, _KEPT), **dict.fromkeys(REFUSED_IN_UPDATES, "refused")},
    "RestoreTableFromBackup": {"SSESpecificationOverride": _KEPT, "OnDemandThroughputOverride": _KEPT},
    "RestoreTableToPointInTime": {"SSESpecificationOverride": _KEPT, "OnDemandThroughputOverride": _KEPT},
    "PutResourcePolicy": {"Policy": _KEPT, "ConfirmRemoveSelfResourceAccess": _KEPT},
    "UpdateContributorInsights": {"ContributorInsightsAction": _KEPT, "ContributorInsightsMode": _KEPT},
    "EnableKinesisStreamingDestination": {"StreamArn": _KEPT, "EnableKinesisStreamingConfiguration": _KEPT},
    "DisableKinesisStreamingDestination": {"StreamArn": _KEPT, "EnableKinesisStreamingConfiguration": _KEPT},
    "UpdateKinesisStreamingDestination": {"StreamArn": _KEPT, "UpdateKinesisStreamingConfiguration": _KEPT},
}
for _restoring in ("RestoreTableFromBackup", "RestoreTableToPointInTime"):
    service.parameters[_restoring]["VectorIndexOverride"] = "refused"
