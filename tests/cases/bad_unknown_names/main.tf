variable "region" {
  default = "eu"
  typ     = string
}

resorce "terraform_data" "z" {}

resource "terraform_data" "a" {
  inptu = var.regoin
}

resource "terraform_dat" "b" {}

resource "terraform_data" "c" {
  input = uper(local.nmae)

  lifecycl {
    prevent_destroy = true
  }
}

locals {
  name = terraform_data.a.outptu
}

output "o" {
  value = terraform_data.aa.id
}

module "m" {
  source = "./m"
  colur  = 1
}
