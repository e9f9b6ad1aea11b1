"""AWS::Cognito: user pools, their clients and domains, identity pools; borrowed."""

from __future__ import annotations

from ..tabled import Row

IDP = "cognito-idp"
POOL = (
    "AccountRecoverySetting AdminCreateUserConfig AutoVerifiedAttributes DeletionProtection DeviceConfiguration "
    "EmailConfiguration EmailVerificationMessage EmailVerificationSubject LambdaConfig MfaConfiguration Policies "
    "SmsAuthenticationMessage SmsConfiguration SmsVerificationMessage UserAttributeUpdateSettings UserPoolAddOns "
    "VerificationMessageTemplate"
)
CLIENT = (
    "AccessTokenValidity AllowedOAuthFlows AllowedOAuthFlowsUserPoolClient AllowedOAuthScopes AnalyticsConfiguration "
    "AuthSessionValidity CallbackURLs ClientName DefaultRedirectURI EnablePropagateAdditionalUserContextData "
    "EnableTokenRevocation ExplicitAuthFlows IdTokenValidity LogoutURLs PreventUserExistenceErrors ReadAttributes "
    "RefreshTokenValidity SupportedIdentityProviders TokenValidityUnits WriteAttributes"
)
ROWS = (
    Row(
        "AWS::Cognito::UserPool", IDP,
        f"{POOL} AliasAttributes Schema UserPoolName UserPoolTier UsernameAttributes UsernameConfiguration "
        "UserPoolTags",
        create="CreateUserPool", made="UserPool.Id", name="UserPoolName", renamed={"UserPoolName": "PoolName"},
        key="UserPoolId", show="DescribeUserPool", shows="UserPool", delete="DeleteUserPool",
        update="UpdateUserPool", updated=POOL,
        attributes={
            "Arn": "Arn", "ProviderName": "cognito-idp.{region}.amazonaws.com/{id}",
            "ProviderURL": "https://cognito-idp.{region}.amazonaws.com/{id}", "UserPoolId": "{id}",
        },
        ignored="EnabledMfas EmailAuthenticationMessage EmailAuthenticationSubject WebAuthnFactorConfiguration "
        "WebAuthnRelyingPartyID WebAuthnUserVerification",
    ),
    Row(
        "AWS::Cognito::UserPoolClient", IDP, f"{CLIENT} GenerateSecret UserPoolId", create="CreateUserPoolClient",
        made="UserPoolClient.ClientId", name="ClientName", key="ClientId", beside="UserPoolId",
        update="UpdateUserPoolClient", updated=CLIENT, show="DescribeUserPoolClient", shows="UserPoolClient",
        attributes={"ClientId": "{id}", "ClientSecret": "ClientSecret", "Name": "ClientName"},
        delete="DeleteUserPoolClient", required="UserPoolId", ignored="RefreshTokenRotation",
    ),
    Row(
        "AWS::Cognito::UserPoolDomain", IDP, "CustomDomainConfig Domain ManagedLoginVersion UserPoolId",
        create="CreateUserPoolDomain", name="Domain", key="Domain", beside="UserPoolId",
        delete="DeleteUserPoolDomain", required="Domain UserPoolId", note="State: nobody can sign in at it.",
    ),
    Row(
        "AWS::Cognito::UserPoolGroup", IDP, "Description GroupName Precedence RoleArn UserPoolId", create="CreateGroup",
        name="GroupName", key="GroupName", beside="UserPoolId", delete="DeleteGroup", required="UserPoolId",
    ),
    Row(
        "AWS::Cognito::UserPoolResourceServer", IDP, "Identifier Name Scopes UserPoolId", create="CreateResourceServer",
        made="ResourceServer.Identifier", key="Identifier", beside="UserPoolId", delete="DeleteResourceServer",
        required="Identifier Name UserPoolId",
    ),
    Row(
        "AWS::Cognito::IdentityPool", "cognito-identity",
        "AllowClassicFlow AllowUnauthenticatedIdentities CognitoIdentityProviders DeveloperProviderName "
        "IdentityPoolName OpenIdConnectProviderARNs SamlProviderARNs SupportedLoginProviders IdentityPoolTags",
        create="CreateIdentityPool", made="IdentityPoolId", name="IdentityPoolName", key="IdentityPoolId",
        delete="DeleteIdentityPool", attributes={"Name": "{id}"}, required="AllowUnauthenticatedIdentities",
        ignored="CognitoEvents CognitoStreams PushSync",
    ),
)  # fmt: skip
TYPES = tuple(row.type() for row in ROWS)
