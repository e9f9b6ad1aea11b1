"""AWS::EC2: launch templates, key pairs, peerings and the rest of a network that is state here."""

from __future__ import annotations

from ..tabled import Row

EC2 = "ec2"
STATE = "State: nothing in this world passes it."
INTERFACE = (
    "Description GroupSet InterfaceType Ipv6AddressCount Ipv6Addresses PrivateIpAddress PrivateIpAddresses "
    "SecondaryPrivateIpAddressCount SubnetId"
)
ROWS = (
    Row(
        "AWS::EC2::VPCCidrBlock", EC2,
        "AmazonProvidedIpv6CidrBlock CidrBlock Ipv4IpamPoolId Ipv4NetmaskLength Ipv6CidrBlock Ipv6Pool VpcId",
        create="AssociateVpcCidrBlock", key="AssociationId", delete="DisassociateVpcCidrBlock", required="VpcId",
        attributes={"Id": "{id}"}, stirs=True,
        made="CidrBlockAssociation.AssociationId|Ipv6CidrBlockAssociation.AssociationId",
        gone="InvalidVpcCidrBlockAssociationID.NotFound InvalidVpcCidrBlockAssociationIdError.NotFound",
    ),
    Row(
        "AWS::EC2::SubnetCidrBlock", EC2, "Ipv6CidrBlock SubnetId", create="AssociateSubnetCidrBlock",
        key="AssociationId", delete="DisassociateSubnetCidrBlock", required="SubnetId",
        made="Ipv6CidrBlockAssociation.AssociationId", gone="InvalidSubnetCidrBlockAssociationID.NotFound",
    ),
    Row(
        "AWS::EC2::VPCPeeringConnection", EC2, "PeerOwnerId PeerRegion PeerVpcId VpcId Tags",
        create="CreateVpcPeeringConnection", made="VpcPeeringConnection.VpcPeeringConnectionId",
        key="VpcPeeringConnectionId", delete="DeleteVpcPeeringConnection", attributes={"Id": "{id}"},
        tags="list", tag_kind="vpc-peering-connection", gone="InvalidVpcPeeringConnectionId.NotFound",
        ignored="PeerRoleArn", note=STATE,
    ),
    Row(
        "AWS::EC2::VPCEndpointService", EC2,
        "AcceptanceRequired GatewayLoadBalancerArns NetworkLoadBalancerArns Tags",
        create="CreateVpcEndpointServiceConfiguration", made="ServiceConfiguration.ServiceId", key="ServiceIds",
        delete="DeleteVpcEndpointServiceConfigurations", attributes={"ServiceId": "{id}"},
        ignored="ContributorInsightsEnabled PayerResponsibility SupportedIpAddressTypes SupportedRegions", note=STATE,
    ),
    Row(
        "AWS::EC2::EgressOnlyInternetGateway", EC2, "VpcId Tags", create="CreateEgressOnlyInternetGateway",
        made="EgressOnlyInternetGateway.EgressOnlyInternetGatewayId", key="EgressOnlyInternetGatewayId",
        delete="DeleteEgressOnlyInternetGateway", attributes={"Id": "{id}"}, note=STATE,
        gone="InvalidGatewayID.NotFound",
    ),
    Row(
        "AWS::EC2::NetworkAcl", EC2, "VpcId Tags", create="CreateNetworkAcl", made="NetworkAcl.NetworkAclId",
        key="NetworkAclId", delete="DeleteNetworkAcl", attributes={"Id": "{id}"}, tags="list",
        tag_kind="network-acl", gone="InvalidNetworkAclID.NotFound", note="State: no packet is filtered.",
    ),
    Row(
        "AWS::EC2::NetworkInterface", EC2, f"{INTERFACE} Tags", create="CreateNetworkInterface",
        made="NetworkInterface.NetworkInterfaceId", key="NetworkInterfaceId", renamed={"GroupSet": "Groups"},
        delete="DeleteNetworkInterface", show="DescribeNetworkInterfaces", show_key="NetworkInterfaceIds",
        shows="NetworkInterfaces.0", attributes={"Id": "{id}", "PrimaryPrivateIpAddress": "PrivateIpAddress"},
        tags="list", tag_kind="network-interface", gone="InvalidNetworkInterfaceID.NotFound", note=STATE,
        ignored="SourceDestCheck",
    ),
    Row(
        "AWS::EC2::PrefixList", EC2, "AddressFamily Entries MaxEntries PrefixListName Tags",
        create="CreateManagedPrefixList", made="PrefixList.PrefixListId", key="PrefixListId",
        delete="DeleteManagedPrefixList", show="DescribeManagedPrefixLists", show_key="PrefixListIds",
        shows="PrefixLists.0", attributes={"Arn": "PrefixListArn", "PrefixListId": "{id}"}, tags="list",
        tag_kind="prefix-list", gone="InvalidPrefixListID.NotFound", note=STATE,
    ),
    Row(
        "AWS::EC2::Volume", EC2,
        "AvailabilityZone Encrypted Iops KmsKeyId MultiAttachEnabled OutpostArn Size SnapshotId Tags "
        "Throughput VolumeType",
        create="CreateVolume", made="VolumeId", key="VolumeId", delete="DeleteVolume", attributes={"VolumeId": "{id}"},
        tags="list", tag_kind="volume", gone="InvalidVolume.NotFound", note="State: nothing can be written to it.",
        ignored="AutoEnableIO",
    ),
)  # fmt: skip
TYPES = tuple(row.type() for row in ROWS)
