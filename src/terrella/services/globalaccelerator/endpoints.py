"""What may be an endpoint: an ALB or NLB by its ARN, an Elastic IP or EC2 instance by its id, and, in this world, a
server of the user's own by its plain IPv4 address.

https://docs.aws.amazon.com/global-accelerator/latest/api/API_EndpointConfiguration.html
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from .errors import InvalidArgumentException, LimitExceededException
from .state import Plain, State

MOST = 10
USUAL_WEIGHT = 128
ADDRESS, BALANCER = "address", "application-load-balancer"
_KINDS = (
    (BALANCER, re.compile(r"arn:aws:elasticloadbalancing:([a-z0-9-]+):\d{12}:loadbalancer/app/[^/]+/[0-9a-f]+")),
    ("network-load-balancer", re.compile(r"arn:aws:elasticloadbalancing:([a-z0-9-]+):\d{12}:loadbalancer/net/.+")),
    ("elastic-ip", re.compile(r"eipalloc-[0-9a-f]+()")),
    ("instance", re.compile(r"i-[0-9a-f]+()")),
)
_PRESERVED = frozenset({ADDRESS, BALANCER, "instance"})  # by default; Elastic IPs never


def taken(given: list[dict[str, Any]], region: str, accelerator: Plain, state: State) -> list[Plain]:
    """Endpoints of an accelerator as they are kept. Raises InvalidArgumentException, LimitExceededException,
    AttachmentNotFoundException."""
    ids = [each.get("EndpointId") or "" for each in given]
    if len(set(ids)) < len(ids):
        raise InvalidArgumentException("An endpoint can be in an endpoint group only once")
    if len(ids) > MOST:
        raise LimitExceededException(f"The maximum number of endpoints in an endpoint group has been reached: {MOST}")
    found = [_taken(each, id, region) for each, id in zip(given, ids, strict=True)]
    if accelerator.get("IpAddressType") == "DUAL_STACK":
        check_preserved(found)
    for each in given:
        if each.get("AttachmentArn"):
            _check_attached(each["EndpointId"], state.attachment(each["AttachmentArn"]), accelerator)
    return found


def check_preserved(endpoints: list[Plain]) -> None:
    """Raises InvalidArgumentException: a dual-stack accelerator has no endpoints that do not see the client."""
    for each in endpoints:
        if not each["Preserve"]:
            raise InvalidArgumentException(
                f"The endpoint {each['Id']} must have client IP address preservation for a dual-stack accelerator"
            )


def described(endpoint: Plain, state: str) -> Plain:
    """As the API shows it; HealthReason is always null."""
    return {
        "EndpointId": endpoint["Id"],
        "Weight": endpoint["Weight"],
        "HealthState": state,
        "ClientIPPreservationEnabled": endpoint["Preserve"],
    }


def kind_of(id: str, region: str) -> str:
    """What an endpoint of a group in a region is. Raises InvalidArgumentException."""
    for kind, pattern in _KINDS:
        match = pattern.fullmatch(id)
        if match:
            if match[1] and match[1] != region:
                raise InvalidArgumentException(f"The endpoint {id} is not in the endpoint group's Region, {region}")
            return kind
    try:
        ipaddress.IPv4Address(id)
    except ValueError:
        raise InvalidArgumentException(f"The endpoint ID {id!r} is not valid") from None
    return ADDRESS


def _taken(given: dict[str, Any], id: str, region: str) -> Plain:
    kind = kind_of(id, region)
    preserve = given.get("ClientIPPreservationEnabled", kind in _PRESERVED)
    if preserve and kind == "elastic-ip":
        raise InvalidArgumentException("Client IP address preservation is not supported for Elastic IP addresses")
    return {"Id": id, "Weight": given.get("Weight", USUAL_WEIGHT), "Preserve": preserve}


def _check_attached(id: str, attachment: Plain, accelerator: Plain) -> None:
    """Raises InvalidArgumentException unless the attachment lets this accelerator have the endpoint."""
    account = accelerator["Arn"].split(":")[4]
    if not {account, accelerator["Arn"]} & set(attachment["Principals"]):
        raise InvalidArgumentException(f"The accelerator is not a principal of the attachment {attachment['Arn']}")
    if not any(each.get("EndpointId") == id for each in attachment["Resources"]):
        raise InvalidArgumentException(f"The endpoint {id} is not a resource of the attachment {attachment['Arn']}")
