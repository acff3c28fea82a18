variable "names" {
  type    = list(string)
  default = ["a", "b"]
}

module "each" {
  source   = "./m"
  for_each = toset(var.names)
  name     = each.key
}

module "counted" {
  source     = "./m"
  count      = 1
  name       = "counted ${count.index}"
  depends_on = [module.each]
}

output "all" {
  value = merge({ for name, m in module.each : name => m.text }, { counted = module.counted[0].text })
}
