definition = "infra"

input "app_version" {
  default = "1.0.0"
}

environment "test" {
  variables = { size = 1 }
  verify    = [check.version]
}

environment "production" {
  after     = ["test"]
  variables = { size = 2 }
}

check "version" {
  command = ["true"]
  pass    = revision.inputs.app_version == output.version && revision.name != null
  within  = "1s"
}
