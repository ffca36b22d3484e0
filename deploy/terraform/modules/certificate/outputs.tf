output "arn" {
  description = "ARN of the certificate, known once it is issued: what uses it waits."
  value       = aws_acm_certificate_validation.this.certificate_arn
}
