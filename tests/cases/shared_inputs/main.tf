variable "release" {}

variable "port" {
  type = number
}

output "url" {
  value = "http://localhost:${var.port}/${var.release}"
}
