definition = "infra"

environment "test" {
  variables = { size = 1 }
}

environment "staging" {
  after     = ["test"]
  variables = { size = 1, name = "staged" }
}

environment "production" {
  after          = ["staging"]
  variable_files = ["production.tfvars"]
}
