"""Samples of resource types that stand around the rest of a template: (properties, changed to these)."""

from __future__ import annotations

from typing import Any

from terrella.core.kinds import kinds
from terrella.services.cloudformation.tabled import Row
from terrella.wire import model
from terrella.wire.shape import Shape

Plain = dict[str, Any]
POLICY = [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17"}}]
REST = {"RestApiId": "api"}
SCALED = {"ResourceId": "service/c/s", "ScalableDimension": "ecs:service:DesiredCount", "ServiceNamespace": "ecs"}
TARGETS = [{"Id": "1", "Arn": "arn", "EcsParameters": {"TaskDefinitionArn": "arn"}}]

AROUND: dict[str, tuple[Plain, Plain]] = {
    "AWS::ApiGateway::RestApi": (
        {"Name": "n", "Policy": {"Version": "2012-10-17"}, "EndpointConfiguration": {"Types": ["REGIONAL"]}},
        {"Body": {"info": {"title": "t"}}, "BinaryMediaTypes": ["a/b"], "Description": "d"},
    ),
    "AWS::ApiGateway::Resource": ({**REST, "ParentId": "p", "PathPart": "a"}, {}),
    "AWS::ApiGateway::Method": (
        {
            **REST,
            "ResourceId": "r",
            "HttpMethod": "GET",
            "MethodResponses": [{"StatusCode": 200}],
            "Integration": {"Type": "MOCK", "IntegrationResponses": [{"StatusCode": "200"}], "Uri": "arn"},
        },
        {"AuthorizationType": "NONE", "ApiKeyRequired": "true"},
    ),
    "AWS::ApiGateway::Deployment": (
        {**REST, "StageName": "s", "StageDescription": {"Variables": {"a": "b"}}},
        {"Description": "d"},
    ),
    "AWS::ApiGateway::Stage": (
        {**REST, "StageName": "s", "DeploymentId": "d"},
        {
            "Variables": {"a": "b"},
            "TracingEnabled": "true",
            "MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingBurstLimit": 5}],
        },
    ),
    "AWS::ApiGateway::Model": ({**REST, "Schema": {"type": "object"}}, {"Schema": {"type": "string"}}),
    "AWS::ApiGateway::GatewayResponse": ({**REST, "ResponseType": "DEFAULT_4XX"}, {"StatusCode": "404"}),
    "AWS::ApiGateway::UsagePlan": (
        {"ApiStages": [{"ApiId": "a", "Stage": "s"}], "Quota": {"Limit": 5, "Period": "DAY"}},
        {"ApiStages": [], "Description": "d", "Throttle": {"RateLimit": 5}},
    ),
    "AWS::ApiGateway::Account": ({}, {"CloudWatchRoleArn": "arn"}),
    "AWS::ApiGateway::DomainName": (
        {"DomainName": "d", "RegionalCertificateArn": "arn", "EndpointConfiguration": {"Types": ["REGIONAL"]}},
        {"RegionalCertificateArn": "arn2"},
    ),
    "AWS::ApiGateway::BasePathMapping": ({**REST, "DomainName": "d"}, {"Stage": "s"}),
    "AWS::ARCRegionSwitch::Plan": (
        {
            "Name": "p",
            "ExecutionRole": "arn",
            "RecoveryApproach": "activeActive",
            "Regions": ["us-east-1", "eu-west-1"],
            "Workflows": [{"WorkflowTargetAction": "activate"}],
        },
        {"Description": "d", "RecoveryTimeObjectiveMinutes": "5"},
    ),
    "AWS::ElasticLoadBalancingV2::TrustStore": (
        {"Name": "n", "CaCertificatesBundleS3Bucket": "b", "CaCertificatesBundleS3Key": "k", "Tags": []},
        {"CaCertificatesBundleS3Key": "other"},
    ),
    "AWS::ElasticLoadBalancingV2::TrustStoreRevocation": (
        {"TrustStoreArn": "arn", "RevocationContents": [{"S3Bucket": "b", "S3Key": "k", "RevocationType": "CRL"}]},
        {},
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        {
            **SCALED,
            "MinCapacity": "1",
            "MaxCapacity": 5,
            "ScheduledActions": [
                {
                    "ScheduledActionName": "night",
                    "Schedule": "cron(0 22 * * ? *)",
                    "StartTime": "2026-01-01T00:00:00Z",
                    "ScalableTargetAction": {"MinCapacity": "0"},
                },
            ],
        },
        {"SuspendedState": {"DynamicScalingInSuspended": "true"}, "ScheduledActions": []},
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": (
        {"PolicyName": "p", "PolicyType": "StepScaling", "ScalingTargetId": "|".join(SCALED.values())},
        {
            "StepScalingPolicyConfiguration": {
                "AdjustmentType": "ChangeInCapacity",
                "Cooldown": "60",
                "MetricAggregationType": "Average",
                "StepAdjustments": [{"MetricIntervalLowerBound": "0", "ScalingAdjustment": "1"}],
            }
        },
    ),
    "AWS::AutoScaling::LaunchConfiguration": ({"ImageId": "ami", "InstanceMonitoring": "true"}, {}),
    "AWS::AutoScaling::AutoScalingGroup": (
        {
            "MinSize": "1",
            "MaxSize": "2",
            "VPCZoneIdentifier": ["a", "b"],
            "Cooldown": "5",
            "Tags": [{"Key": "k", "Value": "v", "PropagateAtLaunch": "false"}],
        },
        {"TargetGroupARNs": ["arn"], "DesiredCapacity": "2"},
    ),
    "AWS::AutoScaling::ScalingPolicy": ({"AutoScalingGroupName": "g"}, {"ScalingAdjustment": "1"}),
    "AWS::EC2::LaunchTemplate": (
        {"LaunchTemplateData": {"ImageId": "ami"}},
        {"LaunchTemplateData": {"ImageId": "ami2"}, "VersionDescription": "v"},
    ),
    "AWS::EC2::KeyPair": ({"KeyName": "k"}, {"Tags": [{"Key": "k", "Value": "v"}]}),
    "AWS::EC2::NetworkAclEntry": (
        {"NetworkAclId": "a", "Protocol": "6", "RuleAction": "allow", "RuleNumber": "100"},
        {"CidrBlock": "10.0.0.0/8", "PortRange": {"From": "1", "To": "2"}},
    ),
    "AWS::EC2::FlowLog": ({"ResourceId": "vpc", "ResourceType": "VPC"}, {"Tags": [{"Key": "k", "Value": "v"}]}),
    "AWS::EC2::SubnetNetworkAclAssociation": ({"NetworkAclId": "a", "SubnetId": "s"}, {}),
    "AWS::EC2::VPCEndpointServicePermissions": (
        {"ServiceId": "s", "AllowedPrincipals": ["a"]},
        {"AllowedPrincipals": ["b"]},
    ),
    "AWS::ECS::ClusterCapacityProviderAssociations": (
        {
            "Cluster": "c",
            "CapacityProviders": ["FARGATE"],
            "DefaultCapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": "1"}],
        },
        {"CapacityProviders": []},
    ),
    "AWS::Events::Rule": (
        {"EventPattern": {"source": ["a"]}, "Targets": TARGETS, "EventBusName": "b"},
        {"State": "DISABLED", "Targets": []},
    ),
    "AWS::Events::EventBusPolicy": (
        {"StatementId": "s", "Statement": {"Effect": "Allow"}},
        {"Action": "events:PutEvents"},
    ),
    "AWS::IAM::User": (
        {"Groups": ["g"], "Policies": POLICY, "ManagedPolicyArns": ["arn"]},
        {"Groups": [], "Policies": [], "ManagedPolicyArns": []},
    ),
    "AWS::IAM::Group": ({"Policies": POLICY, "ManagedPolicyArns": ["arn"]}, {"Policies": [], "ManagedPolicyArns": []}),
    "AWS::IAM::ServiceLinkedRole": ({"AWSServiceName": "ecs.amazonaws.com"}, {}),
    "AWS::IAM::UserToGroupAddition": ({"GroupName": "g", "Users": ["u"]}, {"Users": ["v"]}),
    "AWS::Route53Resolver::ResolverRuleAssociation": ({"ResolverRuleId": "r", "VPCId": "v"}, {}),
    "AWS::StepFunctions::StateMachine": (
        {"RoleArn": "arn", "DefinitionString": "${a}", "DefinitionSubstitutions": {"a": "{}"}},
        {"Definition": {"States": {}}, "LoggingConfiguration": {"Level": "ALL"}},
    ),
}


def rows() -> dict[str, tuple[Plain, Plain]]:
    """Samples of the types that a row describes, made from what its operations take."""
    modules = kinds("terrella.services.cloudformation.resources").values()
    return {row.type_name: _sampled(row) for module in modules for row in getattr(module, "ROWS", ())}


def _sampled(row: Row) -> tuple[Plain, Plain]:
    properties = {name: _value(row, row.create, name) for name in row.properties.split() if name != "Tags"}
    if row.tags != "none":
        properties |= {name: _tags(row) for name in row.properties.split() if name == "Tags"}
    altered = [name for name in row.updated.split() if properties[name] == "text"]
    return properties, {name: "other" for name in altered[:1]}


def _tags(row: Row) -> Any:
    return {"k": "v"} if row.tags == "map" else [{"Key": "k", "Value": "v"}]


def _value(row: Row, operation: str, name: str) -> Any:
    shape = model.load(row.service).operations[operation].input
    assert shape is not None
    spelt = {member.lower(): member for member in shape.members}
    return _of(shape.members[spelt[row.renamed.get(name, name).lower()]])


def _of(shape: Shape, depth: int = 0) -> Any:
    if shape.kind == "structure":
        return {name.upper(): _of(each, depth + 1) for name, each in shape.members.items()} if depth < 3 else {}
    if shape.kind == "list":
        return [_of(shape.member, depth + 1)]
    if shape.kind == "map":
        return {"key": _of(shape.value, depth + 1)}
    return {"string": "text", "boolean": "true", "blob": "", "timestamp": 0.0}.get(shape.kind, "1")
