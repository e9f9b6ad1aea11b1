"""What Elastic Load Balancing refuses, under the codes of its published model."""

from __future__ import annotations

from ...core.errors import AwsError


class ValidationError(AwsError):
    """A field breaks a rule of its own."""


class InvalidConfigurationRequest(AwsError):
    """The fields are right, but not together."""


class AssociationNotFound(AwsError): ...


class CaCertificatesBundleNotFound(AwsError): ...


class CapacityDecreaseRequestLimitExceeded(AwsError): ...


class CapacityUnitsLimitExceeded(AwsError): ...


class CertificateNotFound(AwsError): ...


class DeleteAssociationSameAccount(AwsError): ...


class DuplicateListener(AwsError): ...


class DuplicateLoadBalancerName(AwsError): ...


class DuplicateTagKeys(AwsError): ...


class DuplicateTargetGroupName(AwsError): ...


class DuplicateTrustStoreName(AwsError): ...


class IncompatibleProtocols(AwsError): ...


class InvalidCaCertificatesBundle(AwsError): ...


class InvalidLoadBalancerAction(AwsError): ...


class InvalidRevocationContent(AwsError): ...


class InvalidSecurityGroup(AwsError): ...


class InvalidSubnet(AwsError): ...


class InvalidTarget(AwsError): ...


class OperationNotPermitted(AwsError): ...


class PriorRequestNotComplete(AwsError):
    status = 429


class PriorityInUse(AwsError): ...


class ResourceInUse(AwsError): ...


class RevocationContentNotFound(AwsError): ...


class RevocationIdNotFound(AwsError): ...


class SSLPolicyNotFound(AwsError): ...


class SubnetNotFound(AwsError): ...


class TargetGroupAssociationLimit(AwsError): ...


class TooManyActions(AwsError): ...


class TooManyCertificates(AwsError): ...


class TooManyListeners(AwsError): ...


class TooManyLoadBalancers(AwsError): ...


class TooManyRules(AwsError): ...


class TooManyTags(AwsError): ...


class TooManyTargetGroups(AwsError): ...


class TooManyTargets(AwsError): ...


class TooManyTrustStoreRevocationEntries(AwsError): ...


class TooManyTrustStores(AwsError): ...


class TrustStoreInUse(AwsError): ...


class UnsupportedCertificate(AwsError): ...


class UnsupportedProtocol(AwsError): ...


class NotFound(AwsError):
    """The root of those whose message only says what kind of thing is missing."""

    what = ""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or f"One or more {self.what} not found")


class LoadBalancerNotFound(NotFound):
    what = "load balancers"


class ListenerNotFound(NotFound):
    what = "listeners"


class RuleNotFound(NotFound):
    what = "rules"


class TargetGroupNotFound(NotFound):
    what = "target groups"


class TrustStoreNotFound(NotFound):
    what = "trust stores"
