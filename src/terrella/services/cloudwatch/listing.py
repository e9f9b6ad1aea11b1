"""ListMetrics. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .series import Plain, Series, page, series_from
from .state import State, service

PAGE = 500
LISTED_S, RECENT_S = 14 * 86_400.0, 3 * 3600.0


@service.operation
def list_metrics(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Metrics something was put to in the last two weeks, and those of the world itself."""
    if input.get("OwningAccount") not in (None, ctx.account):
        return {"Metrics": []}
    since = ctx.now - (RECENT_S if input.get("RecentlyActive") else LISTED_S)
    found = {key: series_from(key) for key, about in ctx.state.metrics.items() if about["Newest"] >= since}
    for measure in ctx.here.measures():
        if measure.meter.newest() >= since:
            series = Series(*measure[:3])
            found[series.key] = series
    wanted = [(key, series.described()) for key, series in sorted(found.items()) if _fits(series, input)]
    metrics, more = page(wanted, input.get("NextToken"), PAGE)
    owners = {"OwningAccounts": [ctx.account] * len(metrics)} if input.get("IncludeLinkedAccounts") else {}
    return {"Metrics": metrics, **owners, **({"NextToken": more} if more else {})}


def _fits(series: Series, input: Plain) -> bool:
    if input.get("Namespace") not in (None, series.namespace) or input.get("MetricName") not in (None, series.metric):
        return False
    dimensions = dict(series.dimensions)
    return all(
        each["Name"] in dimensions and each.get("Value") in (None, dimensions[each["Name"]])
        for each in input.get("Dimensions") or ()
    )
