"""The published service models. The only module, with `client`, that knows botocore exists.

Models are loaded when first asked for and kept. To choose among services nothing is loaded but the few
lines at the head of each model.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from json import JSONDecoder
from pathlib import Path
from typing import Any

import orjson

from .quirks import XML_NAMESPACE
from .shape import Shape, Shapes

_METADATA = re.compile(r'"metadata"\s*:\s*')
_HEAD = 6144  # bytes of a model within which its metadata has always ended


@dataclass(slots=True, eq=False)
class Modelled:
    """An error the model knows: its code on the wire, and the HTTP status that goes with it."""

    code: str
    status: int
    fault: str
    shape: Shape


@dataclass(slots=True, eq=False, repr=False)
class Operation:
    name: str
    service: Service
    method: str
    uri: str
    status: int
    input: Shape | None
    output: Shape | None
    traits: dict[str, Any]
    made: dict[Any, Any] = field(default_factory=dict)  # the functions built for this operation

    def __repr__(self) -> str:
        return f"<{self.service.name} {self.name}>"

    @property
    def errors(self) -> list[str]:
        """Names of the error shapes this operation declares."""
        return [each["shape"] for each in self.traits.get("errors", ())]

    @property
    def deprecated(self) -> bool:
        return bool(self.traits.get("deprecated"))


class Service:
    """One service: its names, protocols, operations and errors."""

    def __init__(self, name: str, raw: dict[str, Any]) -> None:
        metadata = raw["metadata"]
        self.name = name
        self.metadata: dict[str, Any] = metadata
        self.service_id: str = metadata["serviceId"]
        self.endpoint_prefix: str = metadata["endpointPrefix"]
        self.signing_name: str = metadata.get("signingName", self.endpoint_prefix)
        self.target_prefix: str | None = metadata.get("targetPrefix")
        self.api_version: str = metadata["apiVersion"]
        self.protocols: list[str] = metadata.get("protocols") or [metadata["protocol"]]
        self.json_version: str = str(metadata.get("jsonVersion", "1.0"))
        self.xml_namespace: str = _uri(metadata.get("xmlNamespace")) or XML_NAMESPACE.get(name, "")
        self.global_endpoint: str | None = metadata.get("globalEndpoint")
        self.query_compatible = "awsQueryCompatible" in metadata
        self.shapes = Shapes(name, raw["shapes"])
        self._raw = raw

    def __repr__(self) -> str:
        return f"<service {self.name}>"

    @property
    def is_global(self) -> bool:
        """One endpoint for the whole partition."""
        return bool(self.global_endpoint)

    @cached_property
    def operations(self) -> dict[str, Operation]:
        return {name: self._operation(name, traits) for name, traits in self._raw["operations"].items()}

    @cached_property
    def errors(self) -> dict[str, Modelled]:
        """Modelled errors by shape name and by code."""
        found: dict[str, Modelled] = {}
        for name, traits in self._raw["shapes"].items():
            if traits.get("exception"):
                error = self._error(name, traits)
                found.setdefault(error.code, error)
                found[name] = error
        return found

    def _operation(self, name: str, traits: dict[str, Any]) -> Operation:
        shapes, http = self.shapes, traits["http"]
        return Operation(
            name=name,
            service=self,
            method=http["method"],
            uri=http["requestUri"],
            status=http.get("responseCode", 200),
            input=shapes.get(traits["input"]) if "input" in traits else None,
            output=shapes.get(traits["output"]) if "output" in traits else None,
            traits=traits,
        )

    def _error(self, name: str, traits: dict[str, Any]) -> Modelled:
        error = traits.get("error", {})
        server = bool(traits.get("fault")) or error.get("senderFault") is False
        return Modelled(
            code=error.get("code", name),
            status=error.get("httpStatusCode", 500 if server else 400),
            fault="Receiver" if server else "Sender",
            shape=self.shapes.get({"shape": name}),
        )


@functools.cache
def load(service: str) -> Service:
    """The model of a service by botocore's name for it ("dynamodb"). KeyError if there is none."""
    return Service(service, raw_model(service))


@functools.cache
def services() -> tuple[str, ...]:
    """Names of all services that have a model."""
    return tuple(sorted(_files()))


def names() -> list[str]:
    """Every service there is, as boto3 names it."""
    return sorted(_files())


@functools.cache
def heads() -> dict[str, dict[str, Any]]:
    """The metadata of every service, by name, without loading the models."""
    return {name: _head(path) for name, path in sorted(_files().items())}


@functools.lru_cache(maxsize=4)
def raw_model(service: str) -> dict[str, Any]:
    """The model as published, prose left out."""
    document: dict[str, Any] = orjson.loads(_unpacked(_files()[service].read_bytes()))
    for shape in document["shapes"].values():
        shape.pop("documentation", None)
        for reference in shape.get("members", {}).values():
            reference.pop("documentation", None)
    for operation in document["operations"].values():
        operation.pop("documentation", None)
    return document


@functools.cache
def _files() -> dict[str, Path]:
    """The newest model of every service botocore carries."""
    data = Path(str(importlib.resources.files("botocore"))) / "data"
    found: dict[str, Path] = {}
    for folder in data.iterdir():
        models = sorted(folder.glob("*/service-2.json*")) if folder.is_dir() else []
        if models:
            found[folder.name] = models[-1]
    return found


def _head(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        head = _unpacked(file.read(_HEAD), _HEAD).decode("utf-8", "ignore")
    start = _METADATA.search(head)
    if start:
        try:
            metadata: dict[str, Any] = JSONDecoder().raw_decode(head, start.end())[0]
            return metadata
        except ValueError:
            pass  # longer than usual: read it all
    whole: dict[str, Any] = orjson.loads(_unpacked(path.read_bytes()))["metadata"]
    return whole


def _unpacked(data: bytes, limit: int = 0) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    return zlib.decompressobj(31).decompress(data, limit)


def _uri(namespace: Any) -> str:
    return namespace["uri"] if isinstance(namespace, dict) else namespace or ""
