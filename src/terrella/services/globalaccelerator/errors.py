"""What Global Accelerator refuses, under the codes of its published model."""

from __future__ import annotations

from ...core.errors import AwsError


class InvalidArgumentException(AwsError):
    """An argument breaks a rule."""


class InvalidPortRangeException(AwsError): ...


class InvalidNextTokenException(AwsError): ...


class LimitExceededException(AwsError): ...


class AcceleratorNotDisabledException(AwsError): ...


class AssociatedListenerFoundException(AwsError): ...


class AssociatedEndpointGroupFoundException(AwsError): ...


class EndpointGroupAlreadyExistsException(AwsError): ...


class AcceleratorNotFoundException(AwsError): ...


class ListenerNotFoundException(AwsError): ...


class EndpointGroupNotFoundException(AwsError): ...


class EndpointNotFoundException(AwsError): ...


class EndpointAlreadyExistsException(AwsError): ...


class AttachmentNotFoundException(AwsError): ...


class ByoipCidrNotFoundException(AwsError): ...
