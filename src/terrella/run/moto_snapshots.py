"""moto's state on disk: each backend (a service in a region) in one file, written whole after it changed.

    FOLDER/SERVICE/ACCOUNT/REGION.state    a line naming what wrote it, then a pickle
    FOLDER/blobs/NAME                      the body of one S3 object, written once, named by chance

Pickles fit the versions that wrote them, so versions are compared before anything is read.

Invariant: once `save` returns, the state as it was survives a crash of the process and of the machine.
"""

from __future__ import annotations

import hashlib
import io
import marshal
import os
import pickle
import shutil
import sys
import tempfile
import threading
import types
import uuid
from collections import defaultdict
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from moto.core.base_backend import BackendDict, BaseBackend
from moto.s3.models import FakeKey

from .moto_dispatch import backends

WRITER = f"moto {version('moto')} python {sys.version_info[0]}.{sys.version_info[1]}"
# moto makes backends of some services for every partition of AWS; this world has one.
OTHER_PARTITIONS = frozenset({"aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc"})
BODY_IN_MEMORY = 16 * 1024 * 1024
Key = tuple[str, str, str]  # service, account, region
_PRIVATE_KEYS = (
    rsa.RSAPrivateKey,
    ec.EllipticCurvePrivateKey,
    ed25519.Ed25519PrivateKey,
    ed448.Ed448PrivateKey,
)
_LOCKS = {type(threading.Lock()): threading.Lock, type(threading.RLock()): threading.RLock}


class Unreadable(Exception):
    """State of an earlier run that this moto cannot take up."""


class Snapshots:
    """The folder that holds them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blobs = folder / "blobs"
        self.blobs.mkdir(parents=True, exist_ok=True)
        self._loaded: set[str] = set()
        self._used: dict[Key, frozenset[str]] = {}  # the blobs each snapshot refers to
        self._written: dict[Key, bytes] = {}  # the digest of each snapshot on disk

    def load(self, service: str) -> None:
        """Take up what an earlier run left of a service. Raises Unreadable, each time it is asked."""
        if service in self._loaded:
            return
        self._loaded.add(service)  # first, for its backends may refer to those of others, and they back
        try:
            self._load(service)
        except Unreadable:
            self._loaded.discard(service)
            raise

    def _load(self, service: str) -> None:
        for path in sorted((self.folder / service).glob("*/*.state")):
            account, region = path.parent.name, path.stem
            with path.open("rb") as file:
                self._check_writer(path, file.readline().decode("utf-8", "replace").strip())
                unpickler = _Unpickler(file, self)
                try:
                    backend = unpickler.load()
                except Unreadable:
                    raise
                except Exception as error:  # a damaged pickle may raise anything
                    raise Unreadable(f"{path} is damaged: {error}") from error
            backends(service)[account][region] = backend
            self._used[service, account, region] = frozenset(unpickler.used)
        if service == "s3":
            _restore_bucket_owners()
            self._sweep()

    def save(self, services: set[str]) -> None:
        """Put every backend of these services on disk."""
        for service in sorted(services):
            for account, region, backend in list(backends(service).iter_backends()):
                self._save((service, account, region), backend)

    def _sweep(self) -> None:
        """Remove blobs that no snapshot refers to: what a crash left behind. Only S3 has any."""
        used = {name for names in self._used.values() for name in names}
        for path in list(self.blobs.iterdir()):
            if path.name not in used:
                path.unlink()

    def _check_writer(self, path: Path, writer: str) -> None:
        if writer != WRITER:
            raise Unreadable(
                f"{path} was written by {writer}, and this is {WRITER}: install that version again, "
                f"or remove {path.parent.parent} to begin this service anew"
            )

    def _save(self, key: Key, backend: BaseBackend) -> None:
        service, account, region = key
        if region in OTHER_PARTITIONS:
            return
        buffer = io.BytesIO()
        pickler = _Pickler(buffer, backend, self.blobs)
        pickler.dump(backend)
        digest = hashlib.sha256(buffer.getbuffer()).digest()
        if self._written.get(key) == digest:
            return
        folder = self.folder / service / account
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(folder / f"{region}.state", WRITER.encode() + b"\n" + buffer.getvalue())
        self._written[key] = digest
        before, self._used[key] = self._used.get(key, frozenset()), frozenset(pickler.used)
        for name in before - pickler.used:
            (self.blobs / name).unlink(missing_ok=True)


def _write_whole(path: Path, content: bytes) -> None:
    """A file is there with all its bytes, or as it was before."""
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Pickler(pickle.Pickler):
    """Pickles one backend, with what pickle does not know: locks, keys, files, lambdas."""

    def __init__(self, file: io.BytesIO, root: BaseBackend, blobs: Path) -> None:
        super().__init__(file, protocol=5)
        self._root, self._blobs = root, blobs
        self.used: set[str] = set()

    def persistent_id(self, value: Any) -> Any:
        if isinstance(value, BaseBackend) and value is not self._root:
            return "backend", _service_of(value), value.account_id, value.region_name
        if isinstance(value, BackendDict):
            return "backends", value.service_name
        if isinstance(value, _Blob):
            return "blob", value.name, value.size
        return None

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, FakeKey):
            return self._object(value)
        if isinstance(value, _PRIVATE_KEYS):
            return _private_key, (_der(value),)
        if type(value) in _LOCKS:
            return _LOCKS[type(value)], ()
        if isinstance(value, defaultdict) and type(value) is not defaultdict:
            made = type(value), value.default_factory  # its __init__ may want what pickle would not give it
            return _new_mapping, made, value.__dict__, None, iter(value.items())
        if isinstance(value, types.FunctionType) and "<l" in value.__qualname__ and not value.__closure__:
            return _function, (value.__module__, marshal.dumps(value.__code__), value.__defaults__)
        return NotImplemented

    def _object(self, key: FakeKey) -> Any:
        """An S3 object: its body lies in a file of its own, written when the object is first seen."""
        buffer: Any = key._value_buffer
        blob = getattr(buffer, "terrella_blob", None)
        if blob is None or blob[1] != key.contentsize:
            blob = (uuid.uuid4().hex, key.contentsize)
            _write_whole(self._blobs / blob[0], b"" if key.disposed else key.value)
            buffer.terrella_blob = blob
        self.used.add(blob[0])
        state = {name: value for name, value in key.__dict__.items() if name not in ("_value_buffer", "lock")}
        content = {"state": state, "body": _Blob(*blob)}
        return _new_object, (type(key),), content, None, None, _restore_object


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: Any, snapshots: Snapshots) -> None:
        super().__init__(file)
        self._snapshots = snapshots
        self.used: set[str] = set()

    def persistent_load(self, id: Any) -> Any:
        kind, *what = id
        if kind == "backend":
            service, account, region = what
            self._snapshots.load(service)
            return backends(service)[account][region]
        return self._body(*what) if kind == "blob" else backends(what[0])

    def _body(self, name: str, size: int) -> Any:
        body: Any = tempfile.SpooledTemporaryFile(max_size=BODY_IN_MEMORY)  # noqa: SIM115
        with (self._snapshots.blobs / name).open("rb") as file:
            shutil.copyfileobj(file, body)
        body.terrella_blob = (name, size)
        self.used.add(name)
        return body


class _Blob(NamedTuple):
    """The body of an S3 object, by the name of the file that holds it."""

    name: str
    size: int


def _new_object(kind: type[FakeKey]) -> FakeKey:
    key: FakeKey = kind.__new__(kind)  # type: ignore[assignment]
    key.disposed = True  # until it is whole: its finaliser may run before
    return key


def _new_mapping(kind: type[Any], default_factory: Any) -> Any:
    made = kind.__new__(kind)  # type: ignore[call-overload]
    made.default_factory = default_factory
    return made


def _restore_object(key: Any, content: dict[str, Any]) -> None:
    key.__dict__.update(content["state"])
    key.lock, key._value_buffer = threading.Lock(), content["body"]


def _restore_bucket_owners() -> None:
    """Bucket names are unique in the world: moto keeps them beside its backends."""
    registry: Any = backends("s3")
    for account, region, backend in registry.iter_backends():
        for bucket in backend.buckets:
            registry.bucket_accounts[bucket] = (region, account)


def _private_key(der: bytes) -> Any:
    return serialization.load_der_private_key(der, password=None)


def _der(key: Any) -> bytes:
    return bytes(
        key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def _function(module: str, code: bytes, defaults: tuple[Any, ...] | None) -> Callable[..., Any]:
    made = types.FunctionType(marshal.loads(code), vars(import_module(module)), argdefs=defaults)
    made.__module__ = module
    return made


def _service_of(backend: BaseBackend) -> str:
    """moto's name of the service a backend belongs to: `moto.sqs.models` -> sqs."""
    return type(backend).__module__.split(".")[1]
