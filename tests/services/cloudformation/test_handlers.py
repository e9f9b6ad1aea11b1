"""Every handler speaks its service's model: what it sends has the model's members and types, nothing else.

The services answer with anything their model allows, so this holds whatever they come to do; that they do the
right thing is tested where they are.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from samples import AROUND, rows

from terrella.core.errors import AwsError
from terrella.services.cloudformation.registry import types
from terrella.services.cloudformation.resource import Resource, tags_of
from terrella.services.cloudformation.shaping import shaped
from terrella.wire import model
from terrella.wire.shape import Shape

DOCUMENT = {"Version": "2012-10-17", "Statement": []}
API = {"ApiId": "abc"}
RECORD = {"Name": "a.example.com", "Type": "A", "TTL": "60", "ResourceRecords": ["192.0.2.1"]}
ALIAS = {"Name": "b.example.com", "Type": "A", "AliasTarget": {"DNSName": "x", "HostedZoneId": "Z2"}}
OPENAPI = {
    "info": {"title": "t", "version": "1"},
    "paths": {"/": {"get": {"x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": "arn"}}}},
}
FORWARD = [{"Type": "forward", "TargetGroupArn": "arn", "Order": "1"}]
KEYS = [{"AttributeName": "id", "KeyType": "HASH"}]
ATTRIBUTES = [{"AttributeName": "id", "AttributeType": "S"}]
INDEX = {"IndexName": "i", "KeySchema": KEYS, "Projection": {"ProjectionType": "ALL"}}
SCALING = {"MinCapacity": "1", "MaxCapacity": 9, "TargetTrackingScalingPolicyConfiguration": {"TargetValue": "70"}}
READS = {"ReadProvisionedThroughputSettings": {"ReadCapacityAutoScalingSettings": SCALING}}
WRITES = {"WriteProvisionedThroughputSettings": {"WriteCapacityAutoScalingSettings": SCALING}}

# type: (properties, changed to these)
SAMPLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "AWS::ApiGatewayV2::Api": (
        {
            "Name": "n",
            "ProtocolType": "HTTP",
            "CorsConfiguration": {"AllowOrigins": ["*"]},
            "Tags": {"a": "b"},
        },
        {"Body": OPENAPI, "FailOnWarnings": "true", "DisableExecuteApiEndpoint": "false"},
    ),
    "AWS::ApiGatewayV2::Stage": (
        {**API, "StageName": "$default", "AutoDeploy": "true"},
        {"Description": "d"},
    ),
    "AWS::ApiGatewayV2::Route": ({**API, "RouteKey": "GET /"}, {"Target": "integrations/i"}),
    "AWS::ApiGatewayV2::Integration": ({**API, "IntegrationType": "AWS_PROXY"}, {"TimeoutInMillis": "9"}),
    "AWS::ApiGatewayV2::Authorizer": (
        {**API, "AuthorizerType": "REQUEST", "Name": "n", "AuthorizerPayloadFormatVersion": 2.0},
        {"IdentitySource": ["$request.header.a"], "AuthorizerResultTtlInSeconds": "9"},
    ),
    "AWS::ApiGatewayV2::Deployment": ({**API, "StageName": "s"}, {"Description": "d"}),
    "AWS::ApiGatewayV2::DomainName": (
        {"DomainName": "d", "DomainNameConfigurations": [{"CertificateArn": "arn"}]},
        {"RoutingMode": "x"},
    ),
    "AWS::ApiGatewayV2::ApiMapping": ({**API, "DomainName": "d", "Stage": "s"}, {"ApiMappingKey": "v1"}),
    "AWS::CertificateManager::Certificate": (
        {
            "DomainName": "text",
            "ValidationMethod": "DNS",
            "SubjectAlternativeNames": ["b"],
            "DomainValidationOptions": [{"DomainName": "text", "HostedZoneId": "Z1"}],
        },
        {"CertificateTransparencyLoggingPreference": "DISABLED"},
    ),
    "AWS::CloudWatch::Dashboard": ({"DashboardBody": '{"widgets": []}'}, {"DashboardBody": {"widgets": []}}),
    "AWS::SecretsManager::Secret": (
        {"GenerateSecretString": {"SecretStringTemplate": "{}", "GenerateStringKey": "p", "PasswordLength": "9"}},
        {"SecretString": "s"},
    ),
    "AWS::CloudWatch::Alarm": (
        {
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": "1",
            "Threshold": "180000",
            "MetricName": "ReplicationLatency",
            "Namespace": "AWS/DynamoDB",
            "Statistic": "Average",
            "Period": "60",
            "Dimensions": [{"Name": "TableName", "Value": "t"}],
        },
        {"Threshold": 1.5, "Tags": [{"Key": "a", "Value": "b"}]},
    ),
    "AWS::DynamoDB::Table": (
        {
            "KeySchema": KEYS,
            "AttributeDefinitions": ATTRIBUTES,
            "BillingMode": "PAY_PER_REQUEST",
            "TimeToLiveSpecification": {"AttributeName": "t", "Enabled": "true"},
            "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
            "SSESpecification": {"SSEEnabled": "true"},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": "true"},
        },
        {
            "GlobalSecondaryIndexes": [INDEX],
            "ProvisionedThroughput": {"ReadCapacityUnits": "1", "WriteCapacityUnits": "1"},
            "BillingMode": "PROVISIONED",
        },
    ),
    "AWS::DynamoDB::GlobalTable": (
        {
            "KeySchema": KEYS,
            "AttributeDefinitions": ATTRIBUTES,
            "GlobalSecondaryIndexes": [{**INDEX, **WRITES}],
            "Replicas": [
                {"Region": "eu-west-1", "Tags": [{"Key": "a", "Value": "b"}], **READS},
                {"Region": "text", "GlobalSecondaryIndexes": [{"IndexName": "i", **READS}]},
            ],
            **WRITES,
        },
        {"BillingMode": "PAY_PER_REQUEST"},
    ),
    "AWS::EC2::VPC": (
        {"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": "true"},
        {"EnableDnsHostnames": True, "Tags": [{"Key": "a", "Value": "b"}]},
    ),
    "AWS::EC2::Subnet": ({"VpcId": "v", "CidrBlock": "10.0.0.0/24"}, {"MapPublicIpOnLaunch": "true"}),
    "AWS::EC2::SecurityGroup": (
        {
            "GroupDescription": "g",
            "VpcId": "v",
            "SecurityGroupIngress": [
                {"IpProtocol": "tcp", "FromPort": "80", "ToPort": 80, "CidrIp": "0.0.0.0/0", "Description": "d"},
                {"IpProtocol": -1, "SourceSecurityGroupId": "sg", "CidrIpv6": "::/0", "SourcePrefixListId": "p"},
            ],
        },
        {"SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}], "SecurityGroupIngress": None},
    ),
    "AWS::EC2::SecurityGroupIngress": (
        {"GroupId": "g", "IpProtocol": "tcp", "FromPort": "80", "ToPort": "80", "CidrIp": "10.0.0.0/8"},
        {},
    ),
    "AWS::EC2::SecurityGroupEgress": (
        {"GroupId": "g", "IpProtocol": -1, "DestinationSecurityGroupId": "h"},
        {},
    ),
    "AWS::EC2::EIP": ({"Domain": "vpc", "InstanceId": "i"}, {"InstanceId": "j"}),
    "AWS::EC2::EIPAssociation": ({"AllocationId": "a", "InstanceId": "i"}, {}),
    "AWS::EC2::NatGateway": ({"SubnetId": "s", "AllocationId": "a"}, {"Tags": [{"Key": "a", "Value": "b"}]}),
    "AWS::EC2::VPCEndpoint": (
        {"VpcId": "v", "ServiceName": "com.amazonaws.eu-west-1.s3", "RouteTableIds": ["r"]},
        {"RouteTableIds": ["q"], "PolicyDocument": DOCUMENT},
    ),
    "AWS::EC2::Instance": (
        {"ImageId": "ami", "InstanceType": "t3.micro", "SubnetId": "s", "SecurityGroupIds": ["g"], "UserData": "eA=="},
        {"InstanceType": "t3.small", "SecurityGroupIds": ["h"]},
    ),
    "AWS::EC2::InternetGateway": ({}, {"Tags": [{"Key": "a", "Value": "b"}]}),
    "AWS::EC2::VPCGatewayAttachment": ({"VpcId": "v", "InternetGatewayId": "i"}, {}),
    "AWS::EC2::RouteTable": ({"VpcId": "v"}, {"Tags": [{"Key": "a", "Value": "b"}]}),
    "AWS::EC2::Route": (
        {"RouteTableId": "r", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "i"},
        {"GatewayId": "j"},
    ),
    "AWS::EC2::SubnetRouteTableAssociation": ({"RouteTableId": "r", "SubnetId": "s"}, {}),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (
        {"Subnets": ["a", "b"], "LoadBalancerAttributes": [{"Key": "k", "Value": "v"}]},
        {"Subnets": ["a", "c"], "SecurityGroups": ["s"], "IpAddressType": "ipv4"},
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (
        {"Port": "80", "Protocol": "HTTP", "VpcId": "v", "Targets": [{"Id": "i", "Port": "81"}]},
        {
            "HealthCheckIntervalSeconds": "10",
            "Targets": [{"Id": "j"}],
            "TargetGroupAttributes": [{"Key": "k", "Value": "v"}],
            "Tags": [{"Key": "a", "Value": "b"}],
        },
    ),
    "AWS::ElasticLoadBalancingV2::Listener": (
        {"LoadBalancerArn": "arn", "Port": "80", "Protocol": "HTTP", "DefaultActions": FORWARD},
        {"ListenerAttributes": [{"Key": "k", "Value": "v"}], "Tags": [{"Key": "a", "Value": "b"}]},
    ),
    "AWS::ElasticLoadBalancingV2::ListenerRule": (
        {"ListenerArn": "arn", "Priority": "1", "Actions": FORWARD, "Conditions": [{"Field": "f", "Values": ["v"]}]},
        {"Priority": "2", "Tags": [{"Key": "a", "Value": "b"}]},
    ),
    "AWS::ElasticLoadBalancingV2::ListenerCertificate": (
        {"ListenerArn": "arn", "Certificates": [{"CertificateArn": "a"}]},
        {"Certificates": [{"CertificateArn": "b"}]},
    ),
    "AWS::GlobalAccelerator::Accelerator": (
        {"Name": "a", "IpAddressType": "IPV4"},
        {"Enabled": "false", "Tags": [{"Key": "a", "Value": "b"}]},
    ),
    "AWS::GlobalAccelerator::Listener": (
        {"AcceleratorArn": "arn", "Protocol": "TCP", "PortRanges": [{"FromPort": "80", "ToPort": 81}]},
        {"ClientAffinity": "SOURCE_IP"},
    ),
    "AWS::GlobalAccelerator::EndpointGroup": (
        {"ListenerArn": "a", "EndpointGroupRegion": "r", "EndpointConfigurations": [{"EndpointId": "e", "Weight": 1}]},
        {"TrafficDialPercentage": "50", "PortOverrides": [{"ListenerPort": "80", "EndpointPort": "81"}]},
    ),
    "AWS::GlobalAccelerator::CrossAccountAttachment": (
        {"Name": "a", "Principals": ["123456789012"], "Resources": [{"EndpointId": "e", "Region": "r"}]},
        {"Principals": ["210987654321"], "Resources": [{"Cidr": "c"}], "Tags": [{"Key": "a", "Value": "b"}]},
    ),
    "AWS::Route53RecoveryControl::Cluster": ({"Name": "c"}, {"NetworkType": "DUALSTACK"}),
    "AWS::Route53RecoveryControl::ControlPanel": ({"Name": "p", "ClusterArn": "a"}, {"Name": "q"}),
    "AWS::Route53RecoveryControl::RoutingControl": ({"Name": "r", "ControlPanelArn": "a"}, {"Name": "s"}),
    "AWS::Route53RecoveryControl::SafetyRule": (
        {
            "Name": "s", "ControlPanelArn": "a",
            "RuleConfig": {"Type": "ATLEAST", "Threshold": "1", "Inverted": "false"},
            "AssertionRule": {"AssertedControls": ["r"], "WaitPeriodMs": "5000"},
        },
        {"Name": "t", "AssertionRule": {"AssertedControls": ["r"], "WaitPeriodMs": 1}},
    ),
    "AWS::ARCZonalShift::ZonalAutoshiftConfiguration": (
        {
            "ResourceIdentifier": "arn", "ZonalAutoshiftStatus": "ENABLED",
            "PracticeRunConfiguration": {
                "OutcomeAlarms": [{"Type": "CLOUDWATCH", "AlarmIdentifier": "a"}], "BlockedDates": ["2025-01-01"],
            },
        },
        {"ZonalAutoshiftStatus": "DISABLED", "PracticeRunConfiguration": {
            "OutcomeAlarms": [{"Type": "CLOUDWATCH", "AlarmIdentifier": "b"}],
        }},
    ),
    "AWS::ARCZonalShift::AutoshiftObserverNotificationStatus": ({"Status": "ENABLED"}, {}),
    "AWS::ECR::Repository": (
        {
            "ImageScanningConfiguration": {"ScanOnPush": "true"},
            "LifecyclePolicy": {"LifecyclePolicyText": "{}"},
        },
        {"ImageTagMutability": "MUTABLE"},
    ),
    "AWS::IAM::Role": (
        {"AssumeRolePolicyDocument": DOCUMENT, "Policies": [{"PolicyName": "p", "PolicyDocument": DOCUMENT}]},
        {
            "ManagedPolicyArns": ["arn"],
            "MaxSessionDuration": "7200",
            "Policies": [],
            "AssumeRolePolicyDocument": {},
        },
    ),
    "AWS::IAM::Policy": (
        {"PolicyName": "p", "PolicyDocument": DOCUMENT, "Roles": ["a"]},
        {"Users": ["u"], "Roles": []},
    ),
    "AWS::IAM::ManagedPolicy": (
        {"PolicyDocument": DOCUMENT, "Roles": ["a"]},
        {"Groups": ["g"], "Roles": [], "PolicyDocument": {}},
    ),
    "AWS::IAM::InstanceProfile": ({"Roles": ["a"]}, {"Roles": ["b"]}),
    "AWS::KMS::Key": (
        {"KeyPolicy": DOCUMENT, "EnableKeyRotation": "true", "PendingWindowInDays": "7"},
        {"Description": "d", "Enabled": False, "Tags": [{"Key": "a", "Value": "b"}]},
    ),
    "AWS::KMS::Alias": ({"AliasName": "alias/a", "TargetKeyId": "k"}, {"TargetKeyId": "l"}),
    "AWS::Lambda::Function": (
        {
            "Code": {"ZipFile": "def handler(event, context): pass"},
            "Role": "arn",
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "MemorySize": "256",
            "Environment": {"Variables": {"N": 1, "B": True}},
            "ReservedConcurrentExecutions": "5",
        },
        {"Code": {"S3Bucket": "b", "S3Key": "k"}, "Timeout": "9", "Tags": [{"Key": "a", "Value": "b"}]},
    ),
    "AWS::Lambda::Permission": (
        {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "p"},
        {},
    ),
    "AWS::Lambda::Version": ({"FunctionName": "f"}, {}),
    "AWS::Lambda::Alias": (
        {"FunctionName": "f", "FunctionVersion": "1", "Name": "live"},
        {"RoutingConfig": {"AdditionalVersionWeights": [{"FunctionVersion": "2", "FunctionWeight": "0.1"}]}},
    ),
    "AWS::Lambda::Url": ({"TargetFunctionArn": "f", "AuthType": "NONE"}, {"Cors": {"AllowOrigins": ["*"]}}),
    "AWS::Lambda::LayerVersion": ({"Content": {"S3Bucket": "b", "S3Key": "k"}}, {}),
    "AWS::Lambda::EventInvokeConfig": (
        {"FunctionName": "f", "Qualifier": "live"},
        {"MaximumRetryAttempts": "1"},
    ),
    "AWS::Lambda::EventSourceMapping": (
        {"FunctionName": "f", "EventSourceArn": "arn", "StartingPosition": "LATEST"},
        {"BatchSize": "5"},
    ),
    "AWS::Logs::LogGroup": ({"RetentionInDays": "7"}, {"RetentionInDays": "14"}),
    "AWS::Route53::HostedZone": (
        {
            "Name": "example.com",
            "HostedZoneConfig": {"Comment": "c"},
            "HostedZoneTags": [{"Key": "a", "Value": "b"}],
        },
        {"HostedZoneConfig": {"Comment": "d"}},
    ),
    "AWS::Route53::RecordSet": ({"HostedZoneId": "Z1", **RECORD}, {"TTL": "30", "Type": "AAAA"}),
    "AWS::Route53::RecordSetGroup": (
        {"HostedZoneId": "Z1", "RecordSets": [RECORD, {**ALIAS, "Weight": "1", "SetIdentifier": "a"}]},
        {"RecordSets": [ALIAS]},
    ),
    "AWS::Route53::CidrCollection": (
        {"Name": "c", "Locations": [{"LocationName": "a", "CidrList": ["10.0.0.0/16"]}]},
        {"Locations": [{"LocationName": "b", "CidrList": ["10.0.0.0/16"]}]},
    ),
    "AWS::Route53::TrafficPolicy": ({"Name": "p", "Document": "{}"}, {"Comment": "c"}),
    "AWS::Route53::TrafficPolicyInstance": (
        {"HostedZoneId": "Z1", "Name": "a.com", "TTL": "60", "TrafficPolicyId": "p", "TrafficPolicyVersion": "1"},
        {"TTL": 30},
    ),
    "AWS::Route53::DelegationSet": ({}, {}),
    "AWS::Route53::KeySigningKey": (
        {"HostedZoneId": "Z1", "Name": "ksk", "KeyManagementServiceArn": "arn", "Status": "ACTIVE"},
        {"Status": "INACTIVE"},
    ),
    "AWS::Route53::QueryLoggingConfig": ({"HostedZoneId": "Z1", "CloudWatchLogsLogGroupArn": "arn"}, {}),
    "AWS::Route53::DNSSEC": ({"HostedZoneId": "Z1"}, {}),
    "AWS::Route53::HealthCheck": (
        {"HealthCheckConfig": {"Type": "HTTPS", "Port": "443", "RequestInterval": 30}},
        {"HealthCheckConfig": {"Type": "HTTPS", "Port": "8443", "RequestInterval": 30}},
    ),
    "AWS::S3::Bucket": (
        {
            "VersioningConfiguration": {"Status": "Enabled"},
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": "true"},
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
            "WebsiteConfiguration": {"IndexDocument": "index.html"},
            "CorsConfiguration": {"CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAge": "5"}]},
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "Id": "r",
                        "Status": "Enabled",
                        "ExpirationInDays": "3",
                        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": "1"},
                    }
                ]
            },
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        },
        {"VersioningConfiguration": None, "WebsiteConfiguration": None, "Tags": [{"Key": "a", "Value": "b"}]},
    ),
    "AWS::S3::BucketPolicy": ({"Bucket": "b", "PolicyDocument": DOCUMENT}, {"PolicyDocument": {}}),
    "AWS::SNS::Topic": (
        {"DisplayName": "d", "FifoTopic": True, "Subscription": [{"Protocol": "sqs", "Endpoint": "e"}]},
        {"DisplayName": "e"},
    ),
    "AWS::SNS::Subscription": (
        {"TopicArn": "arn", "Protocol": "sqs", "Endpoint": "e", "FilterPolicy": {"a": ["b"]}},
        {"RawMessageDelivery": True},
    ),
    "AWS::SNS::TopicPolicy": ({"Topics": ["arn"], "PolicyDocument": DOCUMENT}, {"PolicyDocument": {}}),
    "AWS::SQS::Queue": (
        {"VisibilityTimeout": 30, "RedrivePolicy": {"maxReceiveCount": 3}, "FifoQueue": True},
        {"VisibilityTimeout": "60", "Tags": [{"Key": "a", "Value": "b"}]},
    ),
    "AWS::SQS::QueuePolicy": ({"Queues": ["url"], "PolicyDocument": DOCUMENT}, {"PolicyDocument": {}}),
    "AWS::SSM::Parameter": ({"Type": "String", "Value": "v", "Tags": {"a": "b"}}, {"Value": 1, "Tags": {}}),
}
SETTLED = {
    "TableStatus": "ACTIVE",
    "IndexStatus": "ACTIVE",
    "ReplicaStatus": "ACTIVE",
    "WitnessStatus": "ACTIVE",
    "State": "Active",
    "Status": "INSYNC",
    "LastUpdateStatus": "Successful",
    "DomainNameStatus": "AVAILABLE",
    "Id": "/x/Z1",
    "LayerVersionArn": "arn:layer:7",
    "FunctionArn": "arn:function:3",
}
WITHOUT_SERVICE = {
    "AWS::CloudFormation::CustomResource",
    "AWS::CDK::Metadata",
    "AWS::CloudFormation::WaitCondition",
    "AWS::CloudFormation::WaitConditionHandle",
    "AWS::CloudFormation::Stack",
}


DEPLOYED = ("Cluster", "ControlPanel", "RoutingControl", "AssertionRule", "GatingRule")


class Gone(AwsError):
    error_code = "ResourceNotFoundException"


class Anything:
    """Stands where a region would: answers every operation with a value its model allows."""

    region, account = "eu-west-1", "123456789012"

    def __init__(self) -> None:
        self.here = self
        self.clock = self
        self.rng = random.Random(1)
        self.deleted: set[str] = set()
        self.asked = 0

    def now(self) -> float:
        return 0.0

    def scaled(self, seconds: float) -> float:
        return seconds

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing was ever going to be ready")

    async def request(self, service: str, operation: str, input: dict[str, Any], region: Any = None) -> Any:
        self.asked += 1
        modelled = model.load(service).operations[operation]
        assert shaped(modelled.input, input) == input
        missing = [
            name for name in (modelled.input.traits.get("required", ()) if modelled.input else ()) if name not in input
        ]
        assert not missing, f"{operation} wants {missing}"
        answer = sample(modelled.output) if modelled.output else {}
        self._note(operation, input, answer)
        return answer

    def _note(self, operation: str, input: dict[str, Any], answer: dict[str, Any]) -> None:
        """Two answers must depend on the question for a handler ever to end its waiting."""
        self._note_deleted(operation, input, answer)
        if operation == "DescribeNetworkAcls":
            answer["NetworkAcls"][0]["Associations"][0]["SubnetId"] = "s"
        if operation in ("GetRoutes", "GetIntegrations", "GetAuthorizers"):
            del answer["NextToken"]
        if operation == "ListTables":
            answer["TableNames"] = []
            del answer["LastEvaluatedTableName"]
        if operation == "DescribeLoadBalancers":
            answer["LoadBalancers"][0]["State"]["Code"] = "active"
        if operation == "DescribeAccelerator":
            answer["Accelerator"]["Status"] = "DEPLOYED"
        if operation == "GetTrafficPolicyInstance":
            answer["TrafficPolicyInstance"]["State"] = "Applied"
        for member, found in answer.items():
            if operation.startswith("Describe") and member in DEPLOYED:
                found["Status"] = "DEPLOYED"
        if operation == "DescribeCertificate":
            answer["Certificate"]["Status"] = "ISSUED"

    def _note_deleted(self, operation: str, input: dict[str, Any], answer: dict[str, Any]) -> None:
        if operation == "DeleteTable":
            self.deleted.add(input["TableName"])
        for update in input.get("ReplicaUpdates", ()) if operation == "UpdateTable" else ():
            self.deleted |= {each["Delete"]["RegionName"] for each in [update] if "Delete" in each}
        if operation == "DescribeTable":
            replicas = answer["Table"]["Replicas"]
            answer["Table"]["Replicas"] = [each for each in replicas if each["RegionName"] not in self.deleted]
        if operation in ("DeleteControlPanel", "DeleteRoutingControl", "DeleteSafetyRule"):
            self.deleted.add(operation.removeprefix("Delete"))
        if operation.removeprefix("Describe") in self.deleted:
            raise Gone("It is no longer there.")


def sample(shape: Shape, depth: int = 0) -> Any:
    if shape.kind == "structure":
        if depth > 6:
            return {}
        return {
            name: SETTLED.get(name) if member.kind == "string" and name in SETTLED else sample(member, depth + 1)
            for name, member in shape.members.items()
        }
    if shape.kind == "list":
        return [sample(shape.member, depth + 1)]
    if shape.kind == "map":
        return {"key": sample(shape.value, depth + 1), "QueueArn": "arn"}
    plain: dict[str, Any] = {"string": "text", "boolean": True, "blob": b"", "timestamp": 0.0}
    return plain.get(shape.kind, 1)


def thing(kind: str, properties: dict[str, Any], physical: str | None) -> dict[str, Any]:
    kept = {name: value for name, value in properties.items() if value is not None}
    return {
        "type": kind,
        "physical": physical,
        "name": "made-up",
        "properties": kept,
        "tags": {"team": "blue"},
    }


ALL = {**SAMPLES, **AROUND, **rows()}


def test_every_type_has_a_sample() -> None:
    assert set(ALL) | WITHOUT_SERVICE == set(types())


@pytest.mark.parametrize("name", sorted(ALL))
def test_what_a_handler_sends_is_what_the_model_wants(name: str) -> None:
    kind, ctx = types()[name], Anything()
    properties, changed = ALL[name]
    assert kind.complaint(properties) is None and kind.complaint(changed | properties) is None
    stack = {"StackId": "arn:stack"}
    resource = Resource(ctx, stack, "L", name, thing(name, properties, None), None, lambda: None)  # type: ignore[arg-type]

    async def live_and_die() -> None:
        physical = await kind.handlers["create"](resource)
        resource.thing = {**resource.thing, "physical": physical}
        await attend("settle", "read")
        if changed:
            resource.before = resource.thing
            resource.thing = thing(name, {**properties, **changed}, physical)
            await attend("update", "settle", "read")
        await attend("delete")

    async def attend(*verbs: str) -> None:
        for verb in verbs:
            if verb in kind.handlers:
                found = await kind.handlers[verb](resource)
                if verb == "read":
                    assert set(found) <= set((kind.attributes or "").split())

    asyncio.run(live_and_die())
    assert ctx.asked
    assert "team" in tags_of(resource.thing)
