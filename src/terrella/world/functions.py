"""Functions in the simulated world: the user's Python, run in process, in the world's own time.

The same archives and handlers as in the live world. What differs is said in docs/services/lambda.md: no
memory limit, no time limit, one environment per function version; everything else a handler can see (time,
chance, environment, boto3) is the world's.
"""

from __future__ import annotations

import json
import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from types import TracebackType
from typing import Any

from ..core.clock import Clock
from ..core.errors import NotImplementedHere
from ..region.ports import Blobs, Outcome
from .boto3_inside import Call
from .python_inside import SHOWN_ROOT, Inside, Surroundings

TAIL_BYTES = 4096


class InProcessFunctions:
    """The `functions` port of a simulated region.

    `call(service, operation, input, region)` does what a client inside a handler asks, at once. `duration_s`
    says how long an invocation takes in the world's time, given whether it is the first of its environment.
    """

    def __init__(
        self,
        region: str,
        blobs: Blobs,
        clock: Clock,
        rng: random.Random,
        call: Call,
        duration_s: Callable[[bool], float] | None = None,
    ) -> None:
        self.region, self.blobs, self.clock, self.rng, self.call = region, blobs, clock, rng, call
        self.duration_s = duration_s
        self._environments: dict[str, Environment] = {}

    @property
    def endpoint_url(self) -> str:
        raise NotImplementedHere("lambda", "an address of the region in a simulated world")

    def check(self, runtime: str) -> str:
        """Only Python runs here, and always the one this process is made of."""
        if not runtime.startswith("python"):
            raise NotImplementedHere("lambda", f"runtime {runtime} in a simulated world")
        return ""

    def prepare(self, spec: dict[str, Any]) -> None:
        """Nothing to do ahead."""

    def retire(self, arn: str) -> None:
        self._environments.pop(arn, None)

    async def invoke(self, spec: dict[str, Any], event: bytes, context: dict[str, Any]) -> Outcome:
        """Run one event. A handler that sleeps makes its caller wait that long, in the world's time."""
        environment = self._environments.get(spec["arn"])
        first = environment is None or environment.revision != spec["revision"]
        if first:
            environment = self._environments[spec["arn"]] = self._new(spec)
        assert environment is not None
        outcome = environment.run(event, context)
        wait_s = environment.inside.slept_s + (self.duration_s(first) if self.duration_s else 0.0)
        environment.inside.slept_s = 0.0
        if wait_s:
            await self.clock.sleep(wait_s)
            outcome.duration_ms = wait_s * 1000
        return outcome

    def _new(self, spec: dict[str, Any]) -> Environment:
        variables = {
            **spec["environment"],
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_LAMBDA_FUNCTION_NAME": spec["name"],
            "AWS_LAMBDA_FUNCTION_VERSION": spec["version"],
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec["memory_mb"]),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{spec['runtime']}",
            "LAMBDA_TASK_ROOT": SHOWN_ROOT,
            "_HANDLER": spec["handler"],
        }
        archives = [self.blobs.get(digest) for digest in (spec["code"], *spec["layers"])]
        surroundings = Surroundings(self.region, variables, self.clock, self.rng, self.call)
        return Environment(spec, Inside(archives, surroundings), self.clock)


@dataclass(slots=True)
class Environment:
    """A function's modules, loaded once. When loading fails it fails again for each event, as on AWS."""

    spec: dict[str, Any]
    inside: Inside
    clock: Clock
    handler: Callable[[Any, Any], Any] | None = None
    log_stream: str = field(default="simulated")

    @property
    def revision(self) -> str:
        return str(self.spec["revision"])

    def run(self, event: bytes, context: dict[str, Any]) -> Outcome:
        request_id = context["request_id"]
        deadline = self.clock.now() + self.spec["timeout_s"]
        given = LambdaContext(self.spec, context, deadline, self.inside.now)
        self.inside.printed.clear()
        result = None
        with Border() as border:
            if self.handler is None:
                self.handler = self._load()
            result = _encode(self.handler(json.loads(event), given))
        if border.error is None:
            assert result is not None
            return Outcome(result.encode(), None, self._log(request_id))
        report = self._report(border.error, request_id)
        return Outcome(json.dumps(report).encode(), "Unhandled", self._log(request_id))

    def _load(self) -> Callable[[Any, Any], Any]:
        name = self.spec["handler"]
        module_name, dot, function = name.rpartition(".")
        if not dot:
            raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}'")
        try:
            module = self.inside.load(module_name.replace("/", "."))
        except ImportError as error:
            message = f"Unable to import module '{module_name}': {error}"
            raise Fault("Runtime.ImportModuleError", message) from error
        except SyntaxError as error:
            message = f"Syntax error in module '{module_name}': {error}"
            raise Fault("Runtime.UserCodeSyntaxError", message) from error
        try:
            handler: Callable[[Any, Any], Any] = getattr(module, function)
        except AttributeError:
            message = f"Handler '{function}' missing on module '{module_name}'"
            raise Fault("Runtime.HandlerNotFound", message) from None
        return handler

    def _report(self, error: BaseException, request_id: str) -> dict[str, Any]:
        if isinstance(error, Fault):
            kind, trace = error.kind, []
        else:
            frames = [
                frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__
            ]
            kind, trace = type(error).__name__, traceback.format_list(frames)
        return {
            "errorMessage": str(error),
            "errorType": kind,
            "requestId": request_id,
            "stackTrace": trace,
        }

    def _log(self, request_id: str) -> bytes:
        start = f"START RequestId: {request_id} Version: {self.spec['version']}\n"
        return f"{start}{''.join(self.inside.printed)}END RequestId: {request_id}\n".encode()[-TAIL_BYTES:]


class Border:
    """Where the user's code ends: whatever it raises is an outcome of the invocation, no defect of ours."""

    error: BaseException | None = None

    def __enter__(self) -> Border:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, SystemExit):
            error = Fault("Runtime.ExitError", f"Runtime exited with error: exit status {error.code}")
        self.error = error
        return isinstance(error, Exception)


class Fault(Exception):
    """Something wrong with the function that the runtime itself reports."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class LambdaContext:
    """The second argument of every handler."""

    identity = client_context = tenant_id = None

    def __init__(
        self, spec: dict[str, Any], context: dict[str, Any], deadline: float, now: Callable[[], float]
    ) -> None:
        self._deadline, self._now = deadline, now
        self.aws_request_id = context["request_id"]
        self.invoked_function_arn = context.get("arn", spec["arn"])
        self.function_name, self.function_version = spec["name"], spec["version"]
        self.memory_limit_in_mb = str(spec["memory_mb"])
        self.log_group_name, self.log_stream_name = f"/aws/lambda/{spec['name']}", "simulated"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - self._now()) * 1000))


class _Encoder(json.JSONEncoder):
    def default(self, o: Any) -> Any:
        return float(o) if isinstance(o, Decimal) else super().default(o)


_to_json = _Encoder(ensure_ascii=False).encode


def _encode(result: Any) -> str:
    try:
        return _to_json(result)
    except (TypeError, ValueError, RecursionError) as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None
