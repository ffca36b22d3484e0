output "buckets" {
  description = "Name and ARN of each bucket, by its key."
  value       = { for key, bucket in aws_s3_bucket.this : key => { name = bucket.bucket, arn = bucket.arn } }
  # Replication is refused to and from a bucket that has no versions yet.
  depends_on = [aws_s3_bucket_versioning.this, aws_s3_bucket_policy.this]
}
