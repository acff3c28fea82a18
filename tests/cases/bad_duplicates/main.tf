variable "v" {
  default = 1
}

locals {
  x = 1
}

resource "terraform_data" "a" {
  input = 1
  input = 2
}

resource "terraform_data" "a" {}

output "o" {
  value = 1
}

module "m" {
  source = "./m"
}
