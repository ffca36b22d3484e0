# Networks have no names in their ARNs: making is bound to the environment's regions, changing and deleting to the tag
# Repository, which the providers' default tags put on everything. Tags can be put on what is made, and on what has it.

locals {
  network_makes = [
    "CreateFlowLogs", "CreateInternetGateway", "CreateManagedPrefixList", "CreateNatGateway", "CreateNetworkAcl", "CreateRouteTable",
    "CreateSecurityGroup", "CreateSubnet", "CreateVpc", "CreateVpcEndpoint", "AllocateAddress", "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress",
  ]

  network = [
    {
      sid = "MakeNetworks"
      actions = concat([for action in local.network_makes : "ec2:${action}"], [
        "ec2:AssociateRouteTable", "ec2:AttachInternetGateway", "ec2:CreateNetworkAclEntry", "ec2:CreateRoute",
        "ec2:ModifySecurityGroupRules", "ec2:ReplaceNetworkAclAssociation", "ec2:ReplaceNetworkAclEntry", "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress", "ec2:UpdateSecurityGroupRuleDescriptionsEgress", "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
      ])
      resources  = ["*"]
      conditions = [local.in_regions]
    },
    {
      sid        = "TagWhatIsMade"
      actions    = ["ec2:CreateTags"]
      resources  = ["${local.arn["ec2"]}:*/*"]
      conditions = [{ test = "StringEquals", variable = "ec2:CreateAction", values = local.network_makes }]
    },
    # A VPC's default group, list and table come untagged with it: they are taken over, to be emptied.
    {
      sid        = "TagWhatComesWithANetwork"
      actions    = ["ec2:CreateTags"]
      resources  = [for kind in ["network-acl", "route-table", "security-group"] : "${local.arn["ec2"]}:${kind}/*"]
      conditions = [local.tagging]
    },
    {
      sid = "ChangeOwnNetworks"
      actions = [
        "ec2:CreateTags", "ec2:DeleteFlowLogs", "ec2:DeleteInternetGateway", "ec2:DeleteManagedPrefixList", "ec2:DeleteNatGateway",
        "ec2:DeleteNetworkAcl", "ec2:DeleteNetworkAclEntry", "ec2:DeleteRoute", "ec2:DeleteRouteTable", "ec2:DeleteSecurityGroup",
        "ec2:DeleteSubnet", "ec2:DeleteTags", "ec2:DeleteVpc", "ec2:DeleteVpcEndpoints", "ec2:DetachInternetGateway",
        "ec2:DisassociateAddress", "ec2:DisassociateRouteTable", "ec2:ModifyManagedPrefixList", "ec2:ModifySubnetAttribute",
        "ec2:ModifyVpcAttribute", "ec2:ModifyVpcEndpoint", "ec2:ReleaseAddress", "ec2:ReplaceRoute", "ec2:ReplaceRouteTableAssociation",
      ]
      resources  = ["${local.arn["ec2"]}:*/*"]
      conditions = [local.tagged]
    },
    {
      sid = "BalanceLoad"
      actions = [
        "elasticloadbalancing:AddListenerCertificates", "elasticloadbalancing:AddTags", "elasticloadbalancing:Create*",
        "elasticloadbalancing:Delete*", "elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:Modify*",
        "elasticloadbalancing:RegisterTargets", "elasticloadbalancing:RemoveListenerCertificates", "elasticloadbalancing:RemoveTags",
        "elasticloadbalancing:Set*",
      ]
      resources = [
        for kind in ["listener-rule/app/bbws-*", "listener/app/bbws-*", "loadbalancer/app/bbws-*", "targetgroup/bbws-*"] :
        "${local.arn["elasticloadbalancing"]}:${kind}"
      ]
    },
    {
      sid       = "ChangeRecords"
      actions   = ["route53:ChangeResourceRecordSets"]
      resources = ["arn:${local.partition}:route53:::hostedzone/*"]
      conditions = [
        { test = "ForAllValues:StringLike", variable = "route53:ChangeResourceRecordSetsNormalizedRecordNames", values = var.record_names },
        { test = "Null", variable = "route53:ChangeResourceRecordSetsNormalizedRecordNames", values = ["false"] },
      ]
    },
    {
      sid = "ZonesAndHealthChecks"
      actions = [
        "route53:AssociateVPCWithHostedZone", "route53:ChangeTagsForResource", "route53:CreateHealthCheck", "route53:CreateHostedZone", "route53:DeleteHealthCheck",
        "route53:DeleteHostedZone", "route53:UpdateHealthCheck", "route53:UpdateHostedZoneComment",
      ]
      resources = ["*"]
    },
    {
      sid        = "RequestCertificates"
      actions    = ["acm:AddTagsToCertificate", "acm:RequestCertificate"]
      resources  = ["*"]
      conditions = [local.tagging, local.in_regions]
    },
    {
      sid        = "TendCertificates"
      actions    = ["acm:DeleteCertificate", "acm:RemoveTagsFromCertificate", "acm:UpdateCertificateOptions"]
      resources  = ["${local.arn["acm"]}:certificate/*"]
      conditions = [local.tagged]
    },
    {
      sid = "Firewall"
      actions = [
        "wafv2:AssociateWebACL", "wafv2:Create*", "wafv2:DeleteIPSet", "wafv2:DeleteLoggingConfiguration", "wafv2:DeleteRuleGroup",
        "wafv2:DeleteWebACL", "wafv2:DisassociateWebACL", "wafv2:PutLoggingConfiguration", "wafv2:TagResource", "wafv2:UntagResource",
        "wafv2:Update*",
      ]
      resources = concat(
        [for kind in ["ipset", "regexpatternset", "rulegroup", "webacl"] : "${local.arn["wafv2"]}:regional/${kind}/bbws-*"],
        ["${local.arn["wafv2"]}:regional/managedruleset/*", "${local.arn["elasticloadbalancing"]}:loadbalancer/app/bbws-*"],
      )
    },
  ]
}
