"""Errors a caller is meant to see. Anything else that escapes a handler is our bug and becomes a 500.

The class name is the AWS error code unless `code` says otherwise; `status` is the HTTP status the model
gives; only the message is written by hand. `fields` are further members of the modelled error shape.
"""

from __future__ import annotations

from typing import Any

COVERAGE_PAGE = "docs/coverage.md"


class AwsError(Exception):
    """The root of every answer that is a refusal."""

    status: int = 400
    code: str | None = None

    def __init__(self, message: str = "", **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields

    @property
    def error_code(self) -> str:
        return self.code or type(self).__name__


class ValidationException(AwsError):
    """The request does not satisfy the constraints the service's model states."""


class SerializationException(AwsError):
    """The body could not be read as the protocol demands."""


class UnknownOperationException(AwsError):
    """No service in this world has that operation."""


class AccessDeniedException(AwsError):
    status = 403


class MissingAuthenticationTokenException(AwsError):
    status = 403


class IncompleteSignatureException(AwsError):
    """The signature lacks a part, or a part cannot be read."""


class InvalidSignatureException(AwsError):
    """The signature does not match, or its date is too far from now."""


class UnrecognizedClientException(AwsError):
    """The access key is not one this world knows."""

    status = 403


class ThrottlingException(AwsError):
    """Too many requests."""


class InternalServerError(AwsError):
    status = 500


class ServiceUnavailable(AwsError):
    status = 503


class NotImplementedHere(AwsError):
    """An operation of the real service that this world does not have. Never a pretended success."""

    code = "NotImplemented"
    status = 501

    def __init__(self, service: str, operation: str) -> None:
        super().__init__(f"{service} {operation} is not in this world. What is: {COVERAGE_PAGE}")
