variable "v" {
  default = 2
}

locals {
  x = 2
}

output "o" {
  value = 2
}

module "m" {
  source = "./m"
}
