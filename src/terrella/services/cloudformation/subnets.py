"""`Fn::Cidr`: the first subnets of an address block."""

from __future__ import annotations

import ipaddress
import itertools
from typing import Any

from .errors import ValidationError


def subnets(block: str, count: Any, bits: Any) -> list[str]:
    """`count` (1 to 256) blocks with `bits` host bits each. ValidationError if they do not fit."""
    try:
        network = ipaddress.ip_network(block, strict=False)
        wanted, prefix = int(count), network.max_prefixlen - int(bits)
        found = [str(each) for each in itertools.islice(network.subnets(new_prefix=prefix), wanted)]
    except ValueError as error:
        raise ValidationError(f"Template error: Fn::Cidr cannot divide {block}: {error}") from None
    if not 1 <= wanted <= 256 or len(found) < wanted:
        raise ValidationError(
            f"Template error: Fn::Cidr cannot create {count} blocks of {bits} bits from {block}"
        )
    return found
