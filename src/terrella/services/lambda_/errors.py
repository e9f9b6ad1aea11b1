"""Refusals of Lambda, by the names its model gives them."""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError


class LambdaError(AwsError):
    """Every refusal says whose fault it was: `Type` is User or Server."""

    def __init__(self, message: str = "", **fields: Any) -> None:
        super().__init__(message, **{"Type": "User" if self.status < 500 else "Service", **fields})


class InvalidParameterValueException(LambdaError):
    """One of the parameters in the request is not valid."""


class InvalidRequestContentException(LambdaError):
    """The request body could not be parsed as JSON."""


class ResourceNotFoundException(LambdaError):
    status = 404


class ResourceConflictException(LambdaError):
    status = 409


class RequestTooLargeException(LambdaError):
    status = 413


class TooManyRequestsException(LambdaError):
    status = 429


class PreconditionFailedException(LambdaError):
    status = 412


class PolicyLengthExceededException(LambdaError):
    """A resource policy is limited to 20 KB."""


class CodeStorageExceededException(LambdaError):
    """The region's code storage is full."""


class ServiceException(LambdaError):
    status = 500
