definition = "infra"

environment "test" {
  variables = { text = "for test" }
  verify    = [check.good, check.right]
}

environment "staging" {
  after     = ["test"]
  variables = { text = "for staging" }
}

check "good" {
  command = ["sh", "-c", "! test -f ${environment.name}-is-bad"]
  within  = "0s"
}

check "right" {
  command = ["echo", revision.name]
  pass    = response.stdout == "r1\n"
  within  = "0s"
}
