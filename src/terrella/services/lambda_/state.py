"""What Lambda remembers: functions, their published versions, aliases, policies, layers, accepted events,
event source mappings."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...region.measures import Meter
from ...region.service import Context, Service
from ...store.maps import Maps
from .errors import ResourceNotFoundException
from .names import LATEST, function_arn


class State:
    """Maps, and counts of what is running now.

    `functions` holds {"latest": configuration, "next_version", "published", "tags", "reserved"} by name.
    `versions` ("name:7"), `aliases` ("name:live"), `policies`, `urls` and `event_configs` ("name" or
    "name:qualifier") and `layers` ("name:3") are plain dicts, as are `events` by request id. The counts start
    anew with the process, as what they count does.
    """

    def __init__(self, maps: Maps) -> None:
        self.functions = maps.objects("lambda.functions")
        self.versions = maps.objects("lambda.versions")
        self.aliases = maps.objects("lambda.aliases")
        self.policies = maps.objects("lambda.policies")
        self.urls = maps.objects("lambda.urls")
        self.event_configs = maps.objects("lambda.event_configs")
        self.layers = maps.objects("lambda.layers")
        self.events = maps.objects("lambda.events")
        self.sources = maps.objects("lambda.event_sources")
        self.checkpoints = maps.objects("lambda.checkpoints")  # "mapping/shard": how far it has been read
        self.pollers: dict[str, object] = {}  # by mapping: whoever polls for it now
        self.running: Counter[str] = Counter()  # by function
        self.unreserved_running = 0
        self.meters: dict[tuple[str, str], Meter] = {}  # (metric, function)
        self.specs: dict[str, tuple[str, dict[str, Any]]] = {}  # ARN -> (revision, what sandboxes are told)

    def function(self, ctx: Context[State], name: str, qualifier: str | None = None) -> dict[str, Any]:
        """The record of a function, whatever the qualifier. Raises ResourceNotFoundException."""
        record = self.functions.get(name)
        if record is None:
            raise ResourceNotFoundException(f"Function not found: {function_arn(ctx, name, qualifier)}")
        return record

    def version_of(self, ctx: Context[State], name: str, qualifier: str | None) -> str:
        """The version a qualifier stands for; an alias with weights is thrown for."""
        alias = self.aliases.get(f"{name}:{qualifier}") if qualifier else None
        if alias is None:
            return qualifier or LATEST
        roll = ctx.here.rng.random()
        for version, weight in alias["weights"].items():
            if roll < weight:
                return version
            roll -= weight
        return alias["version"]

    def configuration(self, ctx: Context[State], name: str, qualifier: str | None) -> dict[str, Any]:
        """The configuration a qualifier stands for. Raises ResourceNotFoundException."""
        record = self.function(ctx, name, qualifier)
        version = self.version_of(ctx, name, qualifier)
        if version == LATEST:
            return record["latest"]
        found = self.versions.get(f"{name}:{version}")
        if found is None:
            raise ResourceNotFoundException(f"Function not found: {function_arn(ctx, name, qualifier)}")
        return found

    def versions_of(self, name: str) -> list[dict[str, Any]]:
        """Published versions, oldest first."""
        found = [value for key, value in self.versions.items() if key.rpartition(":")[0] == name]
        return sorted(found, key=lambda config: int(config["Version"]))

    def aliases_of(self, name: str) -> list[dict[str, Any]]:
        return [value for key, value in self.aliases.items() if key.rpartition(":")[0] == name]

    def reserved(self) -> int:
        """Concurrency set aside for single functions."""
        return sum(record["reserved"] or 0 for _, record in self.functions.items())


service: Service[State] = Service("lambda", State)
