variable "name" {}

module "inner" {
  source = "./inner"
  name   = "inner of ${var.name}"
}

output "text" {
  value = module.inner.text
}
