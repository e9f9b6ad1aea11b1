"""A region on virtual time for CloudFormation tests: the real kernel, toy services, tasks driven by hand."""

from __future__ import annotations

import heapq
import itertools
import json
import random
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from terrella.core.errors import AwsError
from terrella.region.ports import Ports
from terrella.region.region import Region, WorldFacts
from terrella.region.service import Service
from terrella.services.cloudformation import service as cloudformation
from terrella.store.journal import MemoryJournal
from terrella.store.maps import MemoryMaps


class Pause:
    """What a coroutine waits for when it sleeps."""

    def __init__(self, until: float) -> None:
        self.until = until

    def __await__(self) -> Generator[Pause, None, None]:
        yield self


class Time:
    """A clock, and everything that runs by it."""

    def __init__(self) -> None:
        self.at = 1_700_000_000.0
        self._waiting: list[tuple[float, int, Coroutine[Any, Any, Any]]] = []
        self._numbers = itertools.count()

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> Pause:
        return Pause(self.at + seconds)

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._later(self.at, work)

    def step(self) -> None:
        """Let the next thing that waits go on."""
        until, _, work = heapq.heappop(self._waiting)
        self.at = max(self.at, until)
        self._advance(work)

    def run(self, seconds: float = 1e9) -> None:
        """Let everything happen that happens within so many seconds."""
        end = self.at + seconds
        while self._waiting and self._waiting[0][0] <= end:
            self.step()
        self.at = max(self.at, end) if seconds < 1e9 else self.at

    def wait_for(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of a coroutine, everything else going on meanwhile."""
        done: list[Any] = []

        async def wrapped() -> None:
            try:
                done.append((await work, None))
            except AwsError as error:
                done.append((None, error))

        self.spawn("caller", wrapped())
        while not done:
            self.step()
        value, error = done[0]
        if error is not None:
            raise error
        return value

    def forget(self) -> None:
        """The process died: what was under way is gone."""
        for _, _, work in self._waiting:
            work.close()
        self._waiting.clear()

    def _later(self, until: float, work: Coroutine[Any, Any, Any]) -> None:
        heapq.heappush(self._waiting, (until, next(self._numbers), work))

    def _advance(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            pause = work.send(None)
        except StopIteration:
            return
        self._later(pause.until, work)


class Toy:
    """What toy services keep, and a log of what was asked of them, in order."""

    def __init__(self, maps: Any, service_id: str) -> None:
        self.things = maps.objects(f"{service_id}.things")
        self.asked: list[str] = []
        self.refusing: dict[str, str] = {}  # "operation name" to the message of the refusal
        self.lost: set[str] = set()  # "operation name" of what never arrives
        self.slow: dict[str, float] = {}  # "operation name" to the seconds it takes


def toy_service(service_id: str, operations: dict[str, Callable[[Any, dict[str, Any]], Any]]) -> Service[Toy]:
    service: Service[Toy] = Service(
        service_id, lambda maps: Toy(maps, service_id), validate=lambda operation, input: None
    )

    @service.change
    def thing_put(state: Toy, change: Any, name: str, value: Any) -> None:
        state.things.put(name, value)

    @service.change
    def thing_deleted(state: Toy, change: Any, name: str) -> None:
        state.things.delete(name)

    for name, behave in operations.items():
        service.operation_named(name)(_handler(name, behave))
    return service


def _handler(name: str, behave: Callable[[Any, dict[str, Any]], Any]) -> Any:
    async def handle(ctx: Any, input: dict[str, Any]) -> Any:
        who = input.get("Name") or input.get("TopicArn", "").rpartition(":")[2]
        key = f"{name} {who}"
        ctx.state.asked.append(key)
        if key in ctx.state.slow:
            await ctx.here.clock.sleep(ctx.state.slow[key])
        if key in ctx.state.lost:
            raise ConnectionResetError("nobody there")
        if key in ctx.state.refusing:
            raise AwsError(ctx.state.refusing[key])
        return behave(ctx, input)

    return handle


class ParameterNotFound(AwsError):
    """The parameter couldn't be found."""


def _put_parameter(ctx: Any, input: dict[str, Any]) -> dict[str, Any]:
    ctx.commit("thing_put", name=input["Name"], value=input["Value"])
    return {}


def _get_parameter(ctx: Any, input: dict[str, Any]) -> dict[str, Any]:
    value = ctx.state.things.get(input["Name"])
    if value is None:
        raise ParameterNotFound(input["Name"])
    return {"Parameter": {"Name": input["Name"], "Value": value}}


def _delete_parameter(ctx: Any, input: dict[str, Any]) -> dict[str, Any]:
    if input["Name"] not in ctx.state.things:
        raise ParameterNotFound(input["Name"])
    ctx.commit("thing_deleted", name=input["Name"])
    return {}


def _create_topic(ctx: Any, input: dict[str, Any]) -> dict[str, Any]:
    ctx.commit("thing_put", name=input["Name"], value=input.get("Attributes", {}))
    return {"TopicArn": f"arn:aws:sns:{ctx.region}:{ctx.account}:{input['Name']}"}


def _delete_topic(ctx: Any, input: dict[str, Any]) -> dict[str, Any]:
    ctx.commit("thing_deleted", name=input["TopicArn"].rpartition(":")[2])
    return {}


class NoSuchKey(AwsError):
    """The specified key does not exist."""


def _get_object(ctx: Any, input: dict[str, Any]) -> dict[str, Any]:
    body = ctx.state.things.get(f"{input['Bucket']}/{input['Key']}")
    if body is None:
        raise NoSuchKey(input["Key"])
    return {"Body": body}


def _delete_object(ctx: Any, input: dict[str, Any]) -> dict[str, Any]:
    ctx.commit("thing_deleted", name=f"{input['Bucket']}/{input['Key']}")
    return {}


def toys() -> list[Service[Toy]]:
    return [
        toy_service(
            "ssm",
            {
                "PutParameter": _put_parameter,
                "GetParameter": _get_parameter,
                "DeleteParameter": _delete_parameter,
                "AddTagsToResource": lambda ctx, input: {},
                "RemoveTagsFromResource": lambda ctx, input: {},
            },
        ),
        toy_service(
            "sns",
            {
                "CreateTopic": _create_topic,
                "DeleteTopic": _delete_topic,
                "SetTopicAttributes": lambda ctx, input: {},
            },
        ),
        toy_service(
            "s3",
            {
                "GetObject": _get_object,
                "DeleteObject": _delete_object,
                "CreateBucket": lambda ctx, input: {},
            },
        ),
    ]


class Inside:
    """All of sandboxes that a toy function needs."""

    endpoint_url = "http://127.10.9.2:4566"


class Stage:
    """One region with CloudFormation and toys, and short ways to use them."""

    def __init__(self) -> None:
        self.time, self.journal, self.maps = Time(), MemoryJournal(), MemoryMaps()
        self.build()

    def build(self) -> None:
        self.region = Region(
            "eu-west-1",
            [cloudformation, *toys()],
            clock=self.time,
            journal=self.journal,
            maps=self.maps,
            world=WorldFacts(("us-east-1", "eu-west-1")),
            ports=Ports(tasks=self.time, functions=Inside()),
            rng=random.Random(7),
        )
        self.region.start()

    def restart(self) -> None:
        """The region's process dies and comes back with its disk."""
        self.time.forget()
        self.build()

    def begin(self, operation: str, **input: Any) -> Any:
        """Carry out an operation; one that waits is answered at its own time, all else going on."""
        service = self.region.services["cloudformation"]
        handler = service.operations[operation]
        ctx = self.region.context("cloudformation")
        answer = handler(ctx, input)
        if operation in service.waiting:
            answer = self.time.wait_for(answer)
        return answer or {}

    def deploy(self, template: Any, name: str = "shop", **more: Any) -> str:
        """CreateStack or UpdateStack, until it is over. Returns the stack's status."""
        body = template if isinstance(template, str) else json.dumps(template)
        operation = "UpdateStack" if self.state.find(name) else "CreateStack"
        self.begin(operation, StackName=name, TemplateBody=body, **more)
        self.time.run()
        return self.status(name)

    @property
    def state(self) -> Any:
        return self.region.state["cloudformation"]

    def status(self, name: str = "shop") -> str:
        return str(self.state.stack(name)["StackStatus"])

    def reason(self, name: str = "shop") -> str:
        return str(self.state.stack(name)["StackStatusReason"])

    def toy(self, service: str = "ssm") -> Any:
        return self.region.state[service]

    def events(self, name: str = "shop") -> list[str]:
        """ "logical STATUS", oldest first, the stack itself left out."""
        stack = self.state.stack(name)
        rows = [event for _, event in self.state.events_of(stack["StackId"])]
        return [
            f"{row['LogicalResourceId']} {row['ResourceStatus']}"
            for row in reversed(rows)
            if row["LogicalResourceId"] != stack["StackName"]
        ]

    def outputs(self, name: str = "shop") -> dict[str, str]:
        rows = self.state.stack(name)["outputs"]
        return {row["OutputKey"]: row["OutputValue"] for row in rows}

    def parameters(self) -> dict[str, str]:
        """What toy SSM holds."""
        return dict(self.toy().things.items())


def parameter(value: Any, name: str | None = None, **more: Any) -> dict[str, Any]:
    """A resource definition: an SSM parameter."""
    named = {"Name": name} if name else {}
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value, **named}, **more}


def resources(**definitions: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": definitions}


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def att(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}
