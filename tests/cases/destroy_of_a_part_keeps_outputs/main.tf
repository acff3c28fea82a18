resource "terraform_data" "kept" {
  input = "kept"
}

resource "terraform_data" "gone" {
  input = "gone"
}

output "kept" {
  value = terraform_data.kept.output
}

output "gone" {
  value = terraform_data.gone.output
}
