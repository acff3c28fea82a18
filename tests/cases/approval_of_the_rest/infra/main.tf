resource "terraform_data" "first" {
  input = terraform.workspace
}

resource "local_command" "second" {
  create      = "test -z \"$IS_BAD\""
  environment = { ID = terraform_data.first.id }
}
