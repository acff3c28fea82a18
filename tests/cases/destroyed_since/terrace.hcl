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

check "good" {
  command = ["true"]
  within  = "0s"
}
