variable "name" {
  type = string

  validation {
    condition     = length(var.name) > 3
    error_message = "too short"
  }
}

output "name" {
  value = upper(var.name)
}
