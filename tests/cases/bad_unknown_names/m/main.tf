variable "colour" {
  default = "blue"
}

output "id" {
  value = var.colour
}
