resource "terraform_data" "renamed" {
  input = "kept"
}

moved {
  from = terraform_data.a
  to   = terraform_data.renamed
}

resource "terraform_data" "b" {
  input = terraform_data.renamed.id
}

resource "terraform_data" "d" {
  count = 2
  input = [terraform_data.b.id, count.index]
}

moved {
  from = terraform_data.c
  to   = terraform_data.d
}

output "power" {
  value = pow(2, 62)
}
