variable "replicas" {
  type = number
}

variable "zones" {
  type = map(object({ weight = number }))
}

variable "secret" {
  type      = string
  sensitive = true
}

resource "terraform_data" "counted" {
  count = var.replicas
  input = "${terraform.workspace} ${count.index + 1}"
}

resource "terraform_data" "zone" {
  for_each = var.zones
  input    = [each.key, each.value.weight, terraform_data.counted[0].output]
}

resource "terraform_data" "none" {
  count = 0
  input = var.secret
}

module "m" {
  source   = "./m"
  for_each = toset([for counted in terraform_data.counted : counted.id])
  name     = each.value
}

output "names" {
  value = [for m in module.m : m.name]
}
