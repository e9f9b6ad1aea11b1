"""A strongly consistent table of three real regions: one is cut off and refuses, two go on, and it catches up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from live.worlds import World, client, soon, world

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("live-strong")]
HOME, SECOND, THIRD = THREE = ("us-east-1", "us-east-2", "us-west-2")
TABLE = {
    "TableName": "things",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("strong"), *THREE, speed=20) as made:
        yield made


def put(client: Any, key: str, value: str) -> None:
    client.put_item(TableName="things", Item={"pk": {"S": key}, "v": {"S": value}})


def read(client: Any, key: str, strong: bool = True) -> str:
    answer = client.get_item(TableName="things", Key={"pk": {"S": key}}, ConsistentRead=strong)
    return str(answer["Item"]["v"]["S"])


def refused(call: Callable[..., Any], *given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(*given)
    return str(caught.value.response["Error"]["Code"])


def reads(client: Any, key: str) -> str | None:
    """What a strong read finds, None while it is refused."""
    try:
        return read(client, key)
    except ClientError:
        return None


def test_a_minority_refuses_the_majority_goes_on_and_who_comes_back_sees_all(running: World) -> None:
    clients = {region: client(running, "dynamodb", region) for region in THREE}
    home = clients[HOME]
    home.create_table(**TABLE)
    home.get_waiter("table_exists").wait(TableName="things", WaiterConfig={"Delay": 0.1})
    replicas = [{"Create": {"RegionName": region}} for region in (SECOND, THIRD)]
    home.update_table(TableName="things", MultiRegionConsistency="STRONG", ReplicaUpdates=replicas)
    for each in clients.values():
        soon(lambda each=each: status(each) == "ACTIVE")  # type: ignore[misc]
    for number, region in enumerate(THREE):
        put(clients[region], "k", str(number))
        assert [read(each, "k") for each in clients.values()] == [str(number)] * 3
    running.cli("strike", "partition", HOME, SECOND)
    running.cli("strike", "partition", HOME, THIRD)
    assert refused(put, home, "k", "lost") == "InternalServerError"
    assert refused(read, home, "k") == "InternalServerError"
    assert read(home, "k", strong=False) == "2"
    for number in range(20):
        put(clients[SECOND if number % 2 else THIRD], f"k{number}", "during")
    put(clients[SECOND], "k", "during")
    assert read(clients[THIRD], "k") == "during" and read(home, "k", strong=False) == "2"
    running.cli("heal")
    soon(lambda: reads(home, "k") == "during")
    assert home.scan(TableName="things", ConsistentRead=True)["Count"] == 21
    put(home, "k", "after")
    assert [read(each, "k") for each in clients.values()] == ["after"] * 3
    for number, region in enumerate(THREE):
        other = THREE[number - 1]
        running.cli("strike", "process-kill", region)
        soon(lambda other=other, region=region: written(clients[other], f"killed {region}"))  # type: ignore[misc]
        running.cli("heal")
        running.cli("revive", region, check=False)
        soon(lambda region=region: reads(clients[region], f"killed {region}") == "v")  # type: ignore[misc]
    assert [each.scan(TableName="things", ConsistentRead=True)["Count"] for each in clients.values()] == [24] * 3


def written(client: Any, key: str) -> bool:
    """Was a write acknowledged? While two regions have no leader yet it is refused."""
    try:
        put(client, key, "v")
        return True
    except ClientError:
        return False


def status(client: Any) -> str | None:
    try:
        return str(client.describe_table(TableName="things")["Table"]["TableStatus"])
    except ClientError:
        return None
