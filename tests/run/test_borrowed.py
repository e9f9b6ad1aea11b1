"""Borrowed services, through the real SDK and the real process: what was acknowledged outlives it."""

from __future__ import annotations

import asyncio
import io
import json
import os
import pkgutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config
from botocore.exceptions import ClientError

import terrella.services
from terrella.core.errors import NotImplementedHere, ServiceUnavailable
from terrella.run.borrowed import SERVICES, BorrowedServices, Sidecar
from terrella.wire.http import Request

DOOR = "http://127.0.0.1:4566"
TRUST = '{"Version":"2012-10-17","Statement":[]}'
MACHINE = '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}'
ROLE = "arn:aws:iam::123456789012:role/r"


class World:
    """The first process of a world, as far as borrowed services need one, and its regions' ports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self.log = (folder.parent / "log").open("ab")
        self.sidecar = Sidecar(folder, self.log)
        self.run(self.sidecar.start())
        self.ports: dict[str, BorrowedServices] = {}

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def port(self, region: str) -> BorrowedServices:
        return self.ports.setdefault(region, BorrowedServices(self.sidecar.path))

    def kill_sidecar(self) -> None:
        process = self.sidecar.process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        for port in self.ports.values():
            self.run(port.close())
        self.run(self.sidecar.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
        self.log.close()

    def client(self, service: str, region: str = "eu-west-1") -> Any:
        made = boto3.client(
            service, region_name=region, aws_access_key_id="test", aws_secret_access_key="test",
            endpoint_url=DOOR, config=Config(retries={"mode": "standard", "total_max_attempts": 6}),
        )  # fmt: skip

        def carry(request: Any, **_: Any) -> AWSResponse:
            url = urlsplit(request.url)
            body = request.body or b""
            body = body.read() if hasattr(body, "read") else body
            headers = {name.lower(): _text(value) for name, value in request.headers.items()}
            headers.setdefault("host", url.netloc)
            content = body.encode() if isinstance(body, str) else body
            asked = Request(request.method, url.path or "/", url.query, headers, content)
            try:
                answer = self.run(self.port(region).handle(service, region, "123456789012", asked))
            except ServiceUnavailable as refusal:
                return _response(request.url, 503, {}, refusal.message.encode())
            return _response(request.url, answer.status, dict(answer.headers), answer.body)

        made.meta.events.register(f"before-send.{service}", carry)
        return made


class _Body(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _response(url: str, status: int, headers: dict[str, str], body: bytes) -> AWSResponse:
    return AWSResponse(url, status, HeadersDict(headers), _Body(body))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else value


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world") / "borrowed")
    yield made
    made.close()


def test_a_role_can_have_a_policy_that_aws_manages(world: World) -> None:
    iam = world.client("iam")
    iam.create_role(RoleName="logging", AssumeRolePolicyDocument=TRUST)
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName="logging", PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName="logging")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [arn]


def test_an_object_is_read_in_parts_as_long_as_it_is_the_same(world: World) -> None:
    """How DynamoDB's imports read."""
    s3 = world.client("s3")
    s3.create_bucket(Bucket="imported", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="imported", Key="data/1", Body=b"0123456789")
    (about,) = s3.list_objects_v2(Bucket="imported", Prefix="data/")["Contents"]
    asked = {"Bucket": "imported", "Key": "data/1", "IfMatch": about["ETag"]}
    parts = [s3.get_object(**asked, Range=f"bytes={each}")["Body"].read() for each in ("0-3", "4-7", "8-9")]
    assert parts == [b"0123", b"4567", b"89"]
    s3.put_object(Bucket="imported", Key="data/1", Body=b"others")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.get_object(**asked, Range="bytes=0-3")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.list_objects_v2(Bucket="nowhere")


def test_a_bucket_policy_refuses_by_statements_without_a_condition_only(world: World) -> None:
    s3 = world.client("s3")
    s3.create_bucket(Bucket="policed", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    every = {"Effect": "Deny", "Principal": "*", "Resource": "arn:aws:s3:::policed/*"}
    plain_http = {**every, "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    deleting = {**every, "Action": "s3:DeleteObject"}
    statements = [plain_http, deleting]
    policy = {"Version": "2012-10-17", "Statement": statements}
    s3.put_bucket_policy(Bucket="policed", Policy=json.dumps(policy))
    s3.put_object(Bucket="policed", Key="k", Body=b"v")
    assert s3.get_object(Bucket="policed", Key="k")["Body"].read() == b"v"
    with pytest.raises(ClientError) as refused:
        s3.delete_object(Bucket="policed", Key="k")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert json.loads(s3.get_bucket_policy(Bucket="policed")["Policy"]) == policy


def test_the_caller_is_of_the_worlds_account_and_can_take_a_role(world: World) -> None:
    world.client("iam").create_role(RoleName="taken", AssumeRolePolicyDocument=TRUST)
    sts = world.client("sts")
    assert sts.get_caller_identity()["Account"] == "123456789012"
    taken = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/taken", RoleSessionName="cdk-deploy")
    assert taken["AssumedRoleUser"]["Arn"] == "arn:aws:sts::123456789012:assumed-role/taken/cdk-deploy"


def test_what_each_region_keeps_is_its_own(world: World) -> None:
    world.client("ssm", "eu-west-1").put_parameter(Name="/where", Value="ireland", Type="String")
    world.client("ssm", "us-west-2").put_parameter(Name="/where", Value="oregon", Type="String")
    found = world.client("ssm", "eu-west-1").get_parameter(Name="/where")
    assert found["Parameter"]["Value"] == "ireland"


def test_a_queue_is_reached_by_the_address_it_was_given(world: World) -> None:
    sqs = world.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    assert url == f"{DOOR}/123456789012/jobs"
    sqs.send_message(QueueUrl=url, MessageBody="work")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "work"


def test_who_waits_for_a_message_keeps_nobody_else_waiting(world: World) -> None:
    sqs = world.client("sqs")
    url = sqs.create_queue(QueueName="slow")["QueueUrl"]
    found: list[Any] = []
    receiving = threading.Thread(
        target=lambda: found.append(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20))
    )
    receiving.start()
    began = time.monotonic()
    world.client("sts").get_caller_identity()
    world.client("sqs").send_message(QueueUrl=url, MessageBody="at last")
    receiving.join()
    assert found[0]["Messages"][0]["Body"] == "at last"
    assert time.monotonic() - began < 10


def test_a_refusal_is_the_one_the_sdk_knows(world: World) -> None:
    iam = world.client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName="nobody")


def test_a_bucket_serves_deployments(world: World) -> None:
    """What `sam deploy --resolve-s3` and `aws cloudformation package` do with it."""
    s3, bucket = world.client("s3"), "artifacts-of-this-world"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "made-by", "Value": "sam"}]})
    s3.put_bucket_policy(Bucket=bucket, Policy=TRUST)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    first = s3.put_object(Bucket=bucket, Key="code/ä b+c.zip", Body=b"one")["VersionId"]
    s3.put_object(Bucket=bucket, Key="code/ä b+c.zip", Body=b"two")
    assert s3.get_object(Bucket=bucket, Key="code/ä b+c.zip")["Body"].read() == b"two"
    assert s3.get_object(Bucket=bucket, Key="code/ä b+c.zip", VersionId=first)["Body"].read() == b"one"
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=bucket, Key="code/missing.zip")
    assert _in_parts(s3, bucket) == 6 * 1024 * 1024
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix="big")["Contents"]] == ["big"]


def _in_parts(s3: Any, bucket: str) -> int:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    sizes = {1: 5 * 1024 * 1024, 2: 1024 * 1024}
    parts = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(
                Bucket=bucket, Key="big", UploadId=upload, PartNumber=number, Body=b"x" * size
            )["ETag"],
        }
        for number, size in sizes.items()
    ]
    s3.complete_multipart_upload(Bucket=bucket, Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
    return int(s3.head_object(Bucket=bucket, Key="big")["ContentLength"])


# One thing made in each service, and how to see that it is there.
MADE: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "appconfig": (lambda c: c.create_application(Name="a"), lambda c: None),
    "autoscaling": (
        lambda c: c.create_launch_configuration(
            LaunchConfigurationName="l", ImageId="ami-12c6146b", InstanceType="t3.micro"
        ),
        lambda c: c.describe_launch_configurations()["LaunchConfigurations"][0]["LaunchConfigurationARN"],
    ),
    "athena": (
        lambda c: c.create_work_group(Name="w"),
        lambda c: sorted(each["Name"] for each in c.list_work_groups()["WorkGroups"]),
    ),
    "cognito-identity": (
        lambda c: c.create_identity_pool(IdentityPoolName="p", AllowUnauthenticatedIdentities=True),
        lambda c: c.list_identity_pools(MaxResults=5)["IdentityPools"][0]["IdentityPoolName"],
    ),
    "cognito-idp": (
        lambda c: c.create_user_pool(PoolName="p"),
        lambda c: c.list_user_pools(MaxResults=5)["UserPools"][0]["Name"],
    ),
    "comprehend": (
        lambda c: c.create_entity_recognizer(
            RecognizerName="r", DataAccessRoleArn=ROLE, LanguageCode="en",
            InputDataConfig={"EntityTypes": [{"Type": "T"}], "Documents": {"S3Uri": "s3://bucket/d"}},
        ),
        lambda c: c.list_entity_recognizers()["EntityRecognizerPropertiesList"][0]["EntityRecognizerArn"],
    ),
    "ec2": (
        lambda c: c.describe_subnets(),  # which makes them up
        lambda c: sorted(each["SubnetId"] for each in c.describe_subnets()["Subnets"]),
    ),
    "ecr": (
        lambda c: c.create_repository(repositoryName="repo"),
        lambda c: c.describe_repositories()["repositories"][0]["repositoryUri"],
    ),
    "ecs": (
        lambda c: c.create_cluster(clusterName="kept"),
        lambda c: c.list_clusters()["clusterArns"],
    ),
    "events": (
        lambda c: c.put_rule(Name="r", ScheduleExpression="rate(1 minute)"),
        lambda c: c.list_rules()["Rules"][0]["Name"],
    ),
    "firehose": (
        lambda c: c.create_delivery_stream(
            DeliveryStreamName="d",
            S3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::bucket"},
        ),
        lambda c: c.list_delivery_streams()["DeliveryStreamNames"],
    ),
    "iam": (
        lambda c: c.create_role(RoleName="kept", AssumeRolePolicyDocument=TRUST),
        lambda c: c.get_role(RoleName="kept")["Role"]["RoleId"],
    ),
    "kinesis": (
        lambda c: c.create_stream(StreamName="s", ShardCount=1),
        lambda c: c.list_streams()["StreamNames"],
    ),
    "kms": (lambda c: c.create_key(), lambda c: c.list_keys()["Keys"][0]["KeyId"]),
    "logs": (
        lambda c: c.create_log_group(logGroupName="g"),
        lambda c: c.describe_log_groups()["logGroups"][0]["arn"],
    ),
    "s3": (
        lambda c: (
            c.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}),
            c.put_object(Bucket="kept", Key="k", Body=b"x" * 300_000),
        ),
        lambda c: c.get_object(Bucket="kept", Key="k")["Body"].read(),
    ),
    "scheduler": (
        lambda c: c.create_schedule_group(Name="g"),
        lambda c: sorted(each["Name"] for each in c.list_schedule_groups()["ScheduleGroups"]),
    ),
    "secretsmanager": (
        lambda c: c.create_secret(Name="s", SecretString="x"),
        lambda c: c.get_secret_value(SecretId="s")["VersionId"],
    ),
    "servicediscovery": (
        lambda c: c.create_http_namespace(Name="n"),
        lambda c: c.list_namespaces()["Namespaces"][0]["Id"],
    ),
    "ses": (
        lambda c: c.verify_email_identity(EmailAddress="a@example.com"),
        lambda c: sorted(c.list_identities()["Identities"]),
    ),
    "sesv2": (
        lambda c: c.create_email_identity(EmailIdentity="b@example.com"),
        lambda c: [each["IdentityName"] for each in c.list_email_identities()["EmailIdentities"]],
    ),
    "sns": (lambda c: c.create_topic(Name="t"), lambda c: c.list_topics()["Topics"]),
    "sqs": (
        lambda c: c.send_message(QueueUrl=c.create_queue(QueueName="kept")["QueueUrl"], MessageBody="m"),
        lambda c: c.get_queue_attributes(QueueUrl=f"{DOOR}/123456789012/kept", AttributeNames=["All"])[
            "Attributes"
        ]["ApproximateNumberOfMessages"],
    ),
    "ssm": (
        lambda c: c.put_parameter(Name="/kept", Value="v", Type="String"),
        lambda c: c.get_parameter(Name="/kept")["Parameter"]["LastModifiedDate"],
    ),
    "stepfunctions": (
        lambda c: c.create_state_machine(name="m", definition=MACHINE, roleArn=ROLE),
        lambda c: c.list_state_machines()["stateMachines"][0]["creationDate"],
    ),
    "sts": (lambda c: None, lambda c: c.get_caller_identity()["Arn"]),
    "rds": (
        lambda c: c.create_db_parameter_group(
            DBParameterGroupName="kept", DBParameterGroupFamily="mysql8.0", Description="d"
        ),
        lambda c: c.describe_db_parameter_groups()["DBParameterGroups"][0]["DBParameterGroupArn"],
    ),
    "route53resolver": (
        lambda c: c.create_resolver_rule(CreatorRequestId="r", RuleType="SYSTEM", DomainName="example.com"),
        lambda c: c.list_resolver_rules()["ResolverRules"][0]["Id"],
    ),
    "resourcegroupstaggingapi": (lambda c: None, lambda c: None),
}  # fmt: skip


def test_what_was_acknowledged_survives_a_killed_process(world: World) -> None:
    assert set(MADE) == set(SERVICES)
    clients = {service: world.client(service) for service in SERVICES}
    for service, (make, _) in MADE.items():
        make(clients[service])
    before = {service: see(clients[service]) for service, (_, see) in MADE.items()}
    ciphertext = clients["kms"].encrypt(KeyId=before["kms"], Plaintext=b"secret")["CiphertextBlob"]
    world.kill_sidecar()
    after = {service: see(clients[service]) for service, (_, see) in MADE.items()}
    assert after == before
    assert clients["kms"].decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"secret"
    log = (world.folder.parent / "log").read_text()
    assert "cannot be kept" not in log, log


def test_an_operation_moto_lacks_is_refused_by_name(world: World) -> None:
    body = b"{}"
    headers = {
        "x-amz-target": "TrentService.ConnectCustomKeyStore",
        "content-type": "application/x-amz-json-1.1",
    }
    asked = Request("POST", "/", "", headers, body)
    with pytest.raises(NotImplementedHere, match="kms ConnectCustomKeyStore is not in this world"):
        world.run(world.port("eu-west-1").handle("kms", "eu-west-1", "123456789012", asked))


def test_the_body_of_a_deleted_object_leaves_the_disk(world: World) -> None:
    s3 = world.client("s3")
    s3.create_bucket(Bucket="short-lived", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    bodies = len(list((world.folder / "blobs").iterdir()))
    s3.put_object(Bucket="short-lived", Key="k", Body=b"x")
    assert len(list((world.folder / "blobs").iterdir())) == bodies + 1
    s3.delete_object(Bucket="short-lived", Key="k")
    assert len(list((world.folder / "blobs").iterdir())) == bodies


def test_state_that_cannot_be_read_is_refused_and_left_alone(tmp_path: Path) -> None:
    state = tmp_path / "borrowed" / "sns" / "123456789012" / "eu-west-1.state"
    state.parent.mkdir(parents=True)
    state.write_bytes(b"moto 1.0 python 3.3\n...")
    world = World(tmp_path / "borrowed")
    try:
        asked = Request("POST", "/", "", {}, b"Action=CreateTopic&Name=t&Version=2010-03-31")
        with pytest.raises(ServiceUnavailable, match=r"was written by moto 1\.0 python 3\.3"):
            world.run(world.port("eu-west-1").handle("sns", "eu-west-1", "123456789012", asked))
        assert state.read_bytes() == b"moto 1.0 python 3.3\n..."
    finally:
        world.close()


def test_no_service_of_this_world_is_borrowed() -> None:
    owned = {found.name.rstrip("_") for found in pkgutil.iter_modules(terrella.services.__path__)}
    assert not owned & set(SERVICES)


def test_the_process_ends_with_the_world_however_that_ends(tmp_path: Path) -> None:
    world = subprocess.Popen(
        [sys.executable, "-c", ORPHAN_MAKER, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert world.stdout is not None
    sidecar = int(world.stdout.readline())
    world.kill()
    world.wait()
    world.stdout.close()
    deadline = time.monotonic() + 10
    while _runs(sidecar) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(sidecar)


ORPHAN_MAKER = """
import asyncio, pathlib, sys
from terrella.run.borrowed import Sidecar

async def main():
    sidecar = Sidecar(pathlib.Path(sys.argv[1]))
    await sidecar.start()
    await asyncio.open_unix_connection(sidecar.path)
    while sidecar.process is None:
        await asyncio.sleep(0.01)
    print(sidecar.process.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
