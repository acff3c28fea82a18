variable "region" {
  default = "eu"
}

locals {
  zones = [for zone in ["a", "b"] : "${var.region}-${zone}"]
}

resource "terraform_data" "a" {
  input = local.zones
}
