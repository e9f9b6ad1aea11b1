"""Refusals of API Gateway, by the names its model gives them."""

from __future__ import annotations

from ...core.errors import AwsError


class BadRequestException(AwsError):
    """One of the parameters in the request is invalid."""


class NotFoundException(AwsError):
    status = 404


class ConflictException(AwsError):
    status = 409


def missing(kind: str) -> NotFoundException:
    return NotFoundException(f"Invalid {kind} identifier specified")
