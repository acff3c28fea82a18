definition = "infra"

environment "test" {
  verify = [check.good]
}

environment "load" {
  after  = ["test"]
  verify = [check.good]
}

environment "staging" {
  after  = ["test"]
  verify = [check.good]
}

environment "production" {
  after  = ["load", "staging"]
  verify = [check.good]
}

check "good" {
  command = ["sh", "-c", "! test -f ${environment.name}-is-bad"]
  within  = "0s"
}
