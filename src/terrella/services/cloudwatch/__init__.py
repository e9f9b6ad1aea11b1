"""Amazon CloudWatch metrics and alarms, one per region.

state.py       metrics, points, alarms, their history     series.py      what names a metric
putting.py     PutMetricData                              listing.py     ListMetrics
buckets.py     values brought together; percentiles       collecting.py  the buckets of a metric, whoever measured it
data.py        GetMetricData, GetMetricStatistics         expressions.py expression.lark  metric math
alarms.py      alarms as customers see them               evaluating.py  when they change their state
actions.py     what is done then                          history.py     what became of them
tags.py  errors.py  dashboards.py

Invariant: what this world measures of itself is read where it is measured, when somebody asks; what customers put is on
disk before they are told so.
"""

from . import actions, alarms, dashboards, data, evaluating, history, listing, putting, tags  # noqa: F401
from .state import service

__all__ = ["service"]
