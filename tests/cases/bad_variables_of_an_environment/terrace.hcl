environment "test" {
  variables = {
    replicas = "many"
    zones    = [{ nam = "a" }]
  }
}

environment "staging" {
  variables = {
    replica = 2
    zones   = []
  }
}

environment "production" {
  variable_files = ["production.tfvars"]
}
