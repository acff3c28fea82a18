definition = "infra"

environment "test" {
  verify = [check.good]
}

check "good" {
  command = ["sh", "-c", "! test -f ${environment.name}-is-bad"]
  within  = "0s"
}
