"""Route 53 at its home, and a zone in it."""

from __future__ import annotations

from typing import Any

import pytest
from boto import client
from places import EdgeOfAnswers, region

from terrella.region.ports import Ports
from terrella.region.region import Region
from terrella.services.route53 import service


@pytest.fixture
def edge() -> EdgeOfAnswers:
    return EdgeOfAnswers()


@pytest.fixture
def home(edge: EdgeOfAnswers) -> Region:
    return region("us-east-1", service, ports=Ports(edge=edge))


@pytest.fixture
def route53(home: Region) -> Any:
    return client(home, "route53")


@pytest.fixture
def zone(route53: Any) -> str:
    made = route53.create_hosted_zone(Name="example.com", CallerReference="first")
    return str(made["HostedZone"]["Id"].removeprefix("/hostedzone/"))
