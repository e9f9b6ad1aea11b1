"""What a traffic policy comes to: a tree of groups of record sets, hidden behind the one record set callers see.

    {node: [record sets]}       the tree of an instance
    node                        the instance's id for where it begins, "id/rule" for its rules

The record sets are such as ChangeResourceRecordSets takes, but for those that lead on to another node: they have
`TrafficPolicyNode` and `EvaluateTargetHealth` in place of an alias target. The edge walks the tree as it does aliases.
"""

from __future__ import annotations

from typing import Any

from .traffic_document import Document
from .traffic_rules import Branch, Reference

RecordSet = dict[str, Any]
Tree = dict[str, list[RecordSet]]


def grown(document: Document, instance: str, name: str, ttl: int) -> Tree:
    """The tree of an instance of this document."""
    bare = {"Name": name, "Type": document.type}
    tree = {
        f"{instance}/{rule}": [
            bare | _branch(document, instance, branch, ttl) | {"SetIdentifier": str(number)}
            for number, branch in enumerate(branches)
        ]
        for rule, branches in document.rules.items()
    }
    start = tree.pop(f"{instance}/{document.start.id}", None) if document.start.kind == "rule" else None
    if start is None:
        start = [bare | _leads_to(document, instance, document.start, ttl, evaluates=False)]
    return {instance: start, **tree}


def checks_in(tree: Tree) -> set[str]:
    """The health checks a tree depends on."""
    return {each["HealthCheckId"] for group in tree.values() for each in group if "HealthCheckId" in each}


def _branch(document: Document, instance: str, branch: Branch, ttl: int) -> RecordSet:
    check = {"HealthCheckId": branch.health_check} if branch.health_check else {}
    return branch.fields | check | _leads_to(document, instance, branch.to, ttl, branch.evaluates)


def _leads_to(document: Document, instance: str, to: Reference, ttl: int, evaluates: bool) -> RecordSet:
    if to.kind == "rule":
        return {"TrafficPolicyNode": f"{instance}/{to.id}", "EvaluateTargetHealth": evaluates}
    endpoint = document.endpoints[to.id]
    if endpoint.alias is not None:
        return {"AliasTarget": {"DNSName": endpoint.alias, "EvaluateTargetHealth": evaluates}}
    return {"TTL": ttl, "ResourceRecords": [{"Value": endpoint.value}]}
