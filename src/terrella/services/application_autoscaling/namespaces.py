"""What may be a target: for each scalable dimension how its resources are named, how small they may be, the role that
scales them, and which policies they may have.

Only DynamoDB's have a capacity that anything here has; those of the other services are kept, validated and told.
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ...core.errors import ValidationException

Plain = dict[str, Any]

SCALED = "dynamodb"
UNSUPPORTED = "Unsupported service namespace, resource type or scalable dimension"


@dataclass(frozen=True, slots=True)
class Kind:
    """Resources of one dimension. `metrics` are how the names of its predefined metrics begin, beside the load
    balancer's; `steps` and `tracks` whether policies of these types are for it."""

    form: str
    metrics: tuple[str, ...]
    least: int = 1
    steps: bool = True
    tracks: bool = True

    def named(self, resource: str) -> bool:
        """Whether an id has the form of this kind's."""
        return re.fullmatch(self.form, resource) is not None


_NAME = r"[^/:\s]+"
_ARN = r"arn:aws[a-z-]*:%s:[a-z0-9-]+:\d{12}:%s/.+"
_ALB = "ALBRequestCountPerTarget"
_TABLE, _INDEX = r"table/[A-Za-z0-9_.-]+", r"table/[A-Za-z0-9_.-]+/index/[A-Za-z0-9_.-]+"
_VARIANT, _KEYSPACE = f"endpoint/{_NAME}/variant/{_NAME}", r"keyspace/\w+/table/\w+"
_NODES = ("ElastiCachePrimaryEngine", "ElastiCacheEngine", "ElastiCacheDatabase")


def _only_tracked(form: str, *metrics: str, least: int = 1) -> Kind:
    return Kind(form, metrics, least, steps=False)


# What has no steps, and who may be at nothing: PolicyType of PutScalingPolicy, MinCapacity of RegisterScalableTarget.
KINDS = {
    "ecs:service:DesiredCount": Kind(f"service/{_NAME}/{_NAME}", ("ECSService", _ALB), 0),
    "ec2:spot-fleet-request:TargetCapacity": Kind(r"spot-fleet-request/sfr-[\w-]+", ("EC2SpotFleet", _ALB), 0),
    "elasticmapreduce:instancegroup:InstanceCount": Kind(r"instancegroup/j-\w+/ig-\w+", (), 0, tracks=False),
    "appstream:fleet:DesiredCapacity": Kind(f"fleet/{_NAME}", ("AppStream",), 0),
    "dynamodb:table:ReadCapacityUnits": _only_tracked(_TABLE, "DynamoDBRead"),
    "dynamodb:table:WriteCapacityUnits": _only_tracked(_TABLE, "DynamoDBWrite"),
    "dynamodb:index:ReadCapacityUnits": _only_tracked(_INDEX, "DynamoDBRead"),
    "dynamodb:index:WriteCapacityUnits": _only_tracked(_INDEX, "DynamoDBWrite"),
    "rds:cluster:ReadReplicaCount": Kind(f"cluster:{_NAME}", ("RDSReader",), 0),
    "sagemaker:variant:DesiredInstanceCount": Kind(
        _VARIANT, ("SageMakerVariantInvocations", "SageMakerVariantConcurrent"), 0
    ),
    "sagemaker:variant:DesiredProvisionedConcurrency": Kind(_VARIANT, ("SageMakerVariantProvisioned",), 0),
    "sagemaker:inference-component:DesiredCopyCount": Kind(
        f"inference-component/{_NAME}", ("SageMakerInferenceComponent",), 0
    ),
    "custom-resource:ResourceType:Property": Kind(r"https?://\S+", (), 0),
    "comprehend:document-classifier-endpoint:DesiredInferenceUnits": _only_tracked(
        _ARN % ("comprehend", "document-classifier-endpoint"), "Comprehend"
    ),
    "comprehend:entity-recognizer-endpoint:DesiredInferenceUnits": _only_tracked(
        _ARN % ("comprehend", "entity-recognizer-endpoint"), "Comprehend"
    ),
    # the name of a version or an alias; $LATEST has no provisioned concurrency
    "lambda:function:ProvisionedConcurrency": _only_tracked(r"function:[\w-]+:[\w-]+", "Lambda", least=0),
    "cassandra:table:ReadCapacityUnits": _only_tracked(_KEYSPACE, "CassandraRead"),
    "cassandra:table:WriteCapacityUnits": _only_tracked(_KEYSPACE, "CassandraWrite"),
    "kafka:broker-storage:VolumeSize": _only_tracked(_ARN % ("kafka", "cluster"), "Kafka"),
    "elasticache:cache-cluster:Nodes": _only_tracked(f"cache-cluster/{_NAME}", *_NODES),
    "elasticache:replication-group:NodeGroups": _only_tracked(f"replication-group/{_NAME}", *_NODES),
    "elasticache:replication-group:Replicas": _only_tracked(f"replication-group/{_NAME}", "ElastiCacheReplica"),
    "neptune:cluster:ReadReplicaCount": _only_tracked(f"cluster:{_NAME}", "NeptuneReader"),
    "workspaces:workspacespool:DesiredUserSessions": Kind(r"workspacespool/wspool-[\w-]+", ("WorkSpaces",)),
}

_ROLES = {
    "ecs": "ECSService", "ec2": "EC2SpotFleetRequest", "appstream": "AppStreamFleet", "dynamodb": "DynamoDBTable",
    "rds": "RDSCluster", "sagemaker": "SageMakerEndpoint", "custom-resource": "CustomResource",
    "comprehend": "ComprehendEndpoint", "lambda": "LambdaConcurrency", "cassandra": "CassandraTable",
    "kafka": "KafkaCluster", "elasticache": "ElastiCacheRG", "neptune": "NeptuneCluster",
    "workspaces": "WorkSpacesPool",
}  # fmt: skip


def namespace_of(dimension: str) -> str:
    """The service a dimension is of."""
    return dimension.split(":")[0]


def check_pair(input: Plain) -> None:
    """ValidationException if a request names a dimension of another service than its namespace's."""
    dimension = input.get("ScalableDimension")
    if dimension is not None and (dimension not in KINDS or namespace_of(dimension) != input["ServiceNamespace"]):
        raise ValidationException(UNSUPPORTED)


def check_resource(resource: str, dimension: str) -> None:
    """ValidationException unless an id has the form of its dimension's."""
    if not KINDS[dimension].named(resource):
        raise ValidationException("ResourceId is not valid for the ScalableDimension: " + resource)


def role_of(namespace: str, account: str) -> str:
    """The ARN of the role that a service has for this. ValidationException for those that have none.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html
    """
    if namespace not in _ROLES:
        raise ValidationException(f"RoleARN is required for the service namespace: {namespace}")
    host = f"{namespace}.application-autoscaling.amazonaws.com"
    name = f"AWSServiceRoleForApplicationAutoScaling_{_ROLES[namespace]}"
    return f"arn:aws:iam::{account}:role/aws-service-role/{host}/{name}"
