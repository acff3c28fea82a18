terraform {
  required_version = ">= 1.0"
  required_providers {
    terraform = { source = "terraform.io/builtin/terraform" }
  }
}
variable "name" {
  type        = string
  default     = "x"
  description = "The name."
}
variable "must" {
  type = object({ a = string, b = optional(number, 3) })
}
variable "nothing" { default = null }
variable "secret" {
  type      = string
  sensitive = true
  default   = "s"
  nullable  = false
  ephemeral = false
}
variable "list" { default = ["a", { b = 1 }] }
locals {
  full   = "${var.name}-${terraform_data.a.output}"
  plain  = 3
  nested = { a = local.full }
}
provider "terraform" {
  alias = "other"
}
resource "terraform_data" "a" {
  input            = var.must.a
  triggers_replace = [var.name, local.plain, var.list[1].b]
  depends_on       = [module.m]
}
resource "terraform_data" "counted" {
  count = var.must.b
  input = { index = count.index, name = "${var.name}${path.module}", w = terraform.workspace }
  lifecycle {
    create_before_destroy = true
    replace_triggered_by  = [terraform_data.a, terraform_data.a.output]
    ignore_changes        = [input]
    precondition {
      condition     = var.name != ""
      error_message = "No name."
    }
    postcondition {
      condition     = self.output != null
      error_message = "No ${var.name}."
    }
  }
}
resource "terraform_data" "each" {
  for_each = toset([for n in ["a", "b"] : "${n}${var.name}"])
  input    = [each.key, each.value, [for k, v in terraform_data.counted : v.output], terraform_data.counted[*].id, terraform_data.counted[0].output.name]
}
module "m" {
  source = "./m"
  count  = 2
  name   = var.name
  nums   = [1, 2, count.index]
  extra  = { a = { b = "c" }}
}
module "f" {
  source   = "./m"
  for_each = { x = terraform_data.each["ax"].output }
  name     = each.value[0]
  nums     = [1, 2]
  depends_on = [terraform_data.counted]
  providers = { terraform = terraform.other }
}
output "one" {
  value       = module.m[0].out
  description = "One."
}
output "splat" {
  value     = [for m in module.m : m.out]
  sensitive = true
  depends_on = [terraform_data.a]
}
output "two" { value = module.f["x"].deep.thing }
output "const" { value = 5 }
output "mods" { value = module.f }
output "splats" { value = module.m[*].out }
output "s" { 
 value = nonsensitive(var.secret)
 precondition {
   condition = length(local.full) > 1
   error_message = "short"
 }
}
check "health" {
  assert {
    condition     = terraform_data.a.output != ""
    error_message = "Output ${terraform_data.a.output}."
  }
  assert {
    condition     = var.name == "x"
    error_message = "Name."
  }
}
check "bad" {
  assert {
    condition     = var.name == "y"
    error_message = "Name ${var.name}."
  }
}
