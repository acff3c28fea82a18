variable "name" { 
  type = string
  description = "N" 
  validation {
    condition = var.name != "q"
    error_message = "no q"
  }
}
variable "nums" { type = list(number) }
variable "extra" { default = {} }
locals { l = { thing = terraform_data.in.output, n = var.nums[0] } }
resource "terraform_data" "in" {
  input = { n = var.name, nums = var.nums, first = var.nums[0] }
}
module "deep" {
  source = "./inner"
  x = local.l
}
output "out" { value = terraform_data.in.output.n }
output "deep" { value = { thing = module.deep.y } }
terraform {
 required_providers {
 terraform = { source = "terraform.io/builtin/terraform" }
 }
}
