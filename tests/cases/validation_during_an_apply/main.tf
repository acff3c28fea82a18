resource "terraform_data" "first" {
  input = "word"
}

module "m" {
  source = "./m"
  v      = terraform_data.first.output
}

resource "terraform_data" "beside" {
  input = terraform_data.first.output
}

output "checked" {
  value = terraform_data.beside.output

  precondition {
    condition     = terraform_data.beside.output == "other"
    error_message = "the output is not as it should be"
  }
}
