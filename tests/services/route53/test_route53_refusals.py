"""Record sets no name server could answer with, and what each is told."""

from __future__ import annotations

from typing import Any

import pytest
from route53_batches import change, record


def refused(route53: Any, zone: str, *changes: tuple[str, dict[str, Any]]) -> str:
    with pytest.raises(route53.exceptions.InvalidChangeBatch) as refusal:
        change(route53, zone, *changes)
    message: str = refusal.value.response["Error"]["Message"]
    return message[1:-1]


@pytest.mark.parametrize("parameters", [
    "port=99999", "foo=1", "ipv4hint=1.2.3", "alpn", "ech=abc", "no-default-alpn=1", "port=53 port=54",
])  # fmt: skip
@pytest.mark.parametrize("type", ["SVCB", "HTTPS"])
def test_parameters_of_services_that_could_not_be_answered_are_refused(
    route53: Any, zone: str, type: str, parameters: str
) -> None:
    said = refused(route53, zone, ("CREATE", record("s.example.com", f"1 . {parameters}", type=type)))
    assert said.startswith(f"Invalid Resource Record: 'FATAL problem: {type}RRDATAIllegalField")
    change(route53, zone, ("CREATE", record("s.example.com", '1 . alpn=h2 key65333="a b"', type=type)))


@pytest.mark.parametrize("text", [r'"\777"', r'"\400"', r'"\999"', r'"\189"'])
def test_an_escape_in_a_text_is_an_octal_code_of_a_byte(route53: Any, zone: str, text: str) -> None:
    assert "invalid octal code" in refused(route53, zone, ("CREATE", record("t.example.com", text, type="TXT")))


@pytest.mark.parametrize(("location", "why"), [
    ({}, "found none"),
    ({"AWSRegion": "us-east-1", "LocalZoneGroup": "us-east-1-bos-1"}, "more than one"),
    ({"AWSRegion": "mars-east-1", "Bias": 1}, "mars-east-1 is not supported"),
    ({"LocalZoneGroup": "mars-east-1-bos-1"}, "is not supported"),
    ({"Coordinates": {"Latitude": "90.01", "Longitude": "0"}}, "Latitude 90.01 is not between -90 and 90"),
    ({"Coordinates": {"Latitude": "0", "Longitude": "-181"}}, "Longitude -181 is not between -180 and 180"),
])  # fmt: skip
def test_a_resource_near_which_is_answered_stands_in_one_place(
    route53: Any, zone: str, location: dict[str, Any], why: str
) -> None:
    given = record("n.example.com", "192.0.2.1", SetIdentifier="a", GeoProximityLocation=location)
    assert why in refused(route53, zone, ("CREATE", given))


def test_thirty_places_may_be_near(route53: Any, zone: str) -> None:
    def at(n: int) -> tuple[str, dict[str, Any]]:
        place = {"Coordinates": {"Latitude": str(n), "Longitude": "179.5"}}
        return "CREATE", record("n.example.com", "192.0.2.1", SetIdentifier=str(n), GeoProximityLocation=place)

    change(route53, zone, *map(at, range(30)))
    assert "cannot be created as 30 RRSets exist" in refused(route53, zone, at(30))
