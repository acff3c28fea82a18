input "version_of_it" {}

environment "test" {
  variables = { greeting = "hello", password = "tiger" }
}

check "written" {
  command = ["grep", "-q", revision.inputs.version_of_it, "test.txt"]
  within  = "0s"
}

heal {
  default = "recreate"
}
