"""The Python inside a function's sandbox: loads the handler, then takes event after event by the Runtime API.

Runs under whichever Python the function asked for, so it uses the standard library only. Answers are what
the managed Python runtimes answer: the same error types, messages and log lines.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

Each result is sent together with the request for the next event, so an invocation costs this process one read
and one write.
"""

from __future__ import annotations

import decimal
import importlib
import json
import logging
import os
import resource
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

RUNTIME = "/2018-06-01/runtime"
NEXT = (f"GET {RUNTIME}/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n").encode()
SHOWN_ROOT = "/var/task"  # what the code's folder is called in the service's own stack traces
PEAK_UNIT = 1024 if sys.platform == "darwin" else 1  # getrusage counts bytes there, kilobytes here


def serve(channel: socket.socket) -> None:
    """Load the handler named by `_HANDLER` and answer events until the other side hangs up."""
    root = os.environ["LAMBDA_TASK_ROOT"]
    _set_up_logging()
    try:
        handler = _load(os.environ["_HANDLER"])
    except MemoryError:
        _out_of_memory()
    except Fault as fault:
        _init_failed(channel, fault.report(), fault.kind)
    except Exception as error:
        _init_failed(channel, _report(error, root), type(error).__name__)
    buffer = bytearray()
    channel.sendall(NEXT)
    while True:
        headers, body = _receive(channel, buffer)
        if headers is None:  # the acknowledgement of the last answer
            continue
        channel.sendall(_answer(handler, headers, body, root) + NEXT)


class Fault(Exception):
    """Something wrong with the function that the runtime itself reports."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind, self.trace = kind, trace or []

    def report(self) -> dict[str, Any]:
        return {"errorMessage": str(self), "errorType": self.kind, "requestId": "", "stackTrace": self.trace}


class ClientContext:
    """What a mobile client said of itself."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.custom, self.env, self.client = given.get("custom"), given.get("env"), given.get("client")


class Identity:
    """Who a mobile client is."""

    def __init__(self) -> None:
        self.cognito_identity_id = self.cognito_identity_pool_id = None


class LambdaContext:
    """The second argument of every handler."""

    def __init__(self, headers: dict[str, str]) -> None:
        env = os.environ.get
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self._deadline_ms = int(headers.get("lambda-runtime-deadline-ms", "0"))
        self.function_name = env("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = env("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = env("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = env("AWS_LAMBDA_LOG_STREAM_NAME")
        self.tenant_id = None
        self.identity = Identity()
        given = headers.get("lambda-runtime-client-context")
        self.client_context = ClientContext(json.loads(given)) if given else None

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message: Any) -> None:
        sys.stdout.write(str(message))


class RecordHandler(logging.Handler):
    """Log records in the form the managed runtimes give them."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        head = f"[{record.levelname}]\t{stamp}.{int(record.msecs):03d}Z\t{self.request_id}\t"
        sys.stdout.write(f"{head}{self.format(record)}\n")


class Encoder(json.JSONEncoder):
    """JSON as the managed runtimes write it: decimals become floats."""

    def default(self, o: Any) -> Any:
        return float(o) if isinstance(o, decimal.Decimal) else super().default(o)


_encode = Encoder(ensure_ascii=False).encode


def _set_up_logging() -> None:
    root = logging.getLogger()
    root.handlers = [RecordHandler()]
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "")
    root.setLevel(level if level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL") else "WARNING")


def _load(name: str) -> Callable[[Any, Any], Any]:
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': {error}") from None
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise Fault("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        file = (error.filename or "").replace(os.environ["LAMBDA_TASK_ROOT"], SHOWN_ROOT)
        trace = [f'  File "{file}" Line {error.lineno}\n    {error.text}']
        message = f"Syntax error in module '{module_name}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", message, trace) from error
    try:
        return getattr(module, function_name)
    except AttributeError:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", message) from None


def _answer(handler: Callable[[Any, Any], Any], headers: dict[str, str], body: bytes, root: str) -> bytes:
    request_id = headers["lambda-runtime-aws-request-id"]
    RecordHandler.request_id = request_id
    trace_id = headers.get("lambda-runtime-trace-id")
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    path, extra = f"/invocation/{request_id}/response", ""
    try:
        result = _call(handler, body, headers)
    except MemoryError:
        _out_of_memory()
    except Fault as fault:
        path, extra, result = _failed(fault.report(), fault.kind, request_id)
    except Exception as error:
        path, extra, result = _failed(_report(error, root), type(error).__name__, request_id)
    sys.stdout.flush()
    sys.stderr.flush()
    return _post(path, result, extra)


def _call(handler: Callable[[Any, Any], Any], body: bytes, headers: dict[str, str]) -> bytes:
    try:
        event = json.loads(body)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None
    result = handler(event, LambdaContext(headers))
    try:
        return _encode(result).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def _failed(report: dict[str, Any], kind: str, request_id: str) -> tuple[str, str, bytes]:
    report["requestId"] = request_id
    _log_report(report)
    extra = f"Lambda-Runtime-Function-Error-Type: {_one_line(kind)}\r\n"
    return f"/invocation/{request_id}/error", extra, json.dumps(report).encode()


def _report(error: BaseException, root: str) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if frame.filename != __file__ and "importlib" not in frame.filename]
    lines = [line.replace(root, SHOWN_ROOT) for line in traceback.format_list(inside)]
    kind = type(error).__name__
    return {"errorMessage": str(error), "errorType": kind, "requestId": "", "stackTrace": lines}


def _log_report(report: dict[str, Any]) -> None:
    lines = [f"[ERROR] {report['errorType']}: {report['errorMessage']}"]
    if report["stackTrace"]:
        lines += ["Traceback (most recent call last):", *(line.rstrip("\n") for line in report["stackTrace"])]
    sys.stdout.write("\n".join(lines) + "\n")


def _init_failed(channel: socket.socket, report: dict[str, Any], kind: str) -> None:
    _log_report(report)
    sys.stdout.flush()
    extra = f"Lambda-Runtime-Function-Error-Type: {_one_line(kind)}\r\n"
    channel.sendall(_post("/init/error", json.dumps(report).encode(), extra))
    _receive(channel, bytearray())
    os._exit(1)


def _out_of_memory() -> None:
    """The service kills a sandbox that needs more memory than it was given; so do we."""
    os.kill(os.getpid(), signal.SIGKILL)


def _post(path: str, body: bytes, extra: str = "") -> bytes:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // PEAK_UNIT
    head = (
        f"POST {RUNTIME}{path} HTTP/1.1\r\nHost: runtime\r\n{extra}"
        f"X-Peak-Memory-Kb: {peak}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


def _receive(channel: socket.socket, buffer: bytearray) -> tuple[dict[str, str] | None, bytes]:
    """One HTTP response: (None, b"") for an acknowledgement, (headers, event) for an event."""
    end = buffer.find(b"\r\n\r\n")
    while end < 0:
        _read_more(channel, buffer)
        end = buffer.find(b"\r\n\r\n")
    lines = buffer[:end].decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    stop = end + 4 + int(headers["content-length"])
    while len(buffer) < stop:
        _read_more(channel, buffer)
    body = bytes(buffer[end + 4 : stop])
    del buffer[:stop]
    return (headers if lines[0].startswith("HTTP/1.1 200") else None), body


def _read_more(channel: socket.socket, buffer: bytearray) -> None:
    piece = channel.recv(262144)
    if not piece:
        os._exit(0)  # the region is gone, and this sandbox with it
    buffer += piece
