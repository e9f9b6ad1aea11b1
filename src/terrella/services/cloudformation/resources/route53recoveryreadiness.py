"""AWS::Route53RecoveryReadiness: cells, recovery groups, resource sets, readiness checks. Nothing is checked."""

from __future__ import annotations

from ..tabled import Row

READINESS = "route53-recovery-readiness"
STATE = "State: nothing is checked."
ROWS = (
    Row(
        "AWS::Route53RecoveryReadiness::Cell", READINESS, "CellName Cells Tags", create="CreateCell", name="CellName",
        key="CellName", update="UpdateCell", updated="Cells", show="GetCell",
        attributes={"CellArn": "CellArn", "ParentReadinessScopes": "ParentReadinessScopes"}, delete="DeleteCell",
        tags="map", note=STATE,
    ),
    Row(
        "AWS::Route53RecoveryReadiness::RecoveryGroup", READINESS, "Cells RecoveryGroupName Tags",
        create="CreateRecoveryGroup", name="RecoveryGroupName", key="RecoveryGroupName", update="UpdateRecoveryGroup",
        updated="Cells", show="GetRecoveryGroup", attributes={"RecoveryGroupArn": "RecoveryGroupArn"},
        delete="DeleteRecoveryGroup", tags="map", note=STATE,
    ),
    Row(
        "AWS::Route53RecoveryReadiness::ResourceSet", READINESS, "ResourceSetName ResourceSetType Resources Tags",
        create="CreateResourceSet", name="ResourceSetName", key="ResourceSetName", update="UpdateResourceSet",
        updated="Resources", beside="ResourceSetType", show="GetResourceSet",
        attributes={"ResourceSetArn": "ResourceSetArn"}, delete="DeleteResourceSet", tags="map",
        required="Resources ResourceSetType", note=STATE,
    ),
    Row(
        "AWS::Route53RecoveryReadiness::ReadinessCheck", READINESS, "ReadinessCheckName ResourceSetName Tags",
        create="CreateReadinessCheck", name="ReadinessCheckName", key="ReadinessCheckName",
        update="UpdateReadinessCheck", updated="ResourceSetName", show="GetReadinessCheck",
        attributes={"ReadinessCheckArn": "ReadinessCheckArn"}, delete="DeleteReadinessCheck", tags="map", note=STATE,
    ),
)  # fmt: skip
TYPES = tuple(row.type() for row in ROWS)
