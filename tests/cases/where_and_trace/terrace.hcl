definition = "infra"

environment "test" {
  variables = { size = 1, token = "first-secret", only_test = "here" }
  verify    = [check.good]
}

environment "production" {
  after     = ["test"]
  variables = { size = 3, token = "other-secret" }
  verify    = [check.good]

  require {
    approvals = 1
  }
}

check "good" {
  command = ["sh", "-c", "! test -f ${environment.name}-is-bad-with-${revision.name}"]
  within  = "0s"
}
