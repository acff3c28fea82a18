resource "terraform_data" "a" {}

resource "terraform_data" "many" {
  count = 2
}

output "wrong" {
  value = [
    try(terraform_data.a.idd, 1),
    try(terraform_data.a[0].id, 1),
    can(terraform_data.many.id),
    false ? terraform_data.many[0]["id"] : "",
    try(self.id, each.key, 1),
  ]
}
