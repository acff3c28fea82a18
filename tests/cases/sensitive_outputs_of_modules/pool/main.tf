variable "given" {}

output "told" {
  value = var.given
}

output "secret" {
  value     = "key of ${var.given}"
  sensitive = true
}
