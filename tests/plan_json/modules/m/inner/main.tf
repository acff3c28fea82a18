variable "x" {}
output "y" { value = var.x.thing }
terraform {
 required_providers {
 terraform = { source = "terraform.io/builtin/terraform" }
 }
}
