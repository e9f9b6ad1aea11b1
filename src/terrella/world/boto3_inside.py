"""boto3 as far as a handler in a simulated world needs it: clients and tables, straight into the world.

No sockets, no signatures, no retries: a call is a call. Answers and refusals are what botocore would give.
"""

from __future__ import annotations

import base64
import functools
import importlib
import re
import types
from collections.abc import Callable
from typing import Any

import orjson
from botocore import xform_name
from botocore.exceptions import ClientError

from ..core.errors import AwsError, NotImplementedHere
from ..wire import client as wire_client
from ..wire import codec, model
from ..wire.encoded import Encoded
from ..wire.model import Operation

_BYTES = re.compile(rb'"BS?"\s*:')
Call = Callable[[str, str, dict[str, Any], str], dict[str, Any]]


def facade(region: str, call: Call) -> types.ModuleType:
    """A module that passes for boto3."""

    def client(service: str, region_name: str | None = None, **_: Any) -> Client:
        return Client(service, region_name or region, call)

    def resource(service: str, region_name: str | None = None, **_: Any) -> Tables:
        if service != "dynamodb":
            raise NotImplementedHere("boto3", f"resource {service} in a simulated world")
        return Tables(client(service, region_name))

    class Session:
        """A session is only a region here."""

        def __init__(self, region_name: str | None = None, **_: Any) -> None:
            self.region_name = region_name or region

        def client(self, service: str, region_name: str | None = None, **options: Any) -> Client:
            return client(service, region_name or self.region_name)

        def resource(self, service: str, region_name: str | None = None, **options: Any) -> Tables:
            return resource(service, region_name or self.region_name)

    module = types.ModuleType("boto3")
    module.__path__ = []
    session = types.ModuleType("boto3.session")
    vars(session).update(Session=Session)
    vars(module).update(client=client, resource=resource, Session=Session, session=session)
    return module


class Client:
    """A client of one service in one region; its methods are the operations the service's model names."""

    def __init__(self, service: str, region: str, call: Call) -> None:
        self._service, self._region, self._call = service, region, call
        endpoint = f"https://{service}.{region}.amazonaws.com"
        self.meta = types.SimpleNamespace(region_name=region, endpoint_url=endpoint)
        self.exceptions = Exceptions()

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        operation = _methods(self._service).get(name)
        if operation is None:
            raise AttributeError(f"'{self._service}' object has no attribute '{name}'")
        method = functools.partial(self._do, operation)
        self.__dict__[name] = method
        return method

    def _do(self, operation: Operation, **input: Any) -> dict[str, Any]:
        try:
            output = self._call(self._service, operation.name, _sent(input), self._region)
        except AwsError as error:
            raise _client_error(error, operation.name) from None
        answer = _received(operation, output)
        answer["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}
        return answer


class Exceptions:
    """`client.exceptions.SomeException`: the same class each time, so that `except` finds it."""

    ClientError = ClientError

    def __getattr__(self, name: str) -> type[Exception]:
        return _error_class(name)


class Tables:
    """`boto3.resource("dynamodb")`, as far as tables."""

    def __init__(self, client: Client) -> None:
        self.meta = types.SimpleNamespace(client=client)

    def Table(self, name: str) -> Any:
        return Table(name, self.meta.client)


class Table:
    """Items as plain Python values, by boto3's own serializers and condition builder."""

    def __init__(self, name: str, client: Client) -> None:
        self.name = self.table_name = name
        self.meta = types.SimpleNamespace(client=client)
        kinds: Any = importlib.import_module("boto3.dynamodb.types")
        self._to, self._from = kinds.TypeSerializer().serialize, kinds.TypeDeserializer().deserialize

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        return functools.partial(self._do, getattr(self.meta.client, name))

    def _do(self, method: Callable[..., dict[str, Any]], **input: Any) -> dict[str, Any]:
        input = self._conditions(input)
        for key in ("Item", "Key", "ExpressionAttributeValues", "ExclusiveStartKey"):
            if key in input:
                input[key] = {name: self._to(value) for name, value in input[key].items()}
        output = method(TableName=self.name, **input)
        for key in ("Item", "Attributes", "LastEvaluatedKey"):
            if key in output:
                output[key] = self._plain(output[key])
        if "Items" in output:
            output["Items"] = [self._plain(item) for item in output["Items"]]
        return output

    def _plain(self, item: dict[str, Any]) -> dict[str, Any]:
        return {name: self._from(value) for name, value in item.items()}

    def _conditions(self, input: dict[str, Any]) -> dict[str, Any]:
        """Condition objects as expressions, as boto3's own injector makes them."""
        conditions: Any = importlib.import_module("boto3.dynamodb.conditions")
        builder = conditions.ConditionExpressionBuilder()
        made = dict(input)
        for key in ("KeyConditionExpression", "FilterExpression", "ConditionExpression"):
            if isinstance(made.get(key), conditions.ConditionBase):
                built = builder.build_expression(made[key], is_key_condition=key.startswith("Key"))
                made[key] = built.condition_expression
                names = {**made.get("ExpressionAttributeNames", {}), **built.attribute_name_placeholders}
                values = {**made.get("ExpressionAttributeValues", {}), **built.attribute_value_placeholders}
                made["ExpressionAttributeNames"] = names
                if values:
                    made["ExpressionAttributeValues"] = values
        return made


@functools.cache
def _methods(service: str) -> dict[str, Operation]:
    return {xform_name(name): operation for name, operation in model.load(service).operations.items()}


def _client_error(error: AwsError, operation: str) -> ClientError:
    code = error.error_code
    answer = {
        "Error": {"Code": code, "Message": error.message, **error.fields},
        "ResponseMetadata": {"HTTPStatusCode": error.status, "HTTPHeaders": {}, "RetryAttempts": 0},
        **error.fields,
    }
    return _error_class(code)(answer, operation)


@functools.cache
def _error_class(name: str) -> type[ClientError]:
    return type(name, (ClientError,), {})


def _sent(value: Any) -> Any:
    """Binary attribute values in the notation of JSON, in which DynamoDB's handlers read them."""
    kind = type(value)
    if kind is dict:
        return {
            key: _binary(key, inner) if key in ("B", "BS") else _sent(inner) for key, inner in value.items()
        }
    if kind is list:
        return [_sent(inner) for inner in value]
    return value


def _binary(key: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_binary("B", inner) for inner in value]
    return base64.b64encode(bytes(value)).decode() if isinstance(value, bytes | bytearray) else _sent(value)


def _received(operation: Operation, output: dict[str, Any]) -> dict[str, Any]:
    """Output as botocore would have parsed it. Items take the short way, the rest the wire's codecs."""
    if operation.service.name == "dynamodb" and not _has_times(operation.name):
        answer: dict[str, Any] = _decoded(output)
        return answer
    protocol = wire_client.preferred(operation)
    return wire_client.read(operation, codec.write(operation, protocol, output, "simulated"))


def _has_times(operation: str) -> bool:
    return not operation.endswith(("Item", "Items", "Query", "Scan"))


def _decoded(value: Any) -> Any:
    kind = type(value)
    if kind is Encoded:
        return _item(value.json)
    if kind is dict:
        if len(value) == 1 and isinstance(value.get("B"), str):
            return {"B": base64.b64decode(value["B"])}
        if len(value) == 1 and isinstance(value.get("BS"), list):
            return {"BS": [base64.b64decode(each) for each in value["BS"]]}
        return {key: _decoded(inner) for key, inner in value.items()}
    if kind is list:
        return [_item(inner.json) if type(inner) is Encoded else _decoded(inner) for inner in value]
    return value


def _item(json: bytes) -> Any:
    """Most items have no bytes in them and are what they should be as soon as they are read."""
    return _decoded(orjson.loads(json)) if _BYTES.search(json) else orjson.loads(json)
