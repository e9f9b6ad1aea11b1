"""Members agree, one to five of them: whatever is lost, late, comes twice, crashes or is cut off, nobody's list
contradicts another's, nothing that was agreed is lost, and once all is well again all have the same.

A failure names its seed, and the seed repeats it. TERRELLA_SEEDS=20000 in the environment tries so many.
"""

from __future__ import annotations

import copy
import heapq
import itertools
import os
import random
from typing import Any

import pytest

from terrella.region.raft import Entry, Kept, Raft

NAMES = ("a", "b", "c")
FIVE = (*NAMES, "d", "e")
SEEDS = int(os.environ.get("TERRELLA_SEEDS", "40"))
SYNC_S = 0.01


class Node:
    """A member with a disk that forgets, at a crash, what was not yet safe. Nobody hears of that before it is."""

    def __init__(self, cluster: Cluster, name: str, witness: bool) -> None:
        self.cluster, self.name, self.witness, self.disk, self.runs = cluster, name, witness, Kept(), 0
        self.begin()

    def begin(self) -> None:
        self.up, self.runs, self.unsafe = True, self.runs + 1, []
        self.raft = Raft(
            self.name, self.cluster.names, self.cluster.rng, self.cluster.now, copy.deepcopy(self.disk), self.witness
        )

    def crash(self) -> None:
        self.up = False
        for saves in self.unsafe[: self.cluster.rng.randint(0, len(self.unsafe))]:
            self._save(saves)

    def acts(self, reply: Any = None) -> None:
        """What the member said it wants saved is saved in a while, and only then leaves what it wants to send."""
        saves, out, run = self.raft.saves[:], self.raft.out[:], self.runs
        self.raft.saves.clear()
        self.raft.out.clear()
        if saves:
            self.unsafe.append(saves)

        def leave() -> None:
            if not self.up or self.runs != run:
                return
            if saves:
                assert self.unsafe.pop(0) is saves
                self._save(saves)
            for peer, message in out:
                self.cluster.send(self, peer, message)
            if reply is not None:
                reply()

        if saves or self.unsafe or reply is not None or out:
            self.cluster.at(self.cluster.now + SYNC_S if saves else self._when(), leave)

    def _when(self) -> float:
        return self.cluster.now + (SYNC_S if self.unsafe else 0.0)

    def _save(self, saves: list[Any]) -> None:
        disk = self.disk
        for kind, *body in saves:
            if kind == "voted":
                disk.term, disk.vote = body
            elif kind == "appended":
                assert body[0] >= disk.commit
                disk.log[body[0] - disk.base :] = body[1]
            elif kind == "agreed":
                self.cluster.agreed(self.name, disk, body[0])
                disk.commit = body[0]
            else:
                del disk.log[: body[0] - disk.base]
                disk.base, disk.base_term = body


class Cluster:
    def __init__(self, seed: int, names: tuple[str, ...] = NAMES) -> None:
        self.names = names
        self.rng, self.now = random.Random(seed), 0.0
        self.moments: list[Any] = []
        self.count = itertools.count()
        self.truth: dict[int, Any] = {}
        self.acknowledged: list[tuple[int, int]] = []
        self.loss, self.apart = 0.0, set()
        witness = self.rng.choice((None, *NAMES)) if names == NAMES else None
        self.nodes = {name: Node(self, name, name == witness) for name in names}

    def at(self, time: float, do: Any) -> None:
        heapq.heappush(self.moments, (time, next(self.count), do))

    def run(self, until: float) -> None:
        while self.moments and self.moments[0][0] <= until:
            self.now, _, do = heapq.heappop(self.moments)
            do()
        self.now = until

    def lag(self) -> float:
        return self.rng.uniform(0.01, 0.1) if self.rng.random() < 0.95 else self.rng.uniform(0.1, 3.0)

    def fails(self, one: str, other: str) -> bool:
        return self.rng.random() < self.loss or frozenset((one, other)) in self.apart

    def send(self, sender: Node, peer: str, message: Any) -> None:
        run = sender.runs
        for _ in range(2 if self.rng.random() < 0.03 else 1):
            if not self.fails(sender.name, peer):
                self.at(self.now + self.lag(), lambda: self.arrive(sender, run, self.nodes[peer], message))

    def arrive(self, sender: Node, run: int, node: Node, message: Any) -> None:
        if not node.up:
            return
        answer = node.raft.receive(sender.name, copy.deepcopy(message), self.now)

        def reply() -> None:
            if answer is not None and not self.fails(node.name, sender.name):
                self.at(self.now + self.lag(), back)

        def back() -> None:
            if sender.up and sender.runs == run:
                sender.raft.answered(node.name, message, answer, self.now)
                sender.acts()

        node.acts(reply)

    def agreed(self, name: str, disk: Kept, upto: int) -> None:
        """The check: whatever anybody believes to be agreed, and may tell of since that is safe on its disk, is
        the same for everybody."""
        for index in range(disk.commit + 1, upto + 1):
            entry = disk.log[index - disk.base - 1]
            assert self.truth.setdefault(index, entry) == entry, f"{name} has another entry {index}"

    def tick(self, node: Node) -> None:
        if node.up:
            node.raft.tick(self.now)
            if node.raft.leads and not node.witness and self.rng.random() < 0.5:
                node.raft.propose(str(next(self.count)).encode())
            node.acts()
        self.at(self.now + self.rng.uniform(0.03, 0.1), lambda: self.tick(node))

    def trouble(self) -> None:
        rng = self.rng
        name = rng.choice(self.names)
        node = self.nodes[name]
        choice = rng.randrange(6)
        if choice == 0:
            self.apart = {frozenset((name, other)) for other in self.names if other != name}
        elif choice == 1:
            self.apart = {frozenset(rng.sample(self.names, 2))} if len(self.names) > 1 else set()
        elif choice == 2:
            self.apart = set()
        elif choice == 3:
            self.loss = rng.choice((0.0, 0.1, 0.4))
        elif node.up:
            node.crash()
        else:
            node.begin()


def told(seed: int, names: tuple[str, ...] = NAMES) -> Cluster:
    cluster = Cluster(seed, names)
    for node in cluster.nodes.values():
        cluster.tick(node)
    for _ in range(30):
        cluster.run(cluster.now + cluster.rng.expovariate(1 / 1.5))
        cluster.trouble()
    cluster.apart, cluster.loss = set(), 0.0
    for node in cluster.nodes.values():
        if not node.up:
            node.begin()
    cluster.run(cluster.now + 20.0)
    return cluster


@pytest.mark.parametrize("seed", range(SEEDS))
def test_three_members_never_contradict_one_another_and_agree_in_the_end(seed: int) -> None:
    cluster = told(seed)
    leaders = [node for node in cluster.nodes.values() if node.raft.leads]
    assert len(leaders) == 1 and not leaders[0].witness
    newest = max(cluster.truth)
    for node in cluster.nodes.values():
        assert node.raft.kept.commit > newest - 200, f"{node.name} stays behind"
    assert newest > 20, "nothing was agreed"


@pytest.mark.parametrize("members", [1, 2, 4, 5])
@pytest.mark.parametrize("seed", range(max(SEEDS // 8, 1)))
def test_so_do_as_many_as_there_are(seed: int, members: int) -> None:
    cluster = told(seed, FIVE[:members])
    assert sum(node.raft.leads for node in cluster.nodes.values()) == 1
    newest = max(cluster.truth)
    assert newest > 20, "nothing was agreed"
    assert all(node.raft.kept.commit > newest - 200 for node in cluster.nodes.values())


def test_five_lose_two_and_go_on_and_lose_a_third_and_stop() -> None:
    cluster = Cluster(5, FIVE)
    for node in cluster.nodes.values():
        cluster.tick(node)
    cluster.run(10.0)
    for name in ("a", "b"):
        cluster.nodes[name].crash()
    before = max(cluster.truth)
    cluster.run(20.0)
    assert max(cluster.truth) > before + 10
    cluster.nodes["c"].crash()
    cluster.run(21.0)
    before = max(cluster.truth)
    cluster.run(40.0)
    assert max(cluster.truth) == before and not any(n.raft.leads for n in cluster.nodes.values() if n.up)


def test_what_everybody_has_is_dropped() -> None:
    cluster = Cluster(3)
    for node in cluster.nodes.values():
        cluster.tick(node)
    cluster.run(60.0)
    for node in cluster.nodes.values():
        assert node.raft.kept.base > 100 and len(node.raft.kept.log) < 400


def test_a_leader_nobody_hears_stops_to_lead_and_two_others_go_on() -> None:
    cluster = Cluster(4)
    for node in cluster.nodes.values():
        cluster.tick(node)
    cluster.run(10.0)
    (leader,) = [node for node in cluster.nodes.values() if node.raft.leads]
    cluster.apart = {frozenset((leader.name, other)) for other in NAMES if other != leader.name}
    before = max(cluster.truth)
    cluster.run(20.0)
    assert leader.raft.leader is None and leader.raft.kept.commit <= before + 5
    assert max(cluster.truth) > before + 10
    term = leader.raft.kept.term
    cluster.apart = set()
    cluster.run(22.0)
    (new,) = [node for node in cluster.nodes.values() if node.raft.leads]
    assert new.raft.kept.term == leader.raft.kept.term >= term, "who was away comes back without a vote"


def member(term: int, *terms: int) -> Raft:
    """The member a with a list of entries of these terms, none of them agreed yet."""
    log = [Entry(each, f"{number}".encode()) for number, each in enumerate(terms)]
    return Raft("a", NAMES, random.Random(1), 0.0, Kept(term=term, log=log))


def leading(term: int, *terms: int) -> Raft:
    """The same, once b has voted for it: it leads the next term and has proposed an entry of that."""
    raft = member(term, *terms)
    raft.tick(100.0)
    for asked in (False, True):
        message = next(message for peer, message in raft.out if peer == "b")
        raft.out.clear()
        raft.answered("b", message, {"term": term + asked, "granted": True}, 100.0)
    assert raft.leads
    return raft


def appended(raft: Raft, upto: int) -> None:
    """b says that it has the list so far."""
    message = {"kind": "append", "term": raft.kept.term, "prev": upto, "entries": [], "round": 0, "number": 1}
    raft.answered("b", message, {"term": raft.kept.term, "ok": True}, 100.0)


def test_an_entry_of_an_earlier_term_is_agreed_only_with_one_of_the_leaders_own() -> None:
    """Raft, section 5.4.2, figure 8: a majority may have it, and it may be overwritten all the same."""
    raft = leading(2, 1, 2)
    appended(raft, 2)
    assert raft.kept.commit == 0
    appended(raft, 3)
    assert raft.kept.commit == 3


@pytest.mark.parametrize(("entries", "commit"), [([], 0), ([[3, b"new"]], 3)])
def test_a_follower_counts_itself_and_the_leader_only_for_entries_of_the_leaders_term(
    entries: list[Any], commit: int
) -> None:
    raft = member(2, 1, 2)
    message = {
        "kind": "append", "term": 3, "prev": 2, "prev_term": 2, "entries": entries, "commit": 0, "all": 0,
        "round": 1, "number": 1,
    }  # fmt: skip
    assert raft.receive("b", message, 1.0) == {"term": 3, "ok": True}
    assert raft.kept.commit == commit


@pytest.mark.parametrize(("last_term", "last", "granted"), [(2, 2, True), (3, 1, True), (2, 1, False), (1, 9, False)])
def test_a_vote_goes_only_to_who_has_all_that_may_be_agreed(last_term: int, last: int, granted: bool) -> None:
    vote = {"kind": "vote", "pre": False, "term": 3, "last": last, "last_term": last_term}
    assert member(2, 1, 2).receive("b", vote, 1.0) == {"term": 3, "granted": granted}


def test_a_member_votes_once_a_term() -> None:
    raft = member(2, 1, 2)
    vote = {"kind": "vote", "pre": False, "term": 3, "last": 2, "last_term": 2}
    given = [raft.receive(peer, vote, 1.0) for peer in ("b", "c", "b")]
    assert [each and each["granted"] for each in given] == [True, False, True]


def test_an_entry_of_an_older_term_is_not_agreed_because_two_members_have_it() -> None:
    """The paper's figure 8. Leader a brings c an entry of term 1 that b, whose own is of term 2, may yet replace."""
    big, old = b"x" * 700_000, Entry(1, None)
    log = [old, Entry(1, big), Entry(1, big)]  # too large for one message, so they come alone
    rng, now = random.Random(1), 100.0
    a = Raft("a", NAMES, rng, 0.0, Kept(2, None, commit=1, log=list(log)))
    c = Raft("c", NAMES, rng, 0.0, Kept(2, None, commit=1, log=[old]))
    b = Raft("b", NAMES, rng, 0.0, Kept(2, "b", commit=1, log=[old, Entry(2, b"of b")]))

    def exchange() -> list[int]:
        """Everything a has to say to c, and the answers; how many entries each message had."""
        told, a.out = [each for peer, each in a.out if peer == "c"], []
        for message in told:
            reply = c.receive("a", message, now)
            assert reply is not None
            a.answered("c", message, reply, now)
        return [len(message.get("entries", ())) for message in told]

    a.tick(now)
    rounds = iter(range(20))
    while not a.leads:
        exchange()
        next(rounds)
    assert a.kept.term == 3
    while c.last != 2:
        exchange()
        next(rounds)
    assert (c.entry(2).term, a.match["c"]) == (1, 2), "two of three have it"
    assert (a.kept.commit, c.kept.commit) == (1, 1), "and yet it does not count"
    vote = {"kind": "vote", "pre": False, "term": 4, "last": b.last, "last_term": 2}
    assert copy.deepcopy(c).receive("b", vote, now)["granted"], "for b may be elected, and would replace it"
    while a.kept.commit == 1:
        exchange()
        next(rounds)
    assert a.kept.commit == a.last == 4, "with the first entry of its own term all before it count"
