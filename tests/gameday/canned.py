"""A verdict as a game day leaves it, made by hand: two regions, five cities, one lost region."""

from __future__ import annotations

from typing import Any

CITIES = ("amsterdam", "new-york", "sao-paulo", "sydney", "tokyo")
EU, JP = "eu-west-1", "ap-northeast-1"
PHASES = [
    ("one_region", 0.0, 240.0),
    ("two_regions", 240.0, 480.0),
    ("outage", 480.0, 780.0),
    ("healed", 780.0, 960.0),
]
FROM_EU = {"amsterdam": 62, "new-york": 161, "sao-paulo": 391, "sydney": 553, "tokyo": 467}
FROM_JP = {"amsterdam": 471, "new-york": 338, "sao-paulo": 529, "sydney": 231, "tokyo": 33}


def verdict(**changed: Any) -> dict[str, Any]:
    """The verdict, with other values for what is named."""
    regions = {city: EU if FROM_EU[city] < FROM_JP[city] else JP for city in CITIES}
    lost = [city for city in CITIES if regions[city] == EU]
    total = {"amsterdam": 86.0, "new-york": 74.5, "sao-paulo": 91.25}
    whole: dict[str, Any] = {
        "scenario": "lose_a_region", "title": "Lose a region", "engine": "live", "seed": 7, "speed": 20.0,
        "regions": [EU, JP], "began": 1760000000.0,
        "phases": [{"name": n, "begin_s": b, "end_s": e} for n, b, e in PHASES],
        "availability": {
            "overall": 0.9713,
            "per_city": {city: 0.9431 if city in lost else 1.0 for city in CITIES},
            "per_phase": {"one_region": 1.0, "two_regions": 0.9999, "outage": 0.9127, "healed": 1.0},
        },
        "latency": {city: _latency(city, regions[city]) for city in CITIES},
        "served_by": {city: _served(city, regions[city]) for city in CITIES},
        "detection_s": 34.2,
        "rto": {"overall_s": 91.25, "per_city": {
            city: {"total_s": total[city], "detection_s": 34.2, "dns_caching_s": total[city] - 34.2}
            for city in lost}},
        "rpo": {"writes": 3, "seconds": 0.31},
        "writes": {"acknowledged": 1873, "lost": 0, "late": 3, "overwritten": 1, "tags_lost": []},
        "replication_lag_ms": {f"{EU} → {JP}": {"p50": 108.2, "p99": 131.7, "max": 161.0},
                               f"{JP} → {EU}": {"p50": 109.4, "p99": 128.1, "max": 143.6}},
        "converged": {"ok": True, "digests": {EU: "9f" * 32, JP: "9f" * 32}},
        "expectations": [
            {"name": "availability", "expected": "at least 95 %", "measured": "97.13 %", "ok": True},
            {"name": "RTO", "expected": "at most 120 s", "measured": "91.2 s", "ok": True},
            {"name": "RPO", "expected": "at most 2 s", "measured": "0.31 s", "ok": True},
            {"name": "no acknowledged write is lost", "expected": "0", "measured": "0", "ok": True},
            {"name": "replicas converge", "expected": "yes", "measured": "yes", "ok": True},
        ],
        "ok": True,
        "findings": {"told": {"id": "told", "name": "Phase by phase", "about": "Who was told what.",
                              "head": ["Phase", "Well"], "rows": [["outage", "4711 & more"]], "values": {}}},
        "timeline": [
            {"t_s": at, "cities": {city: _cell(at, regions[city], total.get(city)) for city in CITIES}}
            for at in range(0, 960, 8)],
        "events": [
            {"at_s": 480.0, "what": "struck", "detail": {"fault": {"kind": "region-outage", "region": EU}}},
            {"at_s": 514.2, "what": "verdict", "detail": {"id": "hc-1", "healthy": False}},
            {"at_s": 780.0, "what": "healed", "detail": {"fault": {"kind": "region-outage", "region": EU}}},
            {"at_s": 806.0, "what": "verdict", "detail": {"id": "hc-1", "healthy": True}},
        ],
        "notes": ["A note with <angle brackets> & an ampersand."],
    }  # fmt: skip
    return {**whole, **changed}


def _latency(city: str, region: str) -> dict[str, Any]:
    near = FROM_EU if region == EU else FROM_JP
    base = {
        "one_region": FROM_EU[city],
        "two_regions": near[city],
        "outage": FROM_JP[city],
        "healed": near[city],
    }
    return {
        phase: {
            "reads": {"p50_ms": ms + 0.4, "p99_ms": ms * 1.31, "count": 240},
            "writes": {"p50_ms": ms + 6.4, "p99_ms": ms * 1.42, "count": 60},
        }
        for phase, ms in base.items()
    }


def _served(city: str, region: str) -> dict[str, dict[str, int]]:
    return {
        "one_region": {EU: 300}, "two_regions": {region: 290, EU: 10} if region != EU else {EU: 300},
        "outage": {JP: 210}, "healed": {JP: 60, EU: 120} if region == EU else {JP: 180},
    }  # fmt: skip


def _cell(at: float, region: str, total: float | None) -> dict[str, Any]:
    down = total is not None and 480 <= at < 480 + total
    serving = EU if at < 240 else region if at < 480 or at > 850 else JP
    return {"ok": 0 if down else 12, "failed": 11 if down else 0, "p50_ms": None if down else 80.0,
            "region": None if down else serving}  # fmt: skip
