environment "test" {
  variables = { replicas = "many" }
}

environment "staging" {
  variables      = { replica = 2 }
  variable_files = ["staging.tfvars", "missing.tfvars"]
}

environment "production" {
  variables = { replicas = 0, names = {} }
}

environment "other" {
  variables = { replicas = 0 }
}
