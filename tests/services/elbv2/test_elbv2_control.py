"""Load balancers through boto3: what AWS says of them, and what it refuses in which words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from elbv2_parts import fixed, forward


def refused(call: Any, code: str, words: str = "", **input: Any) -> None:
    with pytest.raises(ClientError) as caught:
        call(**input)
    error = caught.value.response["Error"]
    assert (error["Code"], bool(re.search(words, error["Message"]))) == (code, True), error


def test_a_load_balancer_is_described_as_aws_does(here: Any) -> None:
    made = here.load_balancer()
    assert re.fullmatch(r"web-\d{9,10}\.eu-west-1\.elb\.amazonaws\.com", made["DNSName"])
    assert re.fullmatch(r"arn:aws:elasticloadbalancing:eu-west-1:\d{12}:loadbalancer/app/web/[0-9a-f]{16}",
                        made["LoadBalancerArn"])  # fmt: skip
    assert made["CanonicalHostedZoneId"] == "Z32O12XQLNTSW2"
    assert made["State"] == {"Code": "provisioning"}
    assert [zone["ZoneName"] for zone in made["AvailabilityZones"]] == ["eu-west-1a", "eu-west-1b"]
    assert made["VpcId"] == here.vpc and len(made["SecurityGroups"]) == 1
    here.clock.time += 60
    waiter = here.elb.get_waiter("load_balancer_available")
    waiter.wait(Names=["web"], WaiterConfig={"MaxAttempts": 1})
    assert here.load_balancer()["LoadBalancerArn"] == made["LoadBalancerArn"]  # the same again is no error


@pytest.mark.parametrize(
    ("name", "words"),
    [("-web", "cannot begin or end with a hyphen"), ("a b", "cannot contain characters"),
     ("internal-x", "cannot begin with 'internal-'"), ("x" * 33, "longer than '32'")],
)  # fmt: skip
def test_a_bad_name_is_refused(here: Any, name: str, words: str) -> None:
    refused(here.elb.create_load_balancer, "ValidationError", words, Name=name, Subnets=here.subnets[:2])


def test_the_subnets_decide_where_it_stands(here: Any) -> None:
    create = here.elb.create_load_balancer
    refused(create, "ValidationError", "At least two subnets", Name="web", Subnets=here.subnets[:1])
    refused(create, "SubnetNotFound", "does not exist", Name="web", Subnets=["subnet-1", "subnet-2"])
    refused(create, "InvalidConfigurationRequest", "same Availability Zone", Name="web", Subnets=here.subnets[:1] * 2)
    arn = here.load_balancer()["LoadBalancerArn"]
    refused(create, "DuplicateLoadBalancerName", "different settings", Name="web", Subnets=here.subnets[1:])
    zones = here.elb.set_subnets(LoadBalancerArn=arn, Subnets=here.subnets[1:])["AvailabilityZones"]
    assert [zone["ZoneName"] for zone in zones] == ["eu-west-1b", "eu-west-1c"]


def test_what_is_not_there_is_not_found(here: Any) -> None:
    elb = here.elb
    refused(elb.describe_load_balancers, "LoadBalancerNotFound", r"Load balancers '\[x\]' not found", Names=["x"])
    refused(elb.describe_target_groups, "TargetGroupNotFound", "One or more target groups not found", Names=["x"])
    refused(elb.describe_listeners, "ListenerNotFound", "One or more listeners not found", ListenerArns=["x"])
    refused(elb.describe_rules, "RuleNotFound", "Rules", RuleArns=["x"])
    elb.delete_load_balancer(LoadBalancerArn="arn:gone")
    elb.delete_target_group(TargetGroupArn="arn:gone")


def test_a_port_has_one_listener(here: Any) -> None:
    balancer = here.load_balancer()
    here.listener(balancer, fixed("a"))
    with pytest.raises(ClientError, match=r"DuplicateListener.*A listener already exists on this port"):
        here.listener(balancer, fixed("b"))
    create, arn = here.elb.create_listener, balancer["LoadBalancerArn"]
    common = {"LoadBalancerArn": arn, "DefaultActions": [fixed("a")]}
    refused(create, "ValidationError", "certificate must be specified", Protocol="HTTPS", Port=443, **common)
    refused(create, "UnsupportedProtocol", "'TCP'", Protocol="TCP", Port=81, **common)
    refused(create, "SSLPolicyNotFound", "", Protocol="HTTPS", Port=443, SslPolicy="Best", **common)
    refused(create, "CertificateNotFound", "not found", Protocol="HTTPS", Port=443,
            Certificates=[{"CertificateArn": "arn:aws:acm:eu-west-1:1:certificate/x"}], **common)  # fmt: skip


def test_rules_have_priorities_that_can_change_places(here: Any) -> None:
    listener = here.listener(here.load_balancer(), fixed("default"))

    def rule(priority: int, path: str) -> str:
        made = here.elb.create_rule(ListenerArn=listener, Priority=priority, Actions=[fixed(path)],
                                    Conditions=[{"Field": "path-pattern", "Values": [path]}])  # fmt: skip
        return str(made["Rules"][0]["RuleArn"])

    one, two = rule(1, "/a"), rule(2, "/b")
    with pytest.raises(ClientError, match="Priority '2' is currently in use"):
        rule(2, "/c")
    swapped = [{"RuleArn": one, "Priority": 2}, {"RuleArn": two, "Priority": 1}]
    here.elb.set_rule_priorities(RulePriorities=swapped)
    shown = here.elb.describe_rules(ListenerArn=listener)["Rules"]
    assert [(each["RuleArn"], each["Priority"]) for each in shown[:2]] == [(two, "1"), (one, "2")]
    assert (shown[2]["Priority"], shown[2]["IsDefault"]) == ("default", True)
    assert shown[0]["Conditions"] == [
        {"Field": "path-pattern", "Values": ["/b"], "PathPatternConfig": {"Values": ["/b"]}}
    ]
    refused(here.elb.delete_rule, "OperationNotPermitted", "Default rule", RuleArn=shown[2]["RuleArn"])


def test_conditions_are_checked(here: Any) -> None:
    listener = here.listener(here.load_balancer(), fixed("default"))
    for condition, words in [
        ({"Field": "color", "Values": ["red"]}, "must be one of"),
        ({"Field": "host-header", "Values": ["nodot"]}, "at least one '.'"),
        ({"Field": "source-ip", "SourceIpConfig": {"Values": ["1.2.3.4"]}}, "not a valid CIDR"),
        ({"Field": "path-pattern", "Values": ["/*/*/*/*/*/*/*"]}, "wildcards"),
        ({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["get"]}}, "request method"),
    ]:
        refused(here.elb.create_rule, "ValidationError", words, ListenerArn=listener, Priority=1,
                Actions=[fixed("x")], Conditions=[condition])  # fmt: skip


def test_a_forward_shows_what_it_weighs(here: Any) -> None:
    one, two = here.group("one"), here.group("two")
    balancer = here.load_balancer()
    here.listener(balancer, forward(one))
    weighted = {"TargetGroups": [{"TargetGroupArn": one, "Weight": 3}, {"TargetGroupArn": two, "Weight": 0}]}
    here.listener(balancer, {"Type": "forward", "ForwardConfig": weighted}, port=81)
    shown = here.elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    actions = {each["Port"]: each["DefaultActions"][0] for each in shown}
    assert actions[80]["ForwardConfig"]["TargetGroups"] == [{"TargetGroupArn": one, "Weight": 1}]
    assert actions[81]["ForwardConfig"]["TargetGroups"] == weighted["TargetGroups"]
    assert "TargetGroupArn" not in actions[81]
    used = here.elb.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"]
    assert {each["TargetGroupArn"] for each in used} == {one, two}
    refused(here.elb.delete_target_group, "ResourceInUse", "currently in use", TargetGroupArn=one)
    other = here.load_balancer("other")
    with pytest.raises(ClientError, match="cannot be associated with more than one load balancer"):
        here.listener(other, forward(one))


@pytest.mark.parametrize(
    ("action", "code"),
    [({"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}, "InvalidLoadBalancerAction"),
     (fixed("x", "302"), "ValidationError"),
     (forward("arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/x/1"), "TargetGroupNotFound"),
     ({"Type": "authenticate-oidc", "Order": 1}, "InvalidLoadBalancerAction")],
)  # fmt: skip
def test_an_action_that_cannot_be_is_refused(here: Any, action: dict[str, Any], code: str) -> None:
    balancer = here.load_balancer()
    with pytest.raises(ClientError) as caught:
        here.listener(balancer, action)
    assert caught.value.response["Error"]["Code"] == code


def test_a_target_group_has_the_defaults_of_its_kind(here: Any) -> None:
    (servers,) = here.elb.describe_target_groups(TargetGroupArns=[here.group()])["TargetGroups"]
    assert (servers["HealthCheckIntervalSeconds"], servers["HealthCheckTimeoutSeconds"]) == (30, 5)
    assert (servers["HealthCheckEnabled"], servers["Matcher"]) == (True, {"HttpCode": "200"})
    made = here.elb.create_target_group(Name="functions", TargetType="lambda")["TargetGroups"][0]
    assert (made["HealthCheckEnabled"], made["HealthCheckIntervalSeconds"]) == (False, 35)
    create = here.elb.create_target_group
    refused(create, "ValidationError", "A protocol must be specified", Name="x")
    common = {"Name": "x", "Protocol": "HTTP", "Port": 80, "VpcId": here.vpc}
    refused(create, "ValidationError", "must be smaller than the interval", HealthCheckIntervalSeconds=5, **common)
    refused(create, "ValidationError", "within '200-499'", Matcher={"HttpCode": "200,500"}, **common)
    refused(create, "ValidationError", "VPC ID", **(common | {"VpcId": "vpc-1"}))


def test_attributes_are_the_ones_aws_has(here: Any) -> None:
    arn = here.load_balancer()["LoadBalancerArn"]
    modify = here.elb.modify_load_balancer_attributes
    modify(LoadBalancerArn=arn, Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "5"}])
    found = here.elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "5"} in found
    for key, value, words in [("nothing", "1", "not recognized"), ("idle_timeout.timeout_seconds", "0", "between 1")]:
        refused(modify, "ValidationError", words, LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": value}])
    modify(LoadBalancerArn=arn, Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}])
    refused(here.elb.delete_load_balancer, "OperationNotPermitted", "deletion protection", LoadBalancerArn=arn)
    group = {"TargetGroupArn": here.group()}
    sticky = [{"Key": "stickiness.enabled", "Value": "true"}, {"Key": "stickiness.type", "Value": "app_cookie"}]
    refused(here.elb.modify_target_group_attributes, "InvalidConfigurationRequest", "cookie name",
            Attributes=sticky, **group)  # fmt: skip


def test_tags_limits_and_policies(here: Any) -> None:
    arn = here.load_balancer(Tags=[{"Key": "a", "Value": "1"}])["LoadBalancerArn"]
    here.elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "b", "Value": "2"}])
    here.elb.remove_tags(ResourceArns=[arn], TagKeys=["a"])
    (found,) = here.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    assert found == {"ResourceArn": arn, "Tags": [{"Key": "b", "Value": "2"}]}
    twice = [{"Key": "x", "Value": "1"}, {"Key": "x", "Value": "2"}]
    refused(here.elb.add_tags, "DuplicateTagKeys", "", ResourceArns=[arn], Tags=twice)
    limits = {each["Name"]: each["Max"] for each in here.elb.describe_account_limits()["Limits"]}
    assert limits["application-load-balancers"] == "50"
    (policy,) = here.elb.describe_ssl_policies(Names=["ELBSecurityPolicy-TLS13-1-2-2021-06"])["SslPolicies"]
    assert policy["SslProtocols"] == ["TLSv1.2", "TLSv1.3"]


def test_targets_tell_how_they_are(here: Any) -> None:
    group = here.group("servers", "127.20.9.200", "10.0.0.5")

    def health(**more: Any) -> list[tuple[str, str]]:
        found = here.elb.describe_target_health(TargetGroupArn=group, **more)["TargetHealthDescriptions"]
        return [(each["TargetHealth"]["State"], each["TargetHealth"].get("Reason", "")) for each in found]

    assert health() == [("unused", "Target.NotInUse")] * 2
    here.listener(here.load_balancer(), forward(group))
    assert health()[0] == ("initial", "Elb.RegistrationInProgress")
    here.clock.time += 60
    assert health()[0] == ("initial", "Elb.InitialHealthChecking")
    assert health(Targets=[{"Id": "10.9.9.9"}]) == [("unused", "Target.NotRegistered")]
    here.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.0.5"}])
    assert health()[1] == ("draining", "Target.DeregistrationInProgress")
    here.clock.time += 301
    assert len(health()) == 1
    shown = here.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["Target"]
    assert shown == {"Id": "127.20.9.200", "Port": 9000, "AvailabilityZone": "eu-west-1a"}
    register = here.elb.register_targets
    refused(register, "InvalidTarget", "private address", TargetGroupArn=group, Targets=[{"Id": "8.8.8.8"}])


def test_zonal_shift_moves_away_from_one_zone_at_a_time(here: Any) -> None:
    arn = here.load_balancer()["LoadBalancerArn"]
    start = {"resourceIdentifier": arn, "awayFrom": "euw1-az3", "expiresIn": "30m", "comment": "c"}
    refused(here.arc.start_zonal_shift, "ResourceNotFoundException", "not enabled", **start)
    enabled = [{"Key": "zonal_shift.config.enabled", "Value": "true"}]
    here.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=enabled)
    refused(here.arc.start_zonal_shift, "ValidationException", "not in", **(start | {"awayFrom": "euw1-az2"}))
    refused(here.arc.start_zonal_shift, "ValidationException", "expiresIn", **(start | {"expiresIn": "73h"}))
    shift = here.arc.start_zonal_shift(**start)
    assert shift["status"] == "ACTIVE"
    refused(here.arc.start_zonal_shift, "ConflictException", "already", **start)
    (item,) = here.arc.list_managed_resources()["items"]
    assert item["appliedWeights"] == {"euw1-az3": 0.0, "euw1-az1": 1.0}
    here.arc.update_zonal_shift(zonalShiftId=shift["zonalShiftId"], expiresIn="1h")
    here.clock.time += 3599
    assert [each["status"] for each in here.arc.list_zonal_shifts()["items"]] == ["ACTIVE"]
    here.clock.time += 2
    assert [each["status"] for each in here.arc.list_zonal_shifts()["items"]] == ["EXPIRED"]
    refused(here.arc.cancel_zonal_shift, "ConflictException", "not active", zonalShiftId=shift["zonalShiftId"])
    assert here.arc.get_managed_resource(resourceIdentifier=arn)["appliedWeights"]["euw1-az3"] == 1.0
    refused(here.arc.update_zonal_autoshift_configuration, "ConflictException", "practice",
            resourceIdentifier=arn, zonalAutoshiftStatus="ENABLED")  # fmt: skip


def test_network_load_balancers_have_protocols_of_their_own(here: Any) -> None:
    made = here.elb.create_load_balancer(Name="n", Type="network", Subnets=here.subnets[:1])["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    groups = {each: here.group(f"g{at}", Protocol=each) for at, each in enumerate(("TCP", "TLS", "UDP", "TCP_UDP"))}
    fits = {"TCP": {"TCP", "TCP_UDP"}, "UDP": {"UDP", "TCP_UDP"}, "TCP_UDP": {"TCP_UDP"}}
    for port, (protocol, group) in enumerate(((p, g) for p in fits for g in groups), 1):
        given = {"LoadBalancerArn": arn, "Protocol": protocol, "Port": port}
        given["DefaultActions"] = [{"Type": "forward", "TargetGroupArn": groups[group]}]
        if group in fits[protocol]:
            here.elb.create_listener(**given)
        else:
            refused(here.elb.create_listener, "IncompatibleProtocols", **given)
    action = [{"Type": "forward", "TargetGroupArn": groups["TCP"]}]
    given = {"LoadBalancerArn": arn, "Port": 99, "DefaultActions": action}
    refused(here.elb.create_listener, "NotImplemented", Protocol="QUIC", **given)
    refused(here.elb.create_listener, "ValidationError", Protocol="TLS", **given)
    refused(here.elb.create_load_balancer, "NotImplemented", Name="w", Type="gateway", Subnets=here.subnets[:1])


def test_who_sees_the_client_depends_on_the_kind_of_group(here: Any) -> None:
    def preserved(name: str, **settings: Any) -> str | None:
        group = here.group(name, **settings)
        rows = here.elb.describe_target_group_attributes(TargetGroupArn=group)["Attributes"]
        found: dict[str, str] = {each["Key"]: each["Value"] for each in rows}
        assert found["stickiness.type"] == "source_ip"
        return found.get("preserve_client_ip.enabled")

    assert preserved("a", Protocol="TCP") == preserved("b", Protocol="TLS") == "false"
    assert preserved("c", Protocol="UDP") == preserved("d", Protocol="TCP", TargetType="instance") == "true"
    assert preserved("e", Protocol="TCP", TargetType="alb") is None


def test_a_group_of_type_alb_takes_one_load_balancer_with_a_listener_on_its_port(here: Any) -> None:
    group = here.group("albs", Protocol="TCP", TargetType="alb", Port=80)
    shown = here.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]
    assert (shown["HealthCheckProtocol"], shown["Matcher"]) == ("HTTP", {"HttpCode": "200-399"})
    alb = here.load_balancer("alb")
    given = {"TargetGroupArn": group, "Targets": [{"Id": alb["LoadBalancerArn"]}]}
    refused(here.elb.register_targets, "InvalidTarget", **given)
    here.listener(alb, fixed("well"))
    here.elb.register_targets(**given)
    refused(here.elb.register_targets, "InvalidTarget", TargetGroupArn=group, Targets=[{"Id": "10.0.0.1"}])
    common = {"Protocol": "UDP", "Port": 80, "VpcId": here.vpc, "TargetType": "alb"}
    refused(here.elb.create_target_group, "ValidationError", Name="x", **common)
    tcp = {**common, "Protocol": "TCP", "HealthCheckProtocol": "TCP"}
    refused(here.elb.create_target_group, "UnsupportedProtocol", Name="x", **tcp)


def test_no_load_balancer_has_capacity_reserved(here: Any) -> None:
    arn = here.load_balancer()["LoadBalancerArn"]
    answer = here.elb.describe_capacity_reservation(LoadBalancerArn=arn)
    assert "MinimumLoadBalancerCapacity" not in answer and answer["CapacityReservationState"] == []
    refused(here.elb.describe_capacity_reservation, "LoadBalancerNotFound", LoadBalancerArn=arn[:-1] + "x")


def test_an_empty_protocol_version_is_the_default(here: Any) -> None:
    made = here.elb.create_target_group(Name="x", Protocol="HTTP", Port=80, VpcId=here.vpc, ProtocolVersion="")
    assert made["TargetGroups"][0]["ProtocolVersion"] == "HTTP1"
