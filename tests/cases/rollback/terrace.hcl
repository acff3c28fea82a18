definition = "infra"

environment "test" {
  variables = { text = "quick", token = "first-secret" }
  verify    = [check.good]
}

environment "production" {
  after     = ["test"]
  variables = { text = "calm", token = "other-secret" }
  verify    = [check.good]
}

check "good" {
  command = ["sh", "-c", "! test -f ${environment.name}-is-bad-with-${revision.name}"]
  within  = "0s"
}
