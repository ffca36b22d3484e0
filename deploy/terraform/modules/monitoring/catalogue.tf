# Every alarm: what is measured, when it is too much, whom it tells. One row for each, by name; several metrics of one
# kind (a queue each) are told apart behind a colon.
#
# A row: metrics (by id: namespace, name, dimensions, statistic), the expression over them when there are several, the
# threshold and how it is compared, the period in seconds and how many (datapoints: of them, if not all have to breach),
# what missing data means. tests/terraform/test_alarm_states.py feeds each of them series and looks at what it answers.
locals {
  own     = var.namespace
  api     = { service = "bbws-orders-api" }
  revised = merge(local.api, { revision = var.revision })

  # Shares need enough to be shares of: with fewer than 20 in a minute one failure would be 5 %. What there is none of is
  # not sent, and CloudWatch takes it as 0 beside what is there. Nothing is filled in: the latest minute arrives late, and
  # filled with 0 it would be a good one, always: five bad ones in a row never came together.
  share = "IF(all >= 20, bad / all, 0)"

  # So do percentiles: of fewer than 20 the slowest one is the 95th, and one slow request in each of some quiet minutes
  # would end a release. Both come from the same series, so that a late minute lacks both.
  slow  = "IF(n >= 20, m, 0)"
  timed = { m = "p95", n = "SampleCount" }

  # The bus's rules, by ids for their metrics.
  undelivered = { for number, rule in var.rule_names : "rule_${number}" => rule }

  single = {
    comparison = "GreaterThanThreshold", period = 60, periods = 5, missing = "notBreaching", severity = "ticket"
    critical   = false, expression = null, scales_out = false, datapoints = null, composed = false
  }

  service_alarms = {
    "error rate" = merge(local.single, {
      critical = true, threshold = 0.05, expression = local.share
      metrics = {
        bad = { namespace = local.own, name = "errors", dimensions = local.api, stat = "Sum" }
        all = { namespace = local.own, name = "requests", dimensions = local.api, stat = "Sum" }
      }
    })
    "create p95 seconds" = merge(local.single, {
      critical = true, threshold = 3, expression = local.slow
      metrics  = { for id, stat in local.timed : id => { namespace = local.own, name = "request_seconds", dimensions = merge(local.api, { group = "create" }), stat = stat } }
    })
    "status change p95 seconds" = merge(local.single, {
      threshold = 2, expression = local.slow
      metrics   = { for id, stat in local.timed : id => { namespace = local.own, name = "request_seconds", dimensions = merge(local.api, { group = "status_change" }), stat = stat } }
    })
    "read p95 seconds" = merge(local.single, {
      threshold = 1, expression = local.slow
      metrics   = { for id, stat in local.timed : id => { namespace = local.own, name = "request_seconds", dimensions = merge(local.api, { group = "read" }), stat = stat } }
    })
    # Callers are throttled each by itself; many of them at once are a crowd, for which tasks are added.
    "throttled requests per minute" = merge(local.single, {
      threshold = 10, scales_out = true
      metrics   = { m = { namespace = local.own, name = "throttled_requests", dimensions = local.api, stat = "Sum" } }
    })
    "event publication failures" = merge(local.single, {
      critical = true, threshold = 0.01, expression = local.share
      metrics = {
        bad = { namespace = local.own, name = "event_publication_failures", dimensions = {}, stat = "Sum" }
        all = { namespace = local.own, name = "event_publications", dimensions = {}, stat = "Sum" }
      }
    })
    # An event that the bus can't deliver is found hours after it was published: an hour holds more of both than a minute.
    # What the bus gave up on is AWS's own count, by rule; a rule that there is nothing of sends nothing. An alarm takes
    # ten metrics at the most.
    "event delivery below" = merge(local.single, {
      period     = 3600, periods = 1
      threshold  = 0.999, comparison = "LessThanThreshold"
      expression = "1 - IF(all >= 20, (${join(" + ", keys(local.undelivered))}) / all, 0)"
      metrics = merge(
        { all = { namespace = local.own, name = "events_published", dimensions = {}, stat = "Sum" } },
        { for id, rule in local.undelivered : id => {
          namespace  = "AWS/Events", name = "InvocationsSentToDlq", stat = "Sum"
          dimensions = { EventBusName = var.bus_name, RuleName = rule }
        } },
      )
    })
    "order processing failures" = merge(local.single, {
      critical = true, threshold = 0.01, expression = local.share
      metrics = {
        bad = { namespace = local.own, name = "order_processing_failures", dimensions = {}, stat = "Sum" }
        all = { namespace = local.own, name = "orders_processed", dimensions = {}, stat = "Sum" }
      }
    })
    # The relay sends it each minute, be there events or none: five minutes without it are five without a relay.
    "oldest unpublished event seconds" = merge(local.single, {
      critical = true, threshold = 60, missing = "breaching"
      metrics  = { m = { namespace = local.own, name = "oldest_unpublished_event_seconds", dimensions = {}, stat = "Maximum" } }
    })
    "mail daily quota used" = merge(local.single, {
      threshold = 0.9, period = 300, periods = 1
      metrics   = { m = { namespace = local.own, name = "mail_daily_quota_used", dimensions = {}, stat = "Maximum" } }
    })
    "template fallback used" = merge(local.single, {
      threshold = 0, period = 300, periods = 1
      metrics   = { m = { namespace = local.own, name = "template_fallbacks", dimensions = {}, stat = "Sum" } }
    })
    "unreadable items" = merge(local.single, {
      threshold = 0, period = 300, periods = 1
      metrics   = { m = { namespace = local.own, name = "unreadable_items", dimensions = {}, stat = "Sum" } }
    })
    "audit records lost" = merge(local.single, {
      threshold = 0, period = 300, periods = 1
      metrics   = { m = { namespace = local.own, name = "audit_records_lost", dimensions = {}, stat = "Sum" } }
    })
    # The insights group's events are counted by a rule: X-Ray has no metric of them.
    "trace anomalies" = merge(local.single, {
      threshold = 0, period = 300, periods = 1
      metrics   = { m = { namespace = "AWS/Events", name = "TriggeredRules", dimensions = { RuleName = "bbws-orders-trace-anomalies-${var.environment}" }, stat = "Sum" } }
    })
  }

  aws_alarms = merge(
    # Above five letters both of these stand: the first tells by a composite alarm, which is silent while the second does.
    {
      for queue, name in var.dead_letter_queue_names : "dead-letter depth:${queue}" => merge(local.single, {
        threshold = 0, periods = 1, period = 60, composed = true
        metrics   = { m = { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = name }, stat = "Maximum" } }
      })
    },
    {
      for queue, name in var.dead_letter_queue_names : "dead-letter depth, page:${queue}" => merge(local.single, {
        threshold = 5, periods = 1, period = 60, critical = true, severity = "page"
        metrics   = { m = { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = name }, stat = "Maximum" } }
      })
    },
    {
      for rule in var.rule_names : "rule target failures:${rule}" => merge(local.single, {
        threshold = 0, periods = 1, period = 300
        metrics   = { m = { namespace = "AWS/Events", name = "FailedInvocations", dimensions = { EventBusName = var.bus_name, RuleName = rule }, stat = "Sum" } }
      })
    },
    {
      for worker, name in var.queue_names : "oldest message seconds:${worker}" => merge(local.single, {
        threshold = 120
        metrics   = { m = { namespace = "AWS/SQS", name = "ApproximateAgeOfOldestMessage", dimensions = { QueueName = name }, stat = "Maximum" } }
      })
    },
    # DynamoDB says nothing while it refuses nothing, and whatever an alarm says of missing data, it keeps its state while
    # one of DynamoDB's metrics has none: it would stand for ever. Filled with 0 it ends; one minute of five is enough,
    # because the latest is filled before it arrives. The table's metrics are not those of its indexes, neither for reads
    # nor for writes, and an alarm takes ten at the most: so there are two alarms.
    {
      for kind, name in { reads = "ReadThrottleEvents", writes = "WriteThrottleEvents" } : "table throttles:${kind}" => merge(local.single, {
        critical = true, threshold = 0, datapoints = 1, expression = "SUM(FILL(METRICS(), 0))"
        metrics = merge(
          { table = { namespace = "AWS/DynamoDB", name = name, dimensions = { TableName = var.table.name }, stat = "Sum" } },
          { for number, index in var.table.indexes : "index_${number}" => {
            namespace  = "AWS/DynamoDB", name = name, stat = "Sum"
            dimensions = { TableName = var.table.name, GlobalSecondaryIndexName = index }
          } },
        )
      })
    },
    {
      "load balancer 5xx" = merge(local.single, {
        critical = true, threshold = 2, period = 300, periods = 1
        metrics  = { m = { namespace = "AWS/ApplicationELB", name = "HTTPCode_ELB_5XX_Count", dimensions = { LoadBalancer = var.load_balancer }, stat = "Sum" } }
      })
      "mail bounce rate" = merge(local.single, {
        threshold = 0.05, period = 3600, periods = 1
        metrics   = { m = { namespace = "AWS/SES", name = "Reputation.BounceRate", dimensions = {}, stat = "Average" } }
      })
      "mail complaint rate" = merge(local.single, {
        threshold = 0.001, period = 3600, periods = 1
        metrics   = { m = { namespace = "AWS/SES", name = "Reputation.ComplaintRate", dimensions = {}, stat = "Average" } }
      })
    },
  )

  two_region_alarms = var.second_region ? merge(
    {
      for rule, buckets in var.replicated_buckets : "bucket replication behind:${rule}" => merge(local.single, {
        threshold = var.replication_minutes * 60
        metrics = { m = {
          namespace  = "AWS/S3", name = "ReplicationLatency", stat = "Maximum"
          dimensions = { SourceBucket = buckets.source, DestinationBucket = buckets.destination, RuleId = buckets.rule }
        } }
      })
    },
    {
      "table replication latency ms" = merge(local.single, {
        threshold = 5000
        metrics = { m = {
          namespace  = "AWS/DynamoDB", name = "ReplicationLatency", stat = "Average"
          dimensions = { TableName = var.table.name, ReceivingRegion = var.table.replica_region }
        } }
      })
      # What this region reads of the control table: CloudWatch joins no metrics of two regions. Nobody who says who writes
      # is as bad as nobody who writes; but until the service holds leases nobody says it ever, and the page would stand
      # for ever: missing data becomes "breaching" with the lease.
      "minutes without a writer" = merge(local.single, {
        critical = true, severity = "page", threshold = 5, periods = 1
        metrics  = { m = { namespace = local.own, name = "minutes_without_writer", dimensions = {}, stat = "Minimum" } }
      })
      "writers" = merge(local.single, {
        critical = true, severity = "page", threshold = 1, periods = 1
        metrics  = { m = { namespace = local.own, name = "writers", dimensions = {}, stat = "Maximum" } }
      })
      "lease age seconds" = merge(local.single, {
        threshold = 20, periods = 2
        metrics   = { m = { namespace = local.own, name = "lease_age_seconds", dimensions = {}, stat = "Maximum" } }
      })
      "standby not ready" = merge(local.single, {
        threshold = 0
        metrics   = { m = { namespace = local.own, name = "standby_not_ready", dimensions = {}, stat = "Minimum" } }
      })
      "primary confirmed alone" = merge(local.single, {
        severity = "page", threshold = 0, periods = 1
        metrics  = { m = { namespace = local.own, name = "confirmed_alone", dimensions = {}, stat = "Maximum" } }
      })
    },
  ) : {}

  every_alarm = merge(local.service_alarms, local.aws_alarms, local.two_region_alarms)
  alarms = {
    for name, alarm in local.every_alarm : name => alarm
    if var.alarms == "comprehensive" || var.alarms == "critical" && alarm.critical
  }

  # What ends a release. By revision: at a tenth of the requests a revision that fails half of them is 5 % of all.
  release_alarms = var.alarms == "none" ? {} : {
    "error rate" = merge(local.single, {
      threshold = var.rollback_when.error_rate, expression = local.share
      metrics = {
        bad = { namespace = local.own, name = "errors", dimensions = local.revised, stat = "Sum" }
        all = { namespace = local.own, name = "requests", dimensions = local.revised, stat = "Sum" }
      }
    })
    "create p95 seconds" = merge(local.single, {
      threshold = var.rollback_when.create_p95_seconds, expression = local.slow
      metrics   = { for id, stat in local.timed : id => { namespace = local.own, name = "request_seconds", dimensions = merge(local.revised, { group = "create" }), stat = stat } }
    })
    "status change p95 seconds" = merge(local.single, {
      threshold = var.rollback_when.status_p95_seconds, expression = local.slow
      metrics   = { for id, stat in local.timed : id => { namespace = local.own, name = "request_seconds", dimensions = merge(local.revised, { group = "status_change" }), stat = stat } }
    })
    # An alarm takes ten metrics at the most: of the workers' queues, not of the rules'.
    "dead letters" = merge(local.single, {
      threshold = var.rollback_when.dlq_depth, expression = "SUM(METRICS())"
      metrics = {
        for number, queue in [for queue in sort(keys(var.dead_letter_queue_names)) : queue if !startswith(queue, "rule:")] :
        "queue_${number}" => {
          namespace  = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", stat = "Maximum"
          dimensions = { QueueName = var.dead_letter_queue_names[queue] }
        }
      }
    })
    "order processing failures" = merge(local.single, {
      threshold = var.rollback_when.processing_failures, expression = local.share
      metrics = {
        bad = { namespace = local.own, name = "order_processing_failures", dimensions = { revision = var.revision }, stat = "Sum" }
        all = { namespace = local.own, name = "orders_processed", dimensions = { revision = var.revision }, stat = "Sum" }
      }
    })
    "event publication failures" = merge(local.single, {
      threshold = var.rollback_when.publication_failures, expression = local.share
      metrics = {
        bad = { namespace = local.own, name = "event_publication_failures", dimensions = { revision = var.revision }, stat = "Sum" }
        all = { namespace = local.own, name = "event_publications", dimensions = { revision = var.revision }, stat = "Sum" }
      }
    })
  }
}
