resource "terraform_data" "old" {
  input = 1
}

resource "terraform_data" "listed" {
  count = 2
  input = count.index
}

resource "terraform_data" "single" {}
