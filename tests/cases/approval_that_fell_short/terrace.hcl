definition = "infra"

environment "test" {
  variables = { port = 1 }
}

environment "production" {
  after     = ["test"]
  variables = { port = 1 }

  require {
    approvals = 1
  }
}
