"""geolocation: the record set for the smallest area the asker is in: state, country, continent, default.

Who is in none of them, where there is no default (`CountryCode` `*`), gets no answer.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-geo.html
"""

from __future__ import annotations

from typing import Any

from ..asker import Asker

FIELD = "GeoLocation"
LOCAL = True


def choose(candidates: list[Any], asker: Asker, network: Any, rng: Any) -> list[Any]:
    ranked = [(rank, c) for c in candidates if (rank := _rank(c["GeoLocation"], asker)) is not None]
    return [min(ranked, key=lambda pair: pair[0])[1]] if ranked else []


def _rank(location: dict[str, str], asker: Asker) -> int | None:
    """0 for the asker's state, 3 for the default; None where the asker is not."""
    place, country = asker.place, location.get("CountryCode")
    if country == "*":
        return 3
    if location.get("ContinentCode"):
        return 2 if location["ContinentCode"] == place.continent else None
    if country != place.country:
        return None
    state = location.get("SubdivisionCode")
    if state:
        return 0 if state == place.subdivision else None
    return 1
