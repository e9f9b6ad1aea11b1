"""Trust stores: the authorities whose certificates clients may show to listeners that verify, and what was revoked.

Bundles and revocation lists are read from S3 when they are named, and kept.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
"""

from __future__ import annotations

import re
from typing import Any

from ...core.errors import AwsError, NotImplementedHere
from ...region.service import Context
from . import client_certificates, names, tags
from .errors import (
    AssociationNotFound,
    CaCertificatesBundleNotFound,
    DeleteAssociationSameAccount,
    DuplicateTrustStoreName,
    InvalidCaCertificatesBundle,
    InvalidRevocationContent,
    RevocationContentNotFound,
    RevocationIdNotFound,
    TooManyTrustStoreRevocationEntries,
    TooManyTrustStores,
    TrustStoreInUse,
    TrustStoreNotFound,
    ValidationError,
)
from .load_balancers import forget
from .paging import page
from .state import Plain, State, service

MOST, MOST_AUTHORITIES, MOST_LISTS, MOST_REVOKED = 20, 25, 30, 500_000
_NAME = re.compile(r"(?=.{1,32}$)([a-zA-Z0-9]+-)*[a-zA-Z0-9]+")


@service.operation
async def create_trust_store(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, given_tags = input["Name"], tags.checked(input.get("Tags") or [])
    if not _NAME.fullmatch(name):
        raise ValidationError(f"The trust store name '{name}' is not valid")
    bundle, count = await _bundle(ctx, input)
    if any(each["Name"] == name for _, each in ctx.state.trust_stores.items()):
        raise DuplicateTrustStoreName(f"A trust store with the name '{name}' already exists")
    if len(ctx.state.trust_stores) >= MOST:
        raise TooManyTrustStores(f"The maximum number of trust stores has been reached: {MOST}")
    arn = f"{names.prefix(ctx)}truststore/{name}/{names.new_id(ctx)}"
    made = {"Arn": arn, "Name": name, "Bundle": bundle, "Count": count, "Revocations": [], "Given": 0}
    _put(ctx, made)
    if given_tags:
        tags.put(ctx, arn, given_tags)
    return {"TrustStores": [described(made)]}


@service.operation
async def modify_trust_store(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Another bundle in the place of the old one; listeners go by it from the next connection on."""
    ctx.state.trust_store(input["TrustStoreArn"])
    bundle, count = await _bundle(ctx, input)
    new = ctx.state.trust_store(input["TrustStoreArn"]) | {"Bundle": bundle, "Count": count}
    _put(ctx, new)
    return {"TrustStores": [described(new)]}


@service.operation
def describe_trust_stores(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arns, wanted = input.get("TrustStoreArns"), input.get("Names")
    if arns and wanted:
        raise ValidationError("Trust store names and trust store ARNs cannot be specified at the same time")
    if arns:
        return {"TrustStores": [described(ctx.state.trust_store(arn)) for arn in arns]}
    found = [each for _, each in ctx.state.trust_stores.items() if not wanted or each["Name"] in wanted]
    if wanted and len(found) < len(set(wanted)):
        raise TrustStoreNotFound()
    return page("TrustStores", [described(each) for each in found], input, "TrustStoreArn")


@service.operation
def delete_trust_store(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    store = ctx.state.trust_store(input["TrustStoreArn"])
    if associated(ctx.state, store["Arn"]):
        raise TrustStoreInUse(f"Trust store '{store['Arn']}' is currently in use by a listener")
    forget(ctx, "trust_stores", store["Arn"])
    return {}


@service.operation
def describe_trust_store_associations(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    store = ctx.state.trust_store(input["TrustStoreArn"])
    found = [{"ResourceArn": arn} for arn in associated(ctx.state, store["Arn"])]
    return page("TrustStoreAssociations", found, input, "ResourceArn")


@service.operation
def delete_shared_trust_store_association(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """There is one account: nothing is shared with another, and one's own associations end with their listeners."""
    store = ctx.state.trust_store(input["TrustStoreArn"])
    if input["ResourceArn"] not in associated(ctx.state, store["Arn"]):
        raise AssociationNotFound("The specified association does not exist")
    raise DeleteAssociationSameAccount("The specified association can't be within the same account")


@service.operation
async def add_trust_store_revocations(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    ctx.state.trust_store(input["TrustStoreArn"])
    made = []
    for given in input.get("RevocationContents") or []:
        content = await _fetched(ctx, given, "S3", RevocationContentNotFound)
        try:
            revoked = client_certificates.revocations(content)
        except ValueError as error:
            raise InvalidRevocationContent(f"The provided revocation file is invalid: {error}") from None
        digest = ctx.here.ports.blobs.put(content)
        made.append({"Type": given.get("RevocationType") or "CRL", "Count": len(revoked), "Content": digest})
    store = ctx.state.trust_store(input["TrustStoreArn"])
    numbered = [{"Id": at, **each} for at, each in enumerate(made, store["Given"] + 1)]
    all = [*store["Revocations"], *numbered]
    if len(all) > MOST_LISTS or sum(each["Count"] for each in all) > MOST_REVOKED:
        raise TooManyTrustStoreRevocationEntries(
            "The specified trust store has too many revocation entries or revocation lists"
        )
    _put(ctx, store | {"Revocations": all, "Given": store["Given"] + len(made)})
    return {"TrustStoreRevocations": [_revocation(store, each) for each in numbered]}


@service.operation
def describe_trust_store_revocations(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    store, wanted = ctx.state.trust_store(input["TrustStoreArn"]), input.get("RevocationIds")
    _check_ids(store, wanted or [])
    found = [_revocation(store, each) for each in store["Revocations"] if not wanted or each["Id"] in wanted]
    named = [{**each, "Marker": str(each["RevocationId"])} for each in found]
    answer = page("TrustStoreRevocations", named, input, "Marker")
    for each in named:
        del each["Marker"]
    return answer


@service.operation
def remove_trust_store_revocations(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    store = ctx.state.trust_store(input["TrustStoreArn"])
    _check_ids(store, input["RevocationIds"])
    kept = [each for each in store["Revocations"] if each["Id"] not in input["RevocationIds"]]
    _put(ctx, store | {"Revocations": kept})
    return {}


def described(store: Plain) -> Plain:
    """A trust store as the API shows it."""
    return {
        "Name": store["Name"],
        "TrustStoreArn": store["Arn"],
        "Status": "ACTIVE",
        "NumberOfCaCertificates": store["Count"],
        "TotalRevokedEntries": sum(each["Count"] for each in store["Revocations"]),
    }


def associated(state: State, store: str) -> list[str]:
    """The listeners that verify by a trust store."""
    every = state.listeners.items()
    return [arn for arn, each in every if (each.get("MutualAuthentication") or {}).get("TrustStoreArn") == store]


def _revocation(store: Plain, found: Plain) -> Plain:
    return {
        "TrustStoreArn": store["Arn"],
        "RevocationId": found["Id"],
        "RevocationType": found["Type"],
        "NumberOfRevokedEntries": found["Count"],
    }


def _check_ids(store: Plain, ids: list[int]) -> None:
    there = {each["Id"] for each in store["Revocations"]}
    missing = [each for each in ids if each not in there]
    if missing:
        raise RevocationIdNotFound(f"The specified revocation ID does not exist: {missing[0]}")


async def _bundle(ctx: Context[State], input: Plain) -> tuple[str, int]:
    """The certificates of a bundle, and how many. Raises what CreateTrustStore raises for them."""
    content = await _fetched(ctx, input, "CaCertificatesBundleS3", CaCertificatesBundleNotFound)
    try:
        count = client_certificates.authorities_in(content)
    except ValueError as error:
        raise InvalidCaCertificatesBundle(f"The provided CA certificates bundle is invalid: {error}") from None
    if count > MOST_AUTHORITIES:
        raise InvalidCaCertificatesBundle(f"A CA certificates bundle has at most {MOST_AUTHORITIES} certificates")
    return content.decode("ascii", "replace"), count


async def _fetched(ctx: Context[State], given: Plain, prefix: str, missing: type[AwsError]) -> bytes:
    """An object of the world's S3, which members of the input name. Raises `missing`."""
    bucket, key = given.get(f"{prefix}Bucket"), given.get(f"{prefix}Key")
    if not bucket or not key:
        raise missing(f"{prefix}Bucket and {prefix}Key must be specified")
    wanted = {"Bucket": bucket, "Key": key}
    if given.get(f"{prefix}ObjectVersion"):
        wanted["VersionId"] = given[f"{prefix}ObjectVersion"]
    try:
        body = (await ctx.request("s3", "GetObject", wanted)).get("Body", b"")
    except AwsError as error:
        if isinstance(error, NotImplementedHere) or error.status >= 500:
            raise
        raise missing(f"s3://{bucket}/{key} cannot be read: {error.message}") from None
    content: bytes = body if isinstance(body, bytes) else body.read()
    return content


def _put(ctx: Context[State], store: Plain) -> None:
    ctx.commit("entry_put", table="trust_stores", key=store["Arn"], value=store)
