definition = "infra"

environment "test" {}

environment "production" {
  after = ["test"]

  require {
    approvals = 1
  }
}
