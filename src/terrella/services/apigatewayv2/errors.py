"""Refusals of API Gateway v2, by the names its model gives them."""

from __future__ import annotations

from ...core.errors import AwsError


class BadRequestException(AwsError):
    """One of the parameters in the request is invalid."""


class NotFoundException(AwsError):
    status = 404


class ConflictException(AwsError):
    status = 409


class TooManyRequestsException(AwsError):
    status = 429


def missing(kind: str, identifier: str) -> NotFoundException:
    return NotFoundException(f"Invalid {kind} identifier specified {identifier}", ResourceType=kind)
