"""Dashboards: kept, checked and listed. Nothing draws them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from ...region.service import Context
from .errors import DashboardInvalidInputError, DashboardNotFoundError, InvalidParameterValueException
from .state import State, service

Plain = dict[str, Any]
NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
PAGE = 1000  # ListDashboards answers with at most so many
WIDGETS_MOST = 500


@service.operation
def put_dashboard(ctx: Context[State], input: Plain) -> Plain:
    """Raises DashboardInvalidInputError, with a message for every fault of the body."""
    name, body = input["DashboardName"], input["DashboardBody"]
    if NAME.fullmatch(name) is None:
        raise InvalidParameterValueException(
            "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash "
            "(-) and underscore (_).\n"
        )
    _check(body)
    ctx.commit("dashboard_put", name=name, body=body)
    return {"DashboardValidationMessages": []}


@service.operation
def get_dashboard(ctx: Context[State], input: Plain) -> Plain:
    name = input["DashboardName"]
    found = ctx.state.dashboards.get(name)
    if found is None:
        raise DashboardNotFoundError(f"Dashboard {name} does not exist")
    return {"DashboardArn": _arn(ctx, name), "DashboardName": name, "DashboardBody": found["Body"]}


@service.operation
def list_dashboards(ctx: Context[State], input: Plain) -> Plain:
    prefix, after = input.get("DashboardNamePrefix", ""), input.get("NextToken", "")
    every = sorted(ctx.state.dashboards.items())
    names = [(name, kept) for name, kept in every if name.startswith(prefix) and name > after]
    entries = [
        {
            "DashboardName": name,
            "DashboardArn": _arn(ctx, name),
            "LastModified": kept["LastModified"],
            "Size": len(kept["Body"].encode()),
        }
        for name, kept in names[:PAGE]
    ]
    more = {"NextToken": names[PAGE - 1][0]} if len(names) > PAGE else {}
    return {"DashboardEntries": entries, **more}


@service.operation
def delete_dashboards(ctx: Context[State], input: Plain) -> Plain:
    """All of them, or none if one is not there."""
    names = input["DashboardNames"]
    if not names:
        raise InvalidParameterValueException("DashboardNames must not be empty")
    missing = [name for name in names if ctx.state.dashboards.get(name) is None]
    if missing:
        raise DashboardNotFoundError(f"Dashboard {missing[0]} does not exist")
    ctx.commit("dashboards_removed", names=sorted(set(names)))
    return {}


def _check(body: str) -> None:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _invalid("/", "The field DashboardBody must be a valid JSON object") from None
    if not isinstance(parsed, dict):
        raise _invalid("/", "The field DashboardBody must be a valid JSON object")
    widgets = parsed.get("widgets")
    if not isinstance(widgets, list):
        raise _invalid("/", "Should have required property 'widgets'")
    if len(widgets) > WIDGETS_MOST:
        raise _invalid("/widgets", f"Should NOT have more than {WIDGETS_MOST} items")
    for number, widget in enumerate(widgets):
        missing = [name for name in ("type", "properties") if not isinstance(widget, dict) or name not in widget]
        if missing:
            raise _invalid(f"/widgets/{number}", f"Should have required property '{missing[0]}'")


def _invalid(path: str, message: str) -> DashboardInvalidInputError:
    about = [{"DataPath": path, "Message": message}]
    return DashboardInvalidInputError(
        "The field DashboardBody must be a valid JSON object", dashboardValidationMessages=about
    )


def _arn(ctx: Context[State], name: str) -> str:
    """Dashboards are of the account, not of a region: https://docs.aws.amazon.com/service-authorization/."""
    return f"arn:aws:cloudwatch::{ctx.account}:dashboard/{name}"
