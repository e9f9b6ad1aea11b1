"""AWS::Logs: streams, filters and policies of log groups, borrowed."""

from __future__ import annotations

from ..tabled import Row

LOGS = "logs"
ROWS = (
    Row(
        "AWS::Logs::LogStream", LOGS, "LogGroupName LogStreamName", create="CreateLogStream", name="LogStreamName",
        longest_name=512, key="logStreamName", beside="LogGroupName", delete="DeleteLogStream",
        required="LogGroupName",
    ),
    Row(
        "AWS::Logs::SubscriptionFilter", LOGS,
        "DestinationArn Distribution FilterName FilterPattern LogGroupName RoleArn", create="PutSubscriptionFilter",
        name="FilterName", longest_name=512, key="filterName", beside="LogGroupName",
        update="PutSubscriptionFilter", updated="DestinationArn Distribution FilterPattern RoleArn",
        delete="DeleteSubscriptionFilter", ignored="ApplyOnTransformedLogs EmitSystemFields FieldSelectionCriteria",
    ),
    Row(
        "AWS::Logs::MetricFilter", LOGS, "FilterName FilterPattern LogGroupName MetricTransformations",
        create="PutMetricFilter", name="FilterName", longest_name=512, key="filterName", beside="LogGroupName",
        update="PutMetricFilter", updated="FilterPattern MetricTransformations", delete="DeleteMetricFilter",
        ignored="ApplyOnTransformedLogs EmitSystemFieldDimensions FieldSelectionCriteria",
        note="State: no metric comes of it.",
    ),
    Row(
        "AWS::Logs::ResourcePolicy", LOGS, "PolicyDocument PolicyName", create="PutResourcePolicy", name="PolicyName",
        longest_name=255, key="policyName", update="PutResourcePolicy", updated="PolicyDocument",
        delete="DeleteResourcePolicy",
    ),
)  # fmt: skip
TYPES = tuple(row.type() for row in ROWS)
