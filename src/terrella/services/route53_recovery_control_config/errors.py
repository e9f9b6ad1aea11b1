"""What the control plane of routing controls refuses, under the codes and statuses of its published model."""

from __future__ import annotations

from ...core.errors import AwsError


class ConflictException(AwsError):
    status = 409


class ResourceNotFoundException(AwsError):
    status = 404


class ServiceQuotaExceededException(AwsError):
    status = 402


class ValidationException(AwsError): ...
