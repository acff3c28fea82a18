variable "name" {
  type = string
}

module "inner" {
  source = "../inner"
  text   = "<${var.name}>"
}

output "text" {
  value = module.inner.text
}
