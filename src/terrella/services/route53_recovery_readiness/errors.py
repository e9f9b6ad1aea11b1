"""Refusals of ARC readiness, by the names its model gives them."""

from __future__ import annotations

from ...core.errors import AwsError


class ValidationException(AwsError):
    pass


class ResourceNotFoundException(AwsError):
    status = 404


class ConflictException(AwsError):
    status = 409
