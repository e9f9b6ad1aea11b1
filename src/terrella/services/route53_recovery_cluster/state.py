"""What a member keeps of its clusters.

    recovery.clusters   arn -> {"members" [region], "term", "vote", "base", "base_term", "agreed" (Raft's), "ended",
                        "config" (see deciding.py) or None, "states" {arn: state}}
    recovery.log        "arn index" -> [term, word or None]: entries that may not be on all members yet
    recovery.states     arn of a routing control -> {"on", "index"}. The edge has these, from every member: the one
                        of the highest index counts

Invariant: the states of a cluster are exactly what its agreed words make of nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ormsgpack

from ...region.raft import Entry, Kept
from ...region.region import Region
from ...region.service import Service
from ...store.journal import Change
from ...store.maps import Maps
from . import deciding

if TYPE_CHECKING:
    from .council import Councils

Plain = dict[str, Any]
EDGE = "edge"


class State:
    """The maps, and, in a region at work, its councils."""

    def __init__(self, maps: Maps) -> None:
        self.clusters = maps.objects("recovery.clusters")
        self.log = maps.objects("recovery.log")
        self.states = maps.objects("recovery.states")
        self.councils: Councils | None = None

    def cluster(self, arn: str) -> Plain:
        found: Plain | None = self.clusters.get(arn)
        assert found is not None, "a cluster is never forgotten"
        return found

    def cluster_of(self, what: str) -> str | None:
        """The cluster of a routing control or control panel, as far as this member knows."""
        for arn, data in self.clusters.items():
            config = data["config"]
            if config and not data["ended"] and (what in config["controls"] or what in config["panels"]):
                return str(arn)
        return None


def owed_to(state: State, change: Change, here: Region) -> tuple[str, ...]:
    return (EDGE,) if change.kind == "controls_turned" else ()


service = Service("route53-recovery-cluster", State, replicates=owed_to)


def kept(state: State, cluster: str) -> Kept:
    """What is on disk of a cluster's Raft."""
    data = state.cluster(cluster)
    log = [_entry(state, key) for key in sorted(_keys(state, cluster))]
    return Kept(data["term"], data["vote"], data["base"], data["base_term"], data["agreed"], log)


@service.change
def cluster_founded(state: State, change: Change, cluster: str, members: list[str]) -> None:
    """This region takes part in a cluster from now on."""
    state.clusters.put(cluster, {
        "members": members, "term": 0, "vote": None, "base": 0, "base_term": 0, "agreed": 0, "ended": False,
        "config": None, "states": {},
    })  # fmt: skip


@service.change
def cluster_ended(state: State, change: Change, cluster: str) -> None:
    """A cluster is no more; that it was is remembered, so that no late message begins it anew."""
    for key in _keys(state, cluster):
        state.log.delete(key)
    _put(state, cluster, ended=True, config=None, states={})


@service.change
def cluster_voted(state: State, change: Change, cluster: str, term: int, vote: str | None) -> None:
    _put(state, cluster, term=term, vote=vote)


@service.change
def words_appended(state: State, change: Change, cluster: str, after: int, entries: list[list[Any]]) -> None:
    """Entries stand after an index, and nothing else does."""
    for key in _keys(state, cluster):
        if key > _key(cluster, after):
            state.log.delete(key)
    for number, entry in enumerate(entries, after + 1):
        state.log.put(_key(cluster, number), entry)


@service.change
def words_agreed(state: State, change: Change, cluster: str, upto: int) -> list[tuple[Plain, list[str] | None]]:
    """What a majority has counts. Returns each word with its refusal, if it was refused."""
    data, results = state.cluster(cluster), []
    config, states = data["config"], data["states"]
    for index in range(data["agreed"] + 1, upto + 1):
        said = _entry(state, _key(cluster, index)).data
        if said is None:
            continue
        word, refusal = unpacked(said), None
        if word["kind"] == "turn":
            states, refusal = deciding.turned(config or deciding.EMPTY, states, word, index)
        elif config is None or word["config"]["revision"] > config["revision"]:
            config = word["config"]
            states = deciding.configured(states, config, index)
        results.append((word, refusal))
    _put(state, cluster, agreed=upto, config=config, states=states)
    return results


@service.change
def words_dropped(state: State, change: Change, cluster: str, upto: int, term: int) -> None:
    """All members have these."""
    for key in _keys(state, cluster):
        if key <= _key(cluster, upto):
            state.log.delete(key)
    _put(state, cluster, base=upto, base_term=term)


@service.change
def controls_turned(state: State, change: Change, states: dict[str, Plain]) -> None:
    """What routing controls are now, as one of the members tells the edge, and itself."""
    for arn, told in states.items():
        known = state.states.get(arn)
        if known is None or told["index"] > known["index"]:
            state.states.put(arn, told)


def untold(state: State, cluster: str) -> dict[str, Plain]:
    """The states of a cluster's switches that were not told yet."""
    found = {}
    for arn, now in state.cluster(cluster)["states"].items():
        known = state.states.get(arn)
        if known is None or known["index"] < now["index"]:
            found[arn] = {"on": now["on"], "index": now["index"]}
    return found


def packed(word: Plain) -> bytes:
    """A word as the data of an entry."""
    return ormsgpack.packb(word)


def unpacked(said: bytes) -> Plain:
    word: Plain = ormsgpack.unpackb(said)
    return word


def _put(state: State, cluster: str, **data: Any) -> None:
    state.clusters.put(cluster, {**state.cluster(cluster), **data})


def _key(cluster: str, index: int) -> str:
    return f"{cluster} {index:016d}"


def _entry(state: State, key: str) -> Entry:
    """One that is known to be there."""
    kept = state.log.get(key)
    assert kept is not None, key
    return Entry(*kept)


def _keys(state: State, cluster: str) -> list[str]:
    return [key for key in state.log if key.startswith(f"{cluster} ")]
