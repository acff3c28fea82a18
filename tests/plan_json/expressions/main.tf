terraform {
  required_providers {
    tf = { source = "terraform.io/builtin/terraform" }
  }
}
variable "e" { 
  ephemeral = true
  default = "x" 
}
variable "n" { 
  type = number
  nullable = false
  default = 1 
}
variable "o" {
  type = object({ a = string, b = optional(number, 3) })
  default = { a = 1 }
}
variable "set" { 
  type = set(string)
  default = ["b", "a", "b"]
  description = ""
}
variable "nosens" { 
  sensitive = false
  default = "1"
  type = number
}
variable "m" {
  type = map(any)
  default = { z = 1, a = 2 }
}
provider "tf" {}
locals {
  idx = "k"
  key = "z"
  mod = "x"
}
resource "terraform_data" "lit" {
  provider = tf
  input = { s = "x", n = 1.50, t = true, z = null, l = [1, "a"], h = <<-EOT
    a
    EOT
  }
  triggers_replace = null
}
resource "terraform_data" "fn" {
  provider = tf
  input = upper("a")
  triggers_replace = "${"a"}-${1}"
}
resource "terraform_data" "order" {
  input = var.n == 1 ? { for k, v in var.m : "${k}${local.idx}" => v if v != var.n } : { (local.idx) = var.o.a }
  triggers_replace = [
    var.m[local.key], var.nest["z"].x, values(var.nest).*.x, terraform_data.each[local.key].output, terraform_data.order2["a"].output[0].b,
  ]
  lifecycle {
    replace_triggered_by = [terraform_data.lit]
  }
  provider = tf
}
resource "terraform_data" "each" {
  provider = tf
  for_each = var.m
  input = try(each.value.x, can(var.n), [for x in [1] : x], [for i, x in [1] : "${x}${i}${var.n}"])
  triggers_replace = -var.n + (2 * var.n) - length(var.set)
}
resource "terraform_data" "tmpl" {
  provider = tf
  input = "%{ if var.n == 1 }${local.idx}%{ else }${var.e2}%{ endif }%{ for x in var.set }${x}${var.nosens}%{ endfor }"
  triggers_replace = [module.c["x"].a.b[0].c, module.c[local.mod].a, module.c, module.cc[0], module.c["x"], (var.o).a, [var.o][0].a, path.cwd, path.root, terraform.workspace]
}
variable "nest" {
  default = { z = { x = 1 } }
}
variable "e2" { default = 1 }
module "c" {
  source = "./m"
  for_each = { x = 1 }
  a = null
}
module "cc" {
  source = "./m"
  count = 1
  a = true ? 1 : 2
}
output "e" {
  value = 1
  sensitive = false
  description = ""
}
output "sens" {
  value = "a${1}"
  sensitive = true
}
output "nul" { value = null }
output "obj" { value = { a = { b = "c" }, (local.idx) = 1, "q" = terraform_data.lit.input["s"], "r" = terraform_data.lit.input.l[0] } }
output "parens" { value = (((5))) }
output "neg" { value = -5 }
output "tup" { value = [1, 1 + 1, "x"] }
output "cond" { value = true ? "a" : var.n }
output "and" { value = false && var.e2 == 2 }
output "empty" { value = [var.e2][0] == 3 ? {} : {} }
output "splat" { value = [1, 2][*] }
output "num" { value = 12345678901234567890123 }
output "float" { value = 1e3 }
output "idx" { value = { a = 1 }["a"] }
output "for" { value = [for x in [1, 2] : x * 2] }
output "heredoc" {
 value = <<EOT
x ${1}
EOT
}
resource "terraform_data" "order2" {
  provider = tf
  for_each = { a = 1 }
  input    = [{ b = var.n }]
}
