definition = "infra"

environment "test" {
  variable_files = ["test.tfvars"]
}
