"""A region comes back from its disk, also when a change in its journal broke the function that applies it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import uvloop

from terrella.region.region import Region, WorldFacts
from terrella.region.service import Change, Service
from terrella.run.clock import WallClock
from terrella.run.disk import Disk, DiskError, _unlock
from terrella.run.region_on_disk import RegionOnDisk
from terrella.store.journal import Journal
from terrella.store.maps import Maps


class State:
    def __init__(self, maps: Maps) -> None:
        self.shares = maps.objects("dynamodb.shares")


def dividing() -> Service[State]:
    service = Service("dynamodb", State)

    @service.change
    def shared(state: State, change: Change, among: int) -> None:
        state.shares.put("last", change.seq)
        state.shares.put(str(change.seq), 60 // among)

    return service


def opened(disk: Disk, service: Service[State]) -> RegionOnDisk[Region]:
    def build(journal: Journal, maps: Maps) -> Region:
        return Region("eu-west-1", [service], clock=WallClock(), journal=journal, maps=maps,
                      world=WorldFacts(("eu-west-1",)))  # fmt: skip

    return RegionOnDisk(disk, build)


async def left(disk: Disk) -> None:
    """As a crash would: the journal is there, the maps' file is where it was, so that all is replayed."""
    await disk.journal.close()
    disk.maps.close()
    _unlock(disk.folder, disk._lock)


def shares(region: Region) -> dict[str, int]:
    return dict(region.state["dynamodb"].shares.items())


def test_a_change_that_breaks_keeps_no_region_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    service = dividing()

    async def first() -> dict[str, int]:
        place = opened(Disk.open(tmp_path), service)
        for among in (3, 0, 4):
            if among:
                place.region.commit(service, "shared", {"among": among})
            else:
                with pytest.raises(ZeroDivisionError):
                    place.region.commit(service, "shared", {"among": among})
        found = shares(place.region)
        await left(place.disk)
        return found

    async def again() -> dict[str, int]:
        place = opened(Disk.open(tmp_path), service)
        found = shares(place.region)
        await place.disk.close()
        return found

    before = uvloop.run(first())
    with caplog.at_level(logging.ERROR):
        assert uvloop.run(again()) == before == {"1": 20, "3": 15, "last": 3}
    assert "change 2 (dynamodb shared) could not be applied" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_journal_of_a_version_that_knew_more_is_refused_in_a_sentence(tmp_path: Path) -> None:
    async def first() -> None:
        service = dividing()
        place = opened(Disk.open(tmp_path), service)
        place.region.commit(service, "shared", {"among": 3})
        await left(place.disk)

    async def again() -> None:
        disk = Disk.open(tmp_path)
        with pytest.raises(DiskError, match="change 1 is a shared of dynamodb, which this one does not know"):
            opened(disk, Service("dynamodb", State))
        await left(disk)

    uvloop.run(first())
    uvloop.run(again())
