"""What zonal shift refuses, under the names and statuses of its published model."""

from __future__ import annotations

from ...core.errors import AwsError


class ConflictException(AwsError):
    status = 409


class ResourceNotFoundException(AwsError):
    status = 404


class ValidationException(AwsError): ...
