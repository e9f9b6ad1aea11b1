"""AWS::RDS: databases as state, for templates that have them beside what this world is about. None runs."""

from __future__ import annotations

from ..tabled import Row

RDS = "rds"
STATE = "State: no database runs, nothing replicates."
CLUSTER = (
    "BacktrackWindow BackupRetentionPeriod CopyTagsToSnapshot DBClusterParameterGroupName DeletionProtection "
    "EnableHttpEndpoint EnableIAMDatabaseAuthentication EngineVersion MasterUserPassword "
    "Port PreferredBackupWindow PreferredMaintenanceWindow ScalingConfiguration ServerlessV2ScalingConfiguration "
    "VpcSecurityGroupIds"
)
INSTANCE = (
    "AllocatedStorage AutoMinorVersionUpgrade BackupRetentionPeriod CACertificateIdentifier CopyTagsToSnapshot "
    "DBInstanceClass DBParameterGroupName DeletionProtection EnableIAMDatabaseAuthentication "
    "EnablePerformanceInsights EngineVersion Iops MasterUserPassword MaxAllocatedStorage MonitoringInterval "
    "MonitoringRoleArn MultiAZ PerformanceInsightsKMSKeyId PerformanceInsightsRetentionPeriod PreferredBackupWindow "
    "PreferredMaintenanceWindow PubliclyAccessible StorageThroughput StorageType"
)
ROWS = (
    Row(
        "AWS::RDS::DBSubnetGroup", RDS, "DBSubnetGroupDescription DBSubnetGroupName SubnetIds Tags",
        create="CreateDBSubnetGroup", name="DBSubnetGroupName", lower_case=True, longest_name=255,
        key="DBSubnetGroupName", update="ModifyDBSubnetGroup", updated="DBSubnetGroupDescription SubnetIds",
        delete="DeleteDBSubnetGroup", tags="list", gone="DBSubnetGroupNotFoundFault", note=STATE,
    ),
    Row(
        "AWS::RDS::DBParameterGroup", RDS, "DBParameterGroupName Description Family Tags",
        create="CreateDBParameterGroup", name="DBParameterGroupName", lower_case=True, longest_name=255,
        renamed={"Family": "DBParameterGroupFamily"}, key="DBParameterGroupName", delete="DeleteDBParameterGroup",
        tags="list", ignored="Parameters", note=STATE,
    ),
    Row(
        "AWS::RDS::DBClusterParameterGroup", RDS, "DBClusterParameterGroupName Description Family Tags",
        create="CreateDBClusterParameterGroup", name="DBClusterParameterGroupName", lower_case=True,
        longest_name=255, renamed={"Family": "DBParameterGroupFamily"}, key="DBClusterParameterGroupName",
        delete="DeleteDBClusterParameterGroup", tags="list", ignored="Parameters", note=STATE,
    ),
    Row(
        "AWS::RDS::GlobalCluster", RDS,
        "DeletionProtection Engine EngineVersion GlobalClusterIdentifier SourceDBClusterIdentifier StorageEncrypted "
        "Tags",
        create="CreateGlobalCluster", name="GlobalClusterIdentifier", lower_case=True, longest_name=63,
        key="GlobalClusterIdentifier", delete="DeleteGlobalCluster", gone="GlobalClusterNotFoundFault", note=STATE,
        ignored="EngineLifecycleSupport",
    ),
    Row(
        "AWS::RDS::DBCluster", RDS,
        f"{CLUSTER} AvailabilityZones CharacterSetName DBClusterIdentifier DBSubnetGroupName DatabaseName Engine "
        "EngineMode GlobalClusterIdentifier KmsKeyId MasterUsername ReplicationSourceIdentifier "
        "StorageEncrypted Tags",
        create="CreateDBCluster", name="DBClusterIdentifier", lower_case=True, longest_name=63,
        key="DBClusterIdentifier", update="ModifyDBCluster", updated=CLUSTER, show="DescribeDBClusters",
        shows="DBClusters.0",
        attributes={
            "DBClusterArn": "DBClusterArn", "DBClusterResourceId": "DbClusterResourceId",
            "Endpoint.Address": "Endpoint", "Endpoint.Port": "Port", "ReadEndpoint.Address": "ReaderEndpoint",
        },
        delete="DeleteDBCluster", fixed={"SkipFinalSnapshot": True}, tags="list", gone="DBClusterNotFoundFault",
        ignored="SourceRegion AutoMinorVersionUpgrade DatabaseInsightsMode EnableCloudwatchLogsExports "
        "MonitoringInterval MonitoringRoleArn PerformanceInsightsEnabled RestoreType SnapshotIdentifier "
        "SourceDBClusterIdentifier "
        "UseLatestRestorableTime ManageMasterUserPassword EnableGlobalWriteForwarding EnableLocalWriteForwarding "
        "EngineLifecycleSupport AssociatedRoles NetworkType StorageType AllocatedStorage DBClusterInstanceClass",
        note=STATE,
    ),
    Row(
        "AWS::RDS::DBInstance", RDS,
        f"{INSTANCE} AvailabilityZone DBClusterIdentifier DBInstanceIdentifier DBName DBSubnetGroupName Engine "
        "KmsKeyId LicenseModel MasterUsername OptionGroupName Port StorageEncrypted Tags VPCSecurityGroups",
        create="CreateDBInstance", name="DBInstanceIdentifier", lower_case=True, longest_name=63,
        renamed={"VPCSecurityGroups": "VpcSecurityGroupIds"},
        key="DBInstanceIdentifier", update="ModifyDBInstance", updated=INSTANCE, show="DescribeDBInstances",
        shows="DBInstances.0",
        attributes={
            "DBInstanceArn": "DBInstanceArn", "DbiResourceId": "DbiResourceId", "Endpoint.Address": "Endpoint.Address",
            "Endpoint.Port": "Endpoint.Port", "Endpoint.HostedZoneId": "Endpoint.HostedZoneId",
        },
        delete="DeleteDBInstance", fixed={"SkipFinalSnapshot": True}, tags="list", gone="DBInstanceNotFound",
        ignored="AllowMajorVersionUpgrade AssociatedRoles ApplyImmediately DBSnapshotIdentifier "
        "DeleteAutomatedBackups EnableCloudwatchLogsExports ManageMasterUserPassword PromotionTier "
        "SourceDBInstanceIdentifier SourceRegion EngineLifecycleSupport DBSecurityGroups NetworkType",
        note=STATE,
    ),
)  # fmt: skip
TYPES = tuple(row.type() for row in ROWS)
