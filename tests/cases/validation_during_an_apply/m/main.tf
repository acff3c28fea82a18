variable "v" {
  validation {
    condition     = var.v == "other"
    error_message = "v is not `other`"
  }
}

locals {
  shouted = upper(var.v)
}

resource "terraform_data" "inside" {
  input = local.shouted
}
