resource "terraform_data" "a" {
  input = { name = "x" }
}

resource "terraform_data" "two" {
  count = 2
}

locals {
  map = { size = 1 }
}

output "attribute" {
  value = terraform_data.a.outptu
}

output "function" {
  value = uper("a")
}

output "element" {
  value = local.map.siez
}

output "instance" {
  value = terraform_data.two[5].id
}

output "each" {
  value = each.key
}

resource "terraform_data" "b" {
  inptu = 1
}
