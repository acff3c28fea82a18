variable "secret" {
  default   = "s"
  sensitive = true
}

resource "terraform_data" "base" {}

resource "terraform_data" "text" {
  count = "two"
}

resource "terraform_data" "negative" {
  count = -1
}

resource "terraform_data" "fraction" {
  count = 1.5
}

resource "terraform_data" "null" {
  count = null
}

resource "terraform_data" "unknown" {
  count = length(terraform_data.base.id)
}

resource "terraform_data" "list" {
  for_each = ["a", "b"]
}

resource "terraform_data" "numbers" {
  for_each = toset([1, 2])
}

resource "terraform_data" "string" {
  for_each = "a"
}

resource "terraform_data" "unknown_keys" {
  for_each = toset([terraform_data.base.id])
}

resource "terraform_data" "secret_keys" {
  for_each = toset([var.secret])
}
