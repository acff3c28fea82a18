module "m" {
  source = "./m"
}

module "counted" {
  source = "./m"
  count  = 2
}

resource "terraform_data" "a" {}

resource "terraform_data" "many" {
  count = 2
}

output "fallbacks" {
  value = [
    try(module.m.nope, "tried"),
    try(module.counted[0].nope, "tried"),
    try(module.counted[7].yes, "tried"),
    can(module.m.nope) ? "there" : "not there",
    false ? module.m.nope : "left out",
    try(terraform_data.many[7].id, "tried"),
  ]
}
