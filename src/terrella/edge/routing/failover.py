"""failover: PRIMARY while it is healthy, else SECONDARY; PRIMARY again when neither is.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
"""

from __future__ import annotations

from typing import Any

FIELD = "Failover"


def choose(candidates: list[Any], asker: Any, network: Any, rng: Any) -> list[Any]:
    return sorted(candidates, key=lambda candidate: candidate["Failover"] != "PRIMARY")[:1]
