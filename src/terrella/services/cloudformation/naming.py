"""The ids and names CloudFormation makes up, in the shapes AWS gives them."""

from __future__ import annotations

import random
import re
import uuid

from ...region.service import Context
from .resource_type import ResourceType
from .state import State

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}\Z")


def stack_arn(ctx: Context[State], name: str) -> str:
    return f"arn:aws:cloudformation:{ctx.region}:{ctx.account}:stack/{name}/{identifier(ctx.here.rng)}"


def change_set_arn(ctx: Context[State], name: str) -> str:
    return f"arn:aws:cloudformation:{ctx.region}:{ctx.account}:changeSet/{name}/{identifier(ctx.here.rng)}"


def identifier(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def resource_name(kind: ResourceType, stack_name: str, logical_id: str, rng: random.Random) -> str:
    """stack-logical-RANDOM, shortened in its two first parts until it fits what the service allows."""
    suffix = "".join(rng.choices(_LETTERS, k=12))
    room = kind.longest_name - len(suffix) - 2
    if len(stack_name) + len(logical_id) > room:
        half = room // 2
        logical_id = logical_id[: max(half, room - len(stack_name))]
        stack_name = stack_name[: room - len(logical_id)].rstrip("-")
    name = f"{stack_name}-{logical_id}-{suffix}"
    return name.lower() if kind.lower_case else name
