mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  environment = "prod"
  names       = ["table", "documents"]
}

run "keys_rotate_and_cannot_be_lost_at_once" {
  command = plan

  assert {
    condition     = length(aws_kms_key.this) == 2 && alltrue([for key in aws_kms_key.this : key.enable_key_rotation && key.deletion_window_in_days == 30])
    error_message = "Each key rotates, and is deleted 30 days after that was asked for."
  }
  assert {
    condition     = aws_kms_alias.this["table"].name == "alias/bbws-orders-table-prod"
    error_message = "Keys are found by an alias that names what they are for."
  }
}

run "the_window_is_bounded" {
  command = plan

  variables {
    deletion_window_days = 31
  }

  expect_failures = [var.deletion_window_days]
}
