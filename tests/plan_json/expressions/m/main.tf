terraform {
  required_providers {
    mytf = { source = "terraform.io/builtin/terraform" }
  }
}
variable "a" {}
resource "terraform_data" "x" { 
  provider = mytf
}
output "a" { value = { b = [{ c = var.a }] } }
output "d" { 
  value = [for m in [1] : terraform_data.x.id] 
  description = "D"
  sensitive = true
}
