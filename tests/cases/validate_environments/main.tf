variable "replicas" {
  type = number

  validation {
    condition     = var.replicas > 0
    error_message = "at least one"
  }
}

variable "names" {
  type    = list(string)
  default = "none"
}

resource "terraform_data" "server" {
  count = var.replicas
  input = var.names[count.index].nmae
}
