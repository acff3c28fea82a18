resource "terraform_data" "base" {}

resource "terraform_data" "mid" {
  count = 2
  input = terraform_data.base.id
}

resource "terraform_data" "top" {
  input = terraform_data.mid[*].id
}
