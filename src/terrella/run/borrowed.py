"""Borrowed services: the long tail of AWS, answered by moto in one process beside the world.

`Sidecar` belongs to the world's first process: it listens, starts that process when a region first calls, and
again after it crashed. `BorrowedServices` belongs to each region: the port its requests leave by.

A region reaches borrowed services only through its own front door, so a dead region is dead for them too.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from ..core.errors import NotImplementedHere, ServiceUnavailable
from ..wire.http import Request, Response
from . import long_poll
from . import moto_frames as frames

log = logging.getLogger(__name__)

# botocore's name of each borrowed service -> moto's. A service this world owns must not be here.
SERVICES: dict[str, str] = {
    "appconfig": "appconfig",
    "athena": "athena",
    "autoscaling": "autoscaling",
    "cognito-identity": "cognitoidentity",
    "cognito-idp": "cognitoidp",
    "comprehend": "comprehend",
    "ec2": "ec2",
    "ecr": "ecr",
    "ecs": "ecs",
    "events": "events",
    "firehose": "firehose",
    "iam": "iam",
    "kinesis": "kinesis",
    "kms": "kms",
    "logs": "logs",
    "rds": "rds",
    "resourcegroupstaggingapi": "resourcegroupstaggingapi",
    "route53resolver": "route53resolver",
    "s3": "s3",
    "scheduler": "scheduler",
    "secretsmanager": "secretsmanager",
    "servicediscovery": "servicediscovery",
    "ses": "ses",
    "sesv2": "sesv2",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "stepfunctions": "stepfunctions",
    "sts": "sts",
}
RESTART_PAUSE_S = 0.5
NOWHERE = "http://127.0.0.1:9"
SIDECAR_MODULE = "terrella.run.moto_sidecar"
LONGEST_SOCKET_PATH = 100  # the kernel allows 108 bytes, macOS 104
ANSWER_WITHIN_S = 60.0


class Sidecar:
    """The process that answers, from the side that keeps it: started on demand, restarted after a crash.

    Its socket exists as long as the world, so a region never has to know whether the process runs.
    """

    def __init__(self, folder: Path, log: IO[bytes] | None = None) -> None:
        self.folder, self.log = folder, log
        self.process: subprocess.Popen[bytes] | None = None
        self.path = str(folder / "socket")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._pause: asyncio.TimerHandle | None = None
        self._home: tempfile.TemporaryDirectory[str] | None = None

    async def start(self) -> None:
        """Listen on `path`. Nothing runs yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if len(self.path.encode()) > LONGEST_SOCKET_PATH:
            self._home = tempfile.TemporaryDirectory(prefix="terrella-")
            self.path = f"{self._home.name}/socket"
        Path(self.path).unlink(missing_ok=True)  # of a world that was killed
        self._listener.bind(self.path)
        self._listener.listen(64)
        self._listener.setblocking(False)
        self._await_a_caller()

    async def close(self) -> None:
        """End the process and the socket. Whatever was acknowledged is on disk."""
        asyncio.get_running_loop().remove_reader(self._listener)
        if self._pause is not None:
            self._pause.cancel()
        if self.process is not None:
            self._end(self.process)
        self._listener.close()
        Path(self.path).unlink(missing_ok=True)
        if self._home is not None:
            self._home.cleanup()

    def _await_a_caller(self) -> None:
        asyncio.get_running_loop().add_reader(self._listener, self._begin)

    def _begin(self) -> None:
        """Run the process. Calls wait in the socket until it is there, and again when it has died."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listener)
        try:
            self.process = process = self._spawn()
        except OSError as error:
            log.error("the process of the borrowed services cannot be started: %s", error)
            self._pause = loop.call_later(RESTART_PAUSE_S, self._await_a_caller)
            return
        assert process.stdout is not None
        loop.add_reader(process.stdout, self._heard, process)

    def _spawn(self) -> subprocess.Popen[bytes]:
        fd = self._listener.fileno()
        words = [sys.executable, "-m", SIDECAR_MODULE, str(fd), str(self.folder), str(os.getpid())]
        return subprocess.Popen(
            words,
            pass_fds=(fd,),
            stdin=subprocess.PIPE,  # its end tells the process that we are gone
            stdout=subprocess.PIPE,  # its end tells us that the process is gone
            stderr=self.log,
            env=_environment(),
        )

    def _heard(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        if os.read(process.stdout.fileno(), 65536):
            return
        self._end(process)
        log.warning("the process of the borrowed services ended (%s)", process.returncode)
        # One that cannot start must not start over and over at once.
        self._pause = asyncio.get_running_loop().call_later(RESTART_PAUSE_S, self._await_a_caller)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        self.process = None
        assert process.stdin is not None and process.stdout is not None
        asyncio.get_running_loop().remove_reader(process.stdout)
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


class BorrowedServices:
    """The port of one region: requests to the sidecar and answers back, many at once on one connection."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._connecting = asyncio.Lock()

    def offers(self, service: str) -> bool:
        return service in SERVICES

    async def handle(self, service: str, region: str, account: str, request: Request) -> Response:
        """Answer a request to a borrowed service as this region.

        ServiceUnavailable if nobody can, NotImplementedHere if moto lacks the operation.
        """
        asked, patience = long_poll.without_waiting(service, request)
        response = await self._answer(service, region, account, asked)
        patience_s = float(patience)
        while patience_s > 0 and long_poll.is_empty(response):
            await asyncio.sleep(long_poll.PAUSE_S)
            patience_s -= long_poll.PAUSE_S
            response = await self._answer(service, region, account, asked)
        return response

    async def _answer(self, service: str, region: str, account: str, request: Request) -> Response:
        asked = {
            "backend": SERVICES[service],
            "service": service,
            "region": region,
            "account": account,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": request.headers,
            "body": request.body,
        }
        try:
            reply = await asyncio.wait_for(self._ask(asked), ANSWER_WITHIN_S)
        except (OSError, TimeoutError) as error:
            raise ServiceUnavailable(f"The borrowed service {service} did not answer: {error}") from error
        if "missing" in reply:
            raise NotImplementedHere(service, reply["missing"])
        if "error" in reply:
            raise ServiceUnavailable(f"The borrowed service {service} is not available: {reply['error']}")
        headers = [(name, value) for name, value in reply["headers"]]
        return Response(reply["status"], headers, reply["body"])

    async def close(self) -> None:
        """Give up the connection; whoever still waits is told."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading

    async def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        async with self._connecting:
            writer = self._writer or await self._connect()
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            writer.write(frames.pack({"id": number, **asked}))
            await writer.drain()
            return await answer
        finally:
            self._waiting.pop(number, None)

    async def _connect(self) -> asyncio.StreamWriter:
        reader, self._writer = await asyncio.open_unix_connection(self.path)
        self._reading = asyncio.ensure_future(self._read(reader, self._writer))
        return self._writer

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                reply = await frames.read(reader)
                waiting = self._waiting.get(reply["id"])
                if waiting is not None and not waiting.done():
                    waiting.set_result(reply)
        except (OSError, asyncio.IncompleteReadError):
            pass  # it ended: whoever waits learns so below, and the next request connects anew
        finally:
            self._writer = None
            writer.close()
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionResetError("the connection broke while it was at work"))


def _environment() -> dict[str, str]:
    """What the sidecar inherits and what moto needs: where we are, and credentials that are none."""
    here = str(Path(__file__).resolve().parents[2])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith(("AWS_", "MOTO_")) and not name.lower().endswith("_proxy")
        },
        "PYTHONPATH": os.pathsep.join(paths),
        "AWS_ACCESS_KEY_ID": "world",
        "AWS_SECRET_ACCESS_KEY": "world",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",  # roles name them: AWSLambdaBasicExecutionRole
        # What moto would send into the real world (SNS to a web address) ends at a closed port.
        "HTTP_PROXY": NOWHERE,
        "HTTPS_PROXY": NOWHERE,
        "NO_PROXY": "127.0.0.1,localhost",
    }
