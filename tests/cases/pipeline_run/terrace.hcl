definition = "infra"

environment "test" {
  variables = { text = "for test" }
  verify    = [check.good]
}

environment "staging" {
  after     = ["test"]
  variables = { text = "for staging" }
  verify    = [check.good]
}

environment "production" {
  after     = ["staging"]
  promote   = "manual"
  variables = { text = "for production" }

  require {
    approvals = 1
    by        = ["bruno", "somebody"]
  }
}

check "good" {
  command = ["sh", "-c", "! test -f ${environment.name}-is-bad"]
  within  = "0s"
}
