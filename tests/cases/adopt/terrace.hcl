definition = "infra"

environment "staging" {
  variable_files = ["staging.tfvars"]
  variables = {
    logs = {
      keep       = 7
      permission = "0750" # for now
    }
  }
}

heal {
  rule "taken_over" {
    match  = ["local_directory.data"]
    on     = ["changed"]
    action = "adopt"
  }
}
