variable "need" {
  type = number
}

output "need" {
  value = var.need
}
