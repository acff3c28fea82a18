resource "terraform_data" "a" {
  input = "kept"
}

resource "terraform_data" "b" {
  input = terraform_data.a.id
}

resource "terraform_data" "c" {
  count = 2
  input = [terraform_data.b.id, count.index]
}

output "power" {
  value = pow(2, 62)
}
