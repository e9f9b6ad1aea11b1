"""AWS::ECS: clusters, task definitions and services. All of it is state: no container is started."""

from __future__ import annotations

from ..resource import Resource
from ..resource_type import ResourceType
from ..tabled import Row

STATE = "State: no container is started."
SERVICE = (
    "AvailabilityZoneRebalancing CapacityProviderStrategy DeploymentConfiguration DesiredCount EnableECSManagedTags "
    "EnableExecuteCommand HealthCheckGracePeriodSeconds LoadBalancers NetworkConfiguration PlacementConstraints "
    "PlacementStrategies PlatformVersion PropagateTags ServiceConnectConfiguration ServiceRegistries TaskDefinition"
)
ROWS = (
    Row(
        "AWS::ECS::Cluster", "ecs",
        "CapacityProviders ClusterName ClusterSettings Configuration DefaultCapacityProviderStrategy "
        "ServiceConnectDefaults Tags",
        create="CreateCluster", name="ClusterName", key="cluster", renamed={"ClusterSettings": "settings"},
        update="UpdateCluster", updated="ClusterSettings Configuration ServiceConnectDefaults",
        show="DescribeClusters", show_key="clusters", shows="clusters.0", attributes={"Arn": "clusterArn"},
        delete="DeleteCluster", tags="lower", note=STATE,
    ),
    Row(
        "AWS::ECS::TaskDefinition", "ecs",
        "ContainerDefinitions Cpu EnableFaultInjection EphemeralStorage ExecutionRoleArn Family InferenceAccelerators "
        "IpcMode Memory NetworkMode PidMode PlacementConstraints ProxyConfiguration RequiresCompatibilities "
        "RuntimePlatform Tags TaskRoleArn Volumes",
        create="RegisterTaskDefinition", made="taskDefinition.taskDefinitionArn", name="Family",
        key="taskDefinition", attributes={"TaskDefinitionArn": "{id}"}, delete="DeregisterTaskDefinition",
        tags="lower", note=STATE,
    ),
    Row(
        "AWS::ECS::Service", "ecs",
        f"{SERVICE} Cluster DeploymentController LaunchType Role SchedulingStrategy ServiceName Tags "
        "VolumeConfigurations",
        create="CreateService", made="service.serviceArn", name="ServiceName", longest_name=255, key="service",
        renamed={"PlacementStrategies": "placementStrategy"}, beside="Cluster",
        update="UpdateService", updated=SERVICE, show="DescribeServices", show_key="services", shows="services.0",
        attributes={"Name": "serviceName", "ServiceArn": "serviceArn"}, delete="DeleteService",
        fixed={"force": True}, tags="lower", ignored="ForceNewDeployment VpcLatticeConfigurations",
        note=f"{STATE} Nothing is registered with its target groups.",
    ),
    Row(
        "AWS::ECS::CapacityProvider", "ecs", "AutoScalingGroupProvider Name Tags", create="CreateCapacityProvider",
        name="Name", key="capacityProvider", delete="DeleteCapacityProvider", tags="lower", note=STATE,
    ),
)  # fmt: skip
TYPES = tuple(row.type() for row in ROWS)
providers = ResourceType(
    "AWS::ECS::ClusterCapacityProviderAssociations",
    properties="CapacityProviders Cluster DefaultCapacityProviderStrategy",
    required="CapacityProviders Cluster DefaultCapacityProviderStrategy",
    create_only="Cluster",
    note=STATE,
)


@providers.creates
async def associate(resource: Resource) -> str:
    await put_providers(resource)
    return str(resource.get("Cluster"))


@providers.updates
async def put_providers(resource: Resource) -> None:
    strategy = [
        {"capacityProvider": each["CapacityProvider"], "base": each.get("Base"), "weight": each.get("Weight")}
        for each in resource.get("DefaultCapacityProviderStrategy")
    ]
    input = {"cluster": resource.get("Cluster"), "capacityProviders": resource.get("CapacityProviders")}
    await resource.call("ecs", "PutClusterCapacityProviders", {**input, "defaultCapacityProviderStrategy": strategy})


@providers.deletes
async def dissociate(resource: Resource) -> None:
    nobody: dict[str, list[str]] = {"capacityProviders": [], "defaultCapacityProviderStrategy": []}
    await resource.call("ecs", "PutClusterCapacityProviders", {"cluster": resource.physical_id, **nobody})
