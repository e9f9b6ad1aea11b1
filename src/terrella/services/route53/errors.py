"""What Route 53 refuses, under the names and statuses of its published model."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import AwsError


class InvalidInput(AwsError):
    """The request breaks a rule of one of its fields."""


class InvalidChangeBatch(AwsError):
    """A batch that cannot be applied as a whole. Every reason found is in the message, in brackets."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(f"[{', '.join(reasons)}]")
        self.reasons = tuple(reasons)


class InvalidDomainName(AwsError): ...


class NoSuchHostedZone(AwsError):
    status = 404

    def __init__(self, zone: str) -> None:
        super().__init__(f"No hosted zone found with ID: {zone}")


class NoSuchChange(AwsError):
    status = 404

    def __init__(self, change: str) -> None:
        super().__init__(f"Could not find resource with ID: {change}")


class NoSuchHealthCheck(AwsError):
    status = 404

    def __init__(self, check: str) -> None:
        super().__init__(f"A health check with id {check} does not exist.")


class NoSuchDelegationSet(AwsError):
    def __init__(self, delegation_set: str) -> None:
        super().__init__(f"No reusable delegation set found with ID: {delegation_set}")


class NoSuchGeoLocation(AwsError):
    status = 404


class HostedZoneAlreadyExists(AwsError):
    status = 409


class HostedZoneNotEmpty(AwsError): ...


class HostedZoneNotPrivate(AwsError): ...


class TooManyHostedZones(AwsError): ...


class InvalidVPCId(AwsError): ...


class ConflictingDomainExists(AwsError): ...


class PublicZoneVPCAssociation(AwsError): ...


class VPCAssociationNotFound(AwsError):
    status = 404


class LastVPCAssociation(AwsError): ...


class HealthCheckAlreadyExists(AwsError):
    status = 409


class HealthCheckVersionMismatch(AwsError):
    status = 409


class TooManyHealthChecks(AwsError): ...


class InvalidArgument(AwsError): ...


class DNSSECNotFound(AwsError): ...


class InvalidKMSArn(AwsError): ...


class InvalidKeySigningKeyName(AwsError): ...


class InvalidKeySigningKeyStatus(AwsError): ...


class NoSuchKeySigningKey(AwsError):
    status = 404

    def __init__(self, zone: str, name: str) -> None:
        super().__init__(f"No key signing key found with name: {name} in hosted zone with ID: {zone}")


class KeySigningKeyAlreadyExists(AwsError):
    status = 409


class KeySigningKeyInParentDSRecord(AwsError): ...


class KeySigningKeyInUse(AwsError): ...


class KeySigningKeyWithActiveStatusNotFound(AwsError): ...


class TooManyKeySigningKeys(AwsError): ...


class CidrCollectionAlreadyExistsException(AwsError): ...


class NoSuchCidrCollectionException(AwsError):
    status = 404

    def __init__(self, collection: str) -> None:
        super().__init__(f"CIDR collection {collection} does not exist")


class NoSuchCidrLocationException(AwsError):
    status = 404


class CidrCollectionVersionMismatchException(AwsError):
    status = 409


class CidrBlockInUseException(AwsError): ...


class CidrCollectionInUseException(AwsError): ...


class LimitsExceeded(AwsError): ...


class DelegationSetAlreadyCreated(AwsError): ...


class DelegationSetAlreadyReusable(AwsError): ...


class DelegationSetInUse(AwsError): ...


class HostedZoneNotFound(AwsError): ...


class TooManyVPCAssociationAuthorizations(AwsError): ...


class VPCAssociationAuthorizationNotFound(AwsError):
    status = 404


class InvalidPaginationToken(AwsError): ...


class NoSuchCloudWatchLogsLogGroup(AwsError):
    status = 404


class NoSuchQueryLoggingConfig(AwsError):
    status = 404


class QueryLoggingConfigAlreadyExists(AwsError):
    status = 409


class InvalidResourceRecordSetProtectionBatch(AwsError): ...


class ProtectionAlreadyExists(AwsError):
    status = 409


class NoSuchTrafficPolicy(AwsError):
    status = 404

    def __init__(self) -> None:
        super().__init__("No traffic policy exists with the specified ID.")


class NoSuchTrafficPolicyInstance(AwsError):
    status = 404

    def __init__(self) -> None:
        super().__init__("No traffic policy instance exists with the specified ID.")


class TrafficPolicyAlreadyExists(AwsError):
    status = 409


class TrafficPolicyInstanceAlreadyExists(AwsError):
    status = 409


class TrafficPolicyInUse(AwsError): ...


class TooManyTrafficPolicies(AwsError): ...


class TooManyTrafficPolicyInstances(AwsError): ...


class TooManyTrafficPolicyVersionsForCurrentPolicy(AwsError): ...


class InvalidTrafficPolicyDocument(AwsError): ...


class ConflictingTypes(AwsError): ...


class InsufficientCloudWatchLogsResourcePolicy(AwsError): ...


class Throttling(AwsError):
    """More requests than Route 53 takes. Not in the model, as it is common to many services."""


class PriorRequestNotComplete(AwsError): ...
