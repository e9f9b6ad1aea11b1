"""Actions of rules: checked, and in the form the API shows them.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listeners.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ...region.service import Context
from . import gates, sealing
from .errors import (
    IncompatibleProtocols,
    InvalidConfigurationRequest,
    InvalidLoadBalancerAction,
    TargetGroupAssociationLimit,
    TargetGroupNotFound,
    TooManyActions,
    ValidationError,
)
from .state import Plain, State, groups_in

MOST_GROUPS = 5
LARGEST_BODY = 1024
BODY_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
FINAL = ("forward", "redirect", "fixed-response")
REDIRECT = {
    "Protocol": "#{protocol}", "Port": "#{port}", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}",
}  # fmt: skip
FAMILIES = {"application": ("HTTP", "HTTPS", None), "network": ("TCP", "TLS", "UDP", "TCP_UDP")}
_STATUS = re.compile(r"[245]\d\d")


def checked(
    ctx: Context[State], given: list[Plain], load_balancer: Plain, protocol: str, before: Sequence[Plain] = ()
) -> list[Plain]:
    """The actions of a rule, in order. `before` are those they take the place of. Raises what CreateRule raises."""
    if not given:
        raise ValidationError("An action must be specified")
    if len(given) > 1:
        given = _ordered(given)
    *gated, action = given
    finals = sum(each["Type"] in FINAL for each in given)
    if finals > 1:
        raise TooManyActions("A rule has exactly one of the actions forward, redirect and fixed-response")
    if not finals or action["Type"] not in FINAL:
        raise InvalidLoadBalancerAction("The last action must be one of: 'forward, redirect, fixed-response'")
    if len(gated) > 1:
        raise TooManyActions("A rule can have only one action that authenticates")
    found = [gates.checked(each, protocol, list(before)) for each in gated]
    kept = {name: action[name] for name in ("Type", "Order") if action.get(name) is not None}
    if action["Type"] == "forward":
        found.append(kept | _forward(ctx, action, load_balancer))
    elif load_balancer["Type"] != "application":
        raise InvalidLoadBalancerAction(f"{action['Type']} actions are for application load balancers")
    else:
        found.append(kept | (_redirect if action["Type"] == "redirect" else _fixed)(action))
    if any(each["Type"] == gates.OIDC for each in found):
        sealing.ensure(ctx, load_balancer["Arn"])
    return found


def _ordered(given: list[Plain]) -> list[Plain]:
    """Several actions by their order. Raises ValidationError."""
    orders = [each.get("Order") for each in given]
    if None in orders or len(set(orders)) < len(orders):
        raise ValidationError("Each of several actions must have an order of its own")
    return sorted(given, key=lambda each: int(each["Order"]))


def _forward(ctx: Context[State], action: Plain, load_balancer: Plain) -> Plain:
    config, single = action.get("ForwardConfig") or {}, action.get("TargetGroupArn")
    groups = config.get("TargetGroups") or ([{"TargetGroupArn": single}] if single else [])
    if not groups:
        raise ValidationError("A target group ARN must be specified")
    if single and [each["TargetGroupArn"] for each in groups] != [single]:
        raise InvalidLoadBalancerAction(
            "You cannot specify both a target group ARN and a different list of target groups"
        )
    most = MOST_GROUPS if load_balancer["Type"] == "application" else 1
    if len(groups) > most:
        raise InvalidLoadBalancerAction(f"A forward action can have at most {most} target groups")
    arns = [each["TargetGroupArn"] for each in groups]
    if len(set(arns)) < len(arns):
        raise InvalidLoadBalancerAction("A target group can be specified only once in a forward action")
    for arn in arns:
        _check_group(ctx, arn, load_balancer)
    weighted = [{"TargetGroupArn": each["TargetGroupArn"], "Weight": _weight(each)} for each in groups]
    stickiness = config.get("TargetGroupStickinessConfig") or {"Enabled": False}
    if stickiness.get("Enabled") and not 1 <= stickiness.get("DurationSeconds", 0) <= 604_800:
        raise ValidationError("Target group stickiness duration must be between 1 and 604800 seconds")
    shown = {"ForwardConfig": {"TargetGroups": weighted, "TargetGroupStickinessConfig": stickiness}}
    return {"TargetGroupArn": arns[0], **shown} if len(arns) == 1 else shown


def _weight(group: Plain) -> int:
    weight = group.get("Weight")
    if weight is not None and not 0 <= weight <= 999:
        raise ValidationError("Target group weight must be between 0 and 999")
    return 1 if weight is None else int(weight)


def _check_group(ctx: Context[State], arn: str, load_balancer: Plain) -> None:
    if arn not in ctx.state.target_groups:
        raise TargetGroupNotFound(f"Target groups '{arn}' not found")
    group = ctx.state.target_group(arn)
    if group.get("Protocol") not in FAMILIES[load_balancer["Type"]]:
        raise IncompatibleProtocols(
            f"The target group protocol '{group.get('Protocol')}' is not compatible with load balancers of type "
            f"'{load_balancer['Type']}'"
        )
    if group.get("VpcId") not in (None, load_balancer["VpcId"]):
        raise InvalidConfigurationRequest(
            f"The target group '{arn}' is not in the VPC of the load balancer '{load_balancer['Arn']}'"
        )
    if set(ctx.state.users_of(arn)) - {load_balancer["Arn"]}:
        raise TargetGroupAssociationLimit(
            f"The following target groups cannot be associated with more than one load balancer: {arn}"
        )


def _redirect(action: Plain) -> Plain:
    given = action.get("RedirectConfig")
    if given is None:
        raise InvalidLoadBalancerAction("A redirect action must have a redirect configuration")
    config = REDIRECT | {name: value for name, value in given.items() if value is not None}
    if all(config[name] == value for name, value in REDIRECT.items() if name != "Query"):
        raise InvalidLoadBalancerAction(
            "The redirect configuration is not valid because it creates a loop. Change at least one of "
            "protocol, port, host or path."
        )
    if not config["Path"].startswith("/"):
        raise InvalidLoadBalancerAction("The Path parameter must be a valid path, should start with a '/'")
    if config["Protocol"] not in ("HTTP", "HTTPS", "#{protocol}"):
        raise InvalidLoadBalancerAction("The Protocol parameter must be HTTP, HTTPS or #{protocol}")
    port = config["Port"]
    if port != "#{port}" and not (port.isdecimal() and 1 <= int(port) <= 65535):
        raise InvalidLoadBalancerAction("The Port parameter must be in the range 1-65535 or #{port}")
    return {"RedirectConfig": config}


def _fixed(action: Plain) -> Plain:
    config = action.get("FixedResponseConfig")
    if config is None:
        raise InvalidLoadBalancerAction("A fixed-response action must have a fixed response configuration")
    if not _STATUS.fullmatch(config["StatusCode"]):
        raise InvalidLoadBalancerAction("The StatusCode of a fixed response must be 2XX, 4XX or 5XX")
    if config.get("ContentType") and config["ContentType"] not in BODY_TYPES:
        raise InvalidLoadBalancerAction(f"The ContentType must be one of: '{', '.join(BODY_TYPES)}'")
    if len(config.get("MessageBody") or "") > LARGEST_BODY:
        raise InvalidLoadBalancerAction(f"The MessageBody can have at most {LARGEST_BODY} characters")
    kept: dict[str, Any] = {name: value for name, value in config.items() if value is not None}
    return {"FixedResponseConfig": kept}


def forwarded_groups(actions: list[Plain]) -> list[str]:
    """The target groups a list of actions forwards to."""
    return [arn for action in actions for arn in groups_in(action)]
