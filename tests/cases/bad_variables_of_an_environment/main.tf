variable "replicas" {
  type = number
}

variable "zones" {
  type = list(object({ name = string, weight = optional(number, 1) }))
}

resource "terraform_data" "a" {
  input = [var.replicas, var.zones]
}
