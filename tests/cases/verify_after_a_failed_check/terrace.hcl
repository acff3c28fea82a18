definition = "infra"

environment "test" {
  variables = { text = "for test" }
  verify    = [check.good]
}

environment "staging" {
  after     = ["test"]
  variables = { text = "for staging" }
}

check "good" {
  command = ["sh", "-c", "echo sees ${revision.name}; ! test -f is-bad"]
  within  = "0s"
}
