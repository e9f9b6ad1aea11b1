"""Every operation of every published model, in every protocol it lists, both ways, against botocore."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

import pytest

from terrella.wire import model

from . import oracle

CHUNKS = 40


@functools.cache
def exceptions() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / "exceptions.toml").read_text())


def chunk(number: int) -> list[str]:
    return list(model.services()[number::CHUNKS])


@pytest.mark.parametrize("number", range(CHUNKS))
def test_botocore_understands_us_and_we_understand_botocore(number: int) -> None:
    services = chunk(number)
    failed = [failure for service in services for failure in oracle.failures(service)]
    unexpected = [
        f"{place} {what}"
        for place, what in failed
        if what.partition(":")[0] not in exceptions().get(place, ())
    ]
    assert not unexpected, "\n".join(unexpected)
    listed = {
        (place, way)
        for place, ways in exceptions().items()
        if place.split(".")[0] in services
        for way in ways
    }
    recovered = listed - {(place, what.partition(":")[0]) for place, what in failed}
    assert not recovered, f"these work now and need no exception: {recovered}"


def test_every_exception_names_an_operation_that_exists() -> None:
    for place in exceptions():
        service, protocol, operation = place.split(".")
        assert operation in model.load(service).operations
        assert protocol in model.load(service).protocols
