variable "a" {}
variable "b" {}

output "both" {
  value = { a = var.a, "b.c" = [var.b] }
}
