"""What Application Auto Scaling refuses, under the names of its published model."""

from __future__ import annotations

from ...core.errors import AwsError


class ObjectNotFoundException(AwsError):
    """No such target or policy."""


class ResourceNotFoundException(AwsError):
    """No target has that ARN."""


class InvalidNextTokenException(AwsError):
    """No page begins there."""


class LimitExceededException(AwsError):
    """More than AWS's quotas allow."""
