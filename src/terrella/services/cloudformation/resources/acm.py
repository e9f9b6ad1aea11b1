"""AWS::CertificateManager::Certificate: waits until issued, writing the validation record where told to."""

from __future__ import annotations

from typing import Any

from ..errors import HandlerFailed
from ..resource import Resource
from ..resource_type import ResourceType
from .route53 import change

certificate = ResourceType(
    "AWS::CertificateManager::Certificate",
    properties="CertificateTransparencyLoggingPreference DomainName DomainValidationOptions KeyAlgorithm "
    "SubjectAlternativeNames Tags ValidationMethod",
    required="DomainName",
    create_only="DomainName DomainValidationOptions KeyAlgorithm SubjectAlternativeNames ValidationMethod",
    attributes="CertificateArn",
    tagged=True,
    note="Validation records it wrote stay when it is deleted, as at AWS; so their zone is not empty.",
)


@certificate.creates
async def request_certificate(resource: Resource) -> str:
    input = resource.pick("DomainName KeyAlgorithm SubjectAlternativeNames ValidationMethod")
    options = [
        {name: each[name] for name in ("DomainName", "ValidationDomain")}
        for each in resource.get("DomainValidationOptions", [])
        if "ValidationDomain" in each
    ]
    input |= {"IdempotencyToken": resource.token, "Tags": resource.tag_list() or None}
    made = await resource.call(
        "acm", "RequestCertificate", {**input, "DomainValidationOptions": options or None}
    )
    return str(made["CertificateArn"])


@certificate.settles
async def certificate_issued(resource: Resource) -> None:
    zones = {
        str(each["DomainName"]): str(each["HostedZoneId"])
        for each in resource.get("DomainValidationOptions", [])
        if "HostedZoneId" in each
    }
    written: set[str] = set()

    async def issued() -> bool:
        name = {"CertificateArn": resource.physical_id}
        found = (await resource.call("acm", "DescribeCertificate", name))["Certificate"]
        if found["Status"] in ("FAILED", "VALIDATION_TIMED_OUT", "REVOKED"):
            raise HandlerFailed(str(found.get("FailureReason") or found["Status"]))
        if found["Status"] == "ISSUED":
            return True
        await _write_records(resource, found.get("DomainValidationOptions", []), zones, written)
        return False

    await resource.until(issued, f"Certificate for {resource.get('DomainName')}", patience_s=72 * 3600)


@certificate.updates
async def update_certificate(resource: Resource) -> None:
    if resource.changed("CertificateTransparencyLoggingPreference"):
        preference = resource.get("CertificateTransparencyLoggingPreference", "ENABLED")
        options = {"CertificateTransparencyLoggingPreference": preference}
        input = {"CertificateArn": resource.physical_id, "Options": options}
        await resource.call("acm", "UpdateCertificateOptions", input)
    added, _ = resource.tag_changes()
    if added:
        rows = [{"Key": key, "Value": value} for key, value in added.items()]
        await resource.call("acm", "AddTagsToCertificate", {"CertificateArn": resource.physical_id, "Tags": rows})


@certificate.reads
async def certificate_attributes(resource: Resource) -> dict[str, str]:
    return {"CertificateArn": resource.physical_id}


@certificate.deletes
async def delete_certificate(resource: Resource) -> None:
    await resource.call("acm", "DeleteCertificate", {"CertificateArn": resource.physical_id})


async def _write_records(
    resource: Resource, options: list[dict[str, Any]], zones: dict[str, str], written: set[str]
) -> None:
    """The CNAME that proves each domain, once; two domains may share one."""
    for option in options:
        proof, zone_id = option.get("ResourceRecord"), zones.get(option["DomainName"])
        if proof and zone_id and proof["Name"] not in written:
            written.add(proof["Name"])
            record = {"Name": proof["Name"], "Type": proof["Type"], "TTL": 300}
            await change(resource, zone_id, [("UPSERT", {**record, "ResourceRecords": [proof["Value"]]})])
