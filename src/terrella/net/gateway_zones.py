"""The hosted zones AWS keeps its regional API names in, for alias records: of REST and of HTTP APIs alike.

https://docs.aws.amazon.com/general/latest/gr/apigateway.html
"""

from __future__ import annotations

import hashlib

ZONES = {
    "us-east-2": "ZOJJZC49E0EPZ",
    "us-east-1": "Z1UJRXOUMOOFQ8",
    "us-west-1": "Z2MUQ32089INYE",
    "us-west-2": "Z2OJLYMUO9EFXC",
    "af-south-1": "Z2DHW2332DAMTN",
    "ap-east-1": "Z3FD1VL90ND7K5",
    "ap-south-1": "Z3VO1THU9YC4UR",
    "ap-northeast-3": "Z22ILHG95FLSZ2",
    "ap-northeast-2": "Z20JF4UZKIW1U8",
    "ap-southeast-1": "ZL327KTPIQFUL",
    "ap-southeast-2": "Z2RPCDW04V8134",
    "ap-northeast-1": "Z1YSHQZHG15GKL",
    "ca-central-1": "Z19DQILCV0OWEC",
    "eu-central-1": "Z1U9ULNL0V5AJ3",
    "eu-west-1": "ZLY8HYME6SFDD",
    "eu-west-2": "ZJ5UAJN8Y3Z2Q",
    "eu-south-1": "Z3BT4WSQ9TDYZV",
    "eu-west-3": "Z3KY65QIEKYHQQ",
    "eu-north-1": "Z3UWIKFBOOGXPP",
    "me-south-1": "Z20ZBPC0SS8806",
    "sa-east-1": "ZCMLWB8V5SYIT",
}


def hosted_zone_id(region: str) -> str:
    """A region's zone; for the youngest regions one that only this world knows, and always the same."""
    known = ZONES.get(region)
    return known or "Z0" + hashlib.sha256(region.encode()).hexdigest()[:18].upper()
