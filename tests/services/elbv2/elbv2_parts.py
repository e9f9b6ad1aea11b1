"""Actions of rules, shortly written."""

from __future__ import annotations

from typing import Any


def forward(*groups: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": groups[0]}


def fixed(text: str, status: str = "200") -> dict[str, Any]:
    return {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": status, "MessageBody": text}}
