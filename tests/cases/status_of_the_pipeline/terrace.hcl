definition = "infra"

environment "test" {
  variables = { text = "for test" }
  verify    = [check.good]
}

environment "staging" {
  after     = ["test"]
  variables = { text = "for staging" }
  verify    = [check.good, check.fresh]
}

environment "production" {
  after     = ["staging"]
  variables = { text = "for production" }

  require {
    approvals = 1
  }
}

check "good" {
  command = ["sh", "-c", "! test -f ${environment.name}-is-bad-with-${revision.name}"]
  within  = "0s"
}

check "fresh" {
  command = ["true"]
  within  = "0s"
  expires = "1h"
}
