"""What the data plane of routing controls refuses, under the codes of its published model."""

from __future__ import annotations

from ...core.errors import AwsError

CONTROL, PANEL = "RoutingControl", "ControlPanel"


class ConflictException(AwsError):
    """A safety rule does not let the change happen."""


class EndpointTemporarilyUnavailableException(AwsError):
    """No majority of the members can be reached from this endpoint."""


class ResourceNotFoundException(AwsError): ...


class ServiceLimitExceededException(AwsError): ...


class ValidationException(AwsError): ...
