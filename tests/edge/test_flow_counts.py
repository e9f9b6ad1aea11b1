"""What the edge keeps of an accelerator's flows until it is asked."""

from __future__ import annotations

from typing import Any

from terrella.edge.accelerators import Accelerators, Entrance
from terrella.edge.flow_counts import MINUTES_KEPT, Flow, FlowCounts, Load
from terrella.edge.load_balancers import LoadBalancers

ARN = "arn:aws:globalaccelerator::123456789012:accelerator/a"
MINUTE = 1_760_000_040.0
KEY = [ARN, f"{ARN}/listener/l", "eu-west-1", "edge-nrt", "127.55.0.3", "TCP"]


def counts(**accelerator: Any) -> FlowCounts:
    known = Accelerators(LoadBalancers())
    value = {"Arn": ARN, "Enabled": True, "Number": 3, "DnsName": "a1", **accelerator}
    known.take({"table": "accelerators", "key": ARN, "value": value})
    known.balancers.put("lb", {"DnsName": "w", "Number": 5, "VpcId": "vpc-1", "Zones": [{"ZoneName": "eu-west-1a"}]})
    return FlowCounts(known, 1.0)


def flow(own: str = "127.81.2.1") -> Flow:
    entrance = Entrance(ARN, f"{ARN}/listener/l", "127.55.0.3", 80)
    return Flow(entrance, ("127.81.2.1", 30_000), "edge-nrt", "eu-west-1a", ("127.20.9.5", 80), (own, 4000), MINUTE)


def test_a_flow_is_counted_once_and_its_bytes_as_they_come() -> None:
    kept, one = counts(), flow()
    kept.carried(one, Load(100, 2), Load(1000, 3), MINUTE + 10)
    kept.carried(one, Load(150, 3), Load(1000, 3), MINUTE + 70)
    first, minute = int(MINUTE // 60), int(MINUTE // 60) + 1
    assert kept.told(0, 0)["rows"] == [[first, KEY, [1, 100, 1000]], [minute, KEY, [0, 50, 0]]]
    assert kept.told(minute, 0)["rows"] == [[minute, KEY, [0, 50, 0]]]
    assert kept.told(0, 0)["records"] == []


def test_what_nobody_asks_for_is_kept_for_an_hour() -> None:
    kept = counts()
    for number in range(MINUTES_KEPT + 10):
        kept.carried(flow(), Load(1, 1), Load(), MINUTE + 60 * number)
    assert len({row[0] for row in kept.told(0, 0)["rows"]}) == MINUTES_KEPT


def test_flows_of_logged_accelerators_leave_records_of_both_directions() -> None:
    kept = counts(FlowLogs=True)
    kept.carried(flow(), Load(100, 2), Load(1000, 3), MINUTE + 10)
    kept.carried(flow("127.54.7.1"), Load(7, 1), Load(), MINUTE + 10)
    records = kept.told(0, 0)["records"]
    assert [(record[9], record[10], record[17], record[18]) for record in records] == [
        (2, 100, "INGRESS", "vpc-1"), (3, 1000, "EGRESS", "vpc-1"), (1, 7, "INGRESS", ""),
    ]  # fmt: skip
    assert records[0][2:4] == ["198.18.2.10", 30_000] and records[0][15] == "eu-west-1"
    assert [record[0] for record in kept.told(0, 2)["records"]] == [3]
