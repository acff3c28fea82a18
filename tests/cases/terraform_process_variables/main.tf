variable "n" {
  default = "as defined"
}

output "n" {
  value = var.n
}
