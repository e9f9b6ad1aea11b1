"""Refusals of ARC Region switch, by the names its model gives them."""

from __future__ import annotations

from ...core.errors import AwsError


class ResourceNotFoundException(AwsError):
    status = 404


class ValidationException(AwsError):
    pass
