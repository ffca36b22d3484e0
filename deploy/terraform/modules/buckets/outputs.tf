output "buckets" {
  description = "Name and ARN of each bucket, by its key."
  value       = { for key, bucket in aws_s3_bucket.this : key => { name = bucket.bucket, arn = bucket.arn } }
}
