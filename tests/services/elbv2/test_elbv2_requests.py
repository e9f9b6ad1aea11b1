"""What becomes of requests: rules, actions, functions, choices among targets. The region's door stands for a node."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from elbv2_parts import fixed, forward

from terrella.services.elbv2 import answers, choosing, health, lambda_events, probing, sticking
from terrella.services.elbv2.deciding import Forward, Node, decide, forwarded
from terrella.services.elbv2.matching import Ask, met

SAY = "def handler(event, context):\n    import json\n    return {'statusCode': 200, 'body': json.dumps(event)}\n"


def rule(field: str, **config: Any) -> dict[str, Any]:
    name = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig", "http-header": "HttpHeaderConfig",
            "query-string": "QueryStringConfig", "http-request-method": "HttpRequestMethodConfig",
            "source-ip": "SourceIpConfig"}[field]  # fmt: skip
    return {"Conditions": [{"Field": field, name: config}], "Transforms": []}


ASK = Ask("GET", "Shop.Example.com:80", "/img/A.png", "Version=V1&b", [("X-Kind", "Mobile Safari")], "198.18.2.10")


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (rule("host-header", Values=["shop.example.*"]), True),
        (rule("host-header", Values=["*.shop.example.com"]), False),
        (rule("host-header", RegexValues=["^sh.p"]), True),
        (rule("path-pattern", Values=["/img/?.png"]), True),
        (rule("path-pattern", Values=["/img/a.png"]), False),
        (rule("path-pattern", Values=["/img"]), False),
        (rule("http-header", HttpHeaderName="x-kind", Values=["x", "*safari"]), True),
        (rule("http-header", HttpHeaderName="x-other", Values=["*"]), False),
        (rule("http-header", HttpHeaderName="x-*", Values=["*"]), False),
        (rule("query-string", Values=[{"Key": "version", "Value": "v1"}]), True),
        (rule("query-string", Values=[{"Value": "v?"}]), True),
        (rule("query-string", Values=[{"Key": "b", "Value": "v1"}]), False),
        (rule("http-request-method", Values=["GET", "HEAD"]), True),
        (rule("http-request-method", Values=["POST"]), False),
        (rule("source-ip", Values=["198.18.0.0/15"]), True),
        (rule("source-ip", Values=["198.18.3.0/24", "2001:db8::/32"]), False),
    ],
)
def test_conditions_hold_as_documented(condition: dict[str, Any], holds: bool) -> None:
    assert (met([condition], ASK) is not None) is holds


def test_the_lowest_priority_that_fits_decides(here: Any) -> None:
    balancer = here.load_balancer()
    listener = here.listener(balancer, fixed("default", "404"))
    redirect = {"Type": "redirect", "RedirectConfig": {"Path": "/new/#{path}", "StatusCode": "HTTP_302"}}
    for priority, path, action in [(20, "/a*", fixed("late")), (10, "/a/*", fixed("early")), (5, "/old/*", redirect)]:
        here.elb.create_rule(ListenerArn=listener, Priority=priority, Actions=[action],
                             Conditions=[{"Field": "path-pattern", "Values": [path]}])  # fmt: skip
    host = balancer["DNSName"]
    assert here.ask(host, "/a/b").body == b"early"
    assert here.ask(host, "/ab").body == b"late"
    found = here.ask(host, "/other")
    assert (found.status, found.body, found.header("server")) == (404, b"default", "awselb/2.0")
    moved = here.ask(host, "/old/x?y=1")
    assert (moved.status, moved.header("location")) == (302, f"http://{host}:80/new/old/x?y=1")
    assert here.ask(host, "/", method="TRACE").status == 405


def test_error_pages_are_as_long_as_seen_out_there() -> None:
    assert {status: len(answers.error(status).body) for status in (502, 503, 504, 403)} == {
        502: 122, 503: 162, 504: 132, 403: 118,
    }  # fmt: skip


def test_a_group_without_targets_is_503(here: Any) -> None:
    balancer = here.load_balancer()
    here.listener(balancer, forward(here.group()))
    assert here.ask(balancer["DNSName"]).status == 503


def test_a_function_gets_the_event_albs_send(here: Any) -> None:
    balancer, group = here.load_balancer(), here.function_group(SAY)
    here.listener(balancer, forward(group))
    asked = (balancer["DNSName"], "/a%20b?x=%31&x=2", "POST", b'{"a": 1}', "tokyo")
    found = here.ask(*asked, content_type="application/json")
    event = json.loads(found.body)
    trace = event["headers"].pop("x-amzn-trace-id")
    assert trace.startswith("Root=1-")
    assert event == {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": "POST",
        "path": "/a%20b",
        "queryStringParameters": {"x": "2"},
        "headers": {
            "host": balancer["DNSName"],
            "content-type": "application/json",
            "x-forwarded-for": "198.18.2.10",
            "x-forwarded-proto": "http",
            "x-forwarded-port": "80",
        },
        "body": '{"a": 1}',
        "isBase64Encoded": False,
    }
    many = [{"Key": "lambda.multi_value_headers.enabled", "Value": "true"}]
    here.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=many)
    assert here.ask(balancer["DNSName"], "/?x=1&x=2").status == 200
    ask = Ask("GET", "h", "/", "x=1&x=2", [])
    event = lambda_events.event_of(ask, [("A", "1"), ("a", "2")], b"\x00", group, True)
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert event["multiValueHeaders"] == {"a": ["1", "2"]}
    assert (event["body"], event["isBase64Encoded"]) == ("AA==", True)
    assert not {"headers", "queryStringParameters"} & set(event)


@pytest.mark.parametrize(
    "answer",
    ["'text'", "{}", "{'statusCode': 'x'}", "{'statusCode': 99}", "{'statusCode': 200, 'body': {'a': 1}}",
     "{'statusCode': 200, 'body': '?', 'isBase64Encoded': True}", "{'statusCode': 200, 'headers': {'a b': '1'}}",
     "{'statusCode': 200, 'body': 'x' * 1100000}", "1 / 0", "{'statusCode': 200, 'body': None}",
     "{'statusCode': 200, 'statusDescription': None}", "{'statusCode': 200, 'headers': {'a': True}}",
     "{'statusCode': 200, 'headers': {'a': 1}}"],
)  # fmt: skip
def test_what_is_no_response_is_502(here: Any, answer: str) -> None:
    balancer = here.load_balancer()
    here.listener(balancer, forward(here.function_group(f"def handler(event, context):\n    return {answer}\n")))
    assert here.ask(balancer["DNSName"]).status == 502


def test_a_response_without_a_kind_is_octets_and_a_function_may_say_who_serves() -> None:
    plain = lambda_events.response_of(b'{"statusCode": 200}', False)
    assert plain is not None and plain.body == b""
    assert dict(plain.headers) == {"Server": "awselb/2.0", "Content-Type": "application/octet-stream"}
    given = b'{"statusCode": 200, "headers": {"server": "me", "content-type": "a/b"}}'
    own = lambda_events.response_of(given, False)
    assert own is not None and own.headers == [("server", "me"), ("content-type", "a/b")]


def test_a_function_hears_whether_its_client_keeps_the_connection() -> None:
    sent = [("Connection", "keep-alive"), ("TE", "x")]
    event = lambda_events.event_of(Ask("GET", "h", "/", ""), sent, b"", "g", False)
    assert event["headers"] == {"connection": "keep-alive"}


def test_a_function_that_may_not_be_invoked_is_502_and_a_large_body_413(here: Any) -> None:
    balancer, group = here.load_balancer(), here.function_group(SAY)
    here.listener(balancer, forward(group))
    assert here.ask(balancer["DNSName"], "/", "POST", b"x" * 700_000).status == 200
    assert here.ask(balancer["DNSName"], "/", "POST", b"x" * ((1 << 20) + 1)).status == 413
    here.lambda_.remove_permission(FunctionName="f", StatementId="elb")
    assert here.ask(balancer["DNSName"]).status == 502


def targets_of(here: Any, *targets: str, **attributes: str) -> tuple[Any, Any, Any]:
    """A listener with one group of servers: state, the listener, the group's ARN."""
    group = here.group("servers", *targets)
    if attributes:
        given = [{"Key": name.replace("__", "."), "Value": value} for name, value in attributes.items()]
        here.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=given)
    listener = here.listener(here.load_balancer(), forward(group))
    state = here.region.state["elbv2"]
    return state, state.listener(listener), group


def chosen(state: Any, listener: Any, here: Any, zone: str = "eu-west-1a", ask: Ask | None = None, **more: Any) -> str:
    node = more.pop("node", None) or Node(zone, random.Random(1))
    found = decide(state, listener, ask or Ask("GET", "h", "/", ""), node, here.clock.time, **more)
    assert isinstance(found, Forward)
    return found.target["Id"] if found.target else "none"


def learned(here: Any, group: str, target: str, *zones: str, state: str = "healthy") -> None:
    for zone in zones:
        health.learn(here.region.context("elbv2"), group, f"{target}|9000", zone, {"State": state})


A, B = "127.20.9.200", "127.21.9.200"
BOTH = ("eu-west-1a", "eu-west-1b")


def test_the_healthy_take_turns_and_the_sick_get_nothing_until_all_are_sick(here: Any) -> None:
    state, listener, group = targets_of(here, A, B)
    node = Node("eu-west-1a", random.Random(1))
    turns = [chosen(state, listener, here, node=node) for _ in range(4)]
    assert sorted(turns) == [A, A, B, B]  # nothing is known yet: fail-open
    learned(here, group, A, *BOTH)
    learned(here, group, B, *BOTH, state="unhealthy")
    assert {chosen(state, listener, here, node=node) for _ in range(4)} == {A}
    learned(here, group, A, *BOTH, state="unhealthy")
    assert {chosen(state, listener, here, node=node) for _ in range(4)} == {A, B}


def test_every_node_goes_by_its_own_verdicts(here: Any) -> None:
    state, listener, group = targets_of(here, A, B)
    learned(here, group, A, "eu-west-1a")
    learned(here, group, B, "eu-west-1b")
    assert {chosen(state, listener, here, "eu-west-1a") for _ in range(4)} == {A}
    assert {chosen(state, listener, here, "eu-west-1b") for _ in range(4)} == {B}


def test_without_crossing_zones_a_node_knows_only_its_own(here: Any) -> None:
    state, listener, group = targets_of(here, A, B, load_balancing__cross_zone__enabled="false")
    learned(here, group, A, *BOTH)
    learned(here, group, B, *BOTH)
    assert {chosen(state, listener, here, "eu-west-1b") for _ in range(4)} == {B}
    report = state.reports.get(listener["LoadBalancerArn"])
    assert report == {"Zones": {"eu-west-1a": True, "eu-west-1b": True}, "Healthy": True, "Ports": [80]}
    learned(here, group, B, *BOTH, state="unhealthy")
    report = state.reports.get(listener["LoadBalancerArn"])
    assert report["Zones"] == {"eu-west-1a": True, "eu-west-1b": False}


def test_traffic_shifted_away_from_a_zone_does_not_reach_its_targets(here: Any) -> None:
    state, listener, group = targets_of(here, A, B)
    learned(here, group, A, *BOTH)
    learned(here, group, B, *BOTH)
    assert {chosen(state, listener, here, away={"eu-west-1a"}) for _ in range(4)} == {B}


def test_who_leaves_gets_no_more_requests(here: Any) -> None:
    state, listener, group = targets_of(here, A, B)
    here.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": A}])
    assert {chosen(state, listener, here) for _ in range(4)} == {B}


def test_the_least_busy_is_chosen_where_asked_for(here: Any) -> None:
    how = {"load_balancing__algorithm__type": "least_outstanding_requests"}
    state, listener, group = targets_of(here, A, B, **how)
    node = Node("eu-west-1a", random.Random(1))
    node.busy[f"{group} {A}|9000"] = 3
    assert {chosen(state, listener, here, node=node) for _ in range(8)} == {B}


def test_a_cookie_leads_back_to_the_same_target(here: Any) -> None:
    state, listener, group = targets_of(here, A, B, stickiness__enabled="true")
    settings = state.target_group(group)
    first, twin = sticking.after(settings, f"{B}|9000", [], here.clock.time)
    assert first.startswith("AWSALB=") and first.endswith("Path=/")
    assert twin.startswith("AWSALBCORS=") and twin.endswith("SameSite=None; Secure")
    ask = Ask("GET", "h", "/", "", [("Cookie", f"x=1; {first.partition(';')[0]}")])
    assert {chosen(state, listener, here, ask=ask) for _ in range(4)} == {B}
    learned(here, group, A, *BOTH)
    learned(here, group, B, *BOTH, state="unhealthy")
    assert chosen(state, listener, here, ask=ask) == A


def test_weights_and_sticky_groups(here: Any) -> None:
    one, two = here.group("one", A), here.group("two", B)
    config = {
        "TargetGroups": [{"TargetGroupArn": one, "Weight": 0}, {"TargetGroupArn": two, "Weight": 5}],
        "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60},
    }
    arn = here.listener(here.load_balancer(), {"Type": "forward", "ForwardConfig": config})
    state = here.region.state["elbv2"]
    node = Node("eu-west-1a", random.Random(1))
    found = decide(state, state.listener(arn), Ask("GET", "h", "/", ""), node, here.clock.time)
    assert isinstance(found, Forward) and found.group["Arn"] == two
    assert [each.partition("=")[0] for each in found.cookies] == ["AWSALBTG", "AWSALBTGCORS"]


def test_a_transform_rewrites_host_and_path(here: Any) -> None:
    group = here.group("one", A)
    arn = here.listener(here.load_balancer(), fixed("x"))
    transforms = [
        {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/v1/(.*)$", "Replace": "/$1"}]}},
        {"Type": "host-header-rewrite",
         "HostHeaderRewriteConfig": {"Rewrites": [{"Regex": "^old", "Replace": "new"}]}},
    ]  # fmt: skip
    here.elb.create_rule(ListenerArn=arn, Priority=1, Actions=[forward(group)], Transforms=transforms,
                         Conditions=[{"Field": "path-pattern", "Values": ["/v1/*"]}])  # fmt: skip
    state = here.region.state["elbv2"]
    ask = Ask("GET", "old.example.com", "/v1/a", "q=1", [("Host", "old.example.com")])
    found = decide(state, state.listener(arn), ask, Node("eu-west-1a", random.Random(1)), here.clock.time)
    assert isinstance(found, Forward)
    assert (found.ask.path, found.ask.query, found.ask.header("host")) == ("/a", "q=1", "new.example.com")


def test_forwarded_headers_are_added_to_those_that_came(here: Any) -> None:
    balancer = here.region.state["elbv2"].load_balancer(here.load_balancer()["LoadBalancerArn"])
    came = [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Proto", "gopher"), ("X-Amzn-Trace-Id", "Root=1-a-b;Self=x")]
    sent = dict(forwarded(balancer, Ask("GET", "h", "/", "", came, "198.18.2.10", 0, True, 443), random.Random(1), 0.0))
    assert sent["X-Forwarded-For"] == "1.2.3.4, 198.18.2.10"
    assert (sent["X-Forwarded-Proto"], sent["X-Forwarded-Port"]) == ("https", "443")
    assert sent["X-Amzn-Trace-Id"].startswith("Self=1-00000000-") and sent["X-Amzn-Trace-Id"].endswith(";Root=1-a-b")


def test_evaluate_target_health_wants_a_healthy_target_in_every_group_that_has_any(here: Any) -> None:
    state, listener, group = targets_of(here, A)
    arn = listener["LoadBalancerArn"]
    assert state.reports.get(arn)["Healthy"] is False
    learned(here, group, A, "eu-west-1b")
    assert state.reports.get(arn)["Healthy"] is True
    here.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": A}])
    assert state.reports.get(arn)["Healthy"] is False


def test_one_success_makes_a_new_target_healthy_then_thresholds_count() -> None:
    group = {"HealthyThresholdCount": 3, "UnhealthyThresholdCount": 2, "Matcher": {"HttpCode": "200-204,301"}}
    opinion = probing.Opinion()
    bad = probing.judge(500, group)
    assert opinion.learn(bad, group) is None
    assert opinion.learn(probing.WELL, group) == {"State": "healthy"}
    assert opinion.learn(bad, group) is None
    assert opinion.learn(bad, group) == {
        "State": "unhealthy", "Reason": "Target.ResponseCodeMismatch",
        "Description": "Health checks failed with these codes: [500]",
    }  # fmt: skip
    assert [opinion.learn(probing.judge(301, group), group) for _ in range(3)] == [None, None, {"State": "healthy"}]


def test_minimums_decide_when_to_route_to_all() -> None:
    group = {"Attributes": {f"{choosing.MINIMUM}count": "2", f"{choosing.MINIMUM}percentage": "off"}}
    targets = [{"Id": name} for name in "abc"]
    assert choosing.eligible(targets, lambda each: each["Id"] == "a", group) == targets
    assert choosing.eligible(targets, lambda each: each["Id"] != "c", group) == targets[:2]


def test_verdicts_of_nodes_that_are_gone_count_no_more(here: Any) -> None:
    state, listener, group = targets_of(here, A)
    arn = listener["LoadBalancerArn"]
    learned(here, group, A, "eu-west-1a")
    here.elb.set_subnets(LoadBalancerArn=arn, Subnets=here.subnets[1:])
    assert state.reports.get(arn)["Healthy"] is False
    assert set(state.reports.get(arn)["Zones"]) == {"eu-west-1b", "eu-west-1c"}
