"""Borrowed services at a region's front door: routed by signature, refused in the form of the service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from boto import client
from botocore.exceptions import ClientError
from places import region

from terrella.core.errors import NotImplementedHere, ServiceUnavailable
from terrella.region.ports import Ports
from terrella.region.region import Region
from terrella.run.borrowed import SERVICES
from terrella.wire.http import Request, Response


class Lender:
    """The port as a region sees it: notes what it was asked, and does what it is told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Request]] = []
        self.refusal: Exception | None = None

    def offers(self, service: str) -> bool:
        return service in SERVICES

    async def handle(self, service: str, region: str, account: str, request: Request) -> Response:
        self.asked.append((service, region, request))
        if self.refusal is not None:
            raise self.refusal
        return Response(200, [("content-type", "application/x-amz-json-1.1")], b'{"Parameters": []}')


@pytest.fixture
def lender() -> Lender:
    return Lender()


@pytest.fixture
def here(lender: Lender) -> Iterator[Region]:
    yield region("eu-west-1", ports=Ports(borrowed=lender))


def test_a_request_is_handed_on_as_it_came(here: Region, lender: Lender) -> None:
    assert client(here, "ssm").describe_parameters()["Parameters"] == []
    ((service, name, request),) = lender.asked
    assert (service, name) == ("ssm", "eu-west-1")
    assert request.headers["x-amz-target"] == "AmazonSSM.DescribeParameters"


@pytest.mark.parametrize(
    ("service", "ask", "input"),
    [
        ("ssm", "describe_parameters", {}),
        ("sns", "list_topics", {}),
        ("sqs", "list_queues", {}),
        ("scheduler", "list_schedules", {}),
    ],
)
def test_what_cannot_be_lent_is_refused_in_the_form_of_the_service(
    here: Region, lender: Lender, service: str, ask: str, input: dict[str, Any]
) -> None:
    lender.refusal = ServiceUnavailable("out of order")
    with pytest.raises(ClientError) as refusal:
        getattr(client(here, service), ask)(**input)
    error = refusal.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("ServiceUnavailable", "out of order")
    lender.refusal = NotImplementedHere(service, "That")
    with pytest.raises(ClientError, match="is not in this world"):
        getattr(client(here, service), ask)(**input)


def test_what_nobody_has_is_refused_by_name(here: Region, lender: Lender) -> None:
    with pytest.raises(ClientError, match="translate ListTerminologies is not in this world"):
        client(here, "translate").list_terminologies()
    assert not lender.asked


def test_a_region_this_world_lacks_is_refused_in_the_form_of_the_service(here: Region) -> None:
    elsewhere = client(here, "sns")
    elsewhere.meta.events.register_first(
        "before-sign.sns", lambda request, **_: _sign_for(request, "sa-east-1")
    )
    with pytest.raises(ClientError, match="This world has no region sa-east-1"):
        elsewhere.list_topics()


def _sign_for(request: Any, region: str) -> None:
    request.context["signing"] = {**request.context.get("signing", {}), "region": region}
