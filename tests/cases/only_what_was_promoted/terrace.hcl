definition = "infra"

environment "test" {
  variables = { text = "for test" }
}

environment "production" {
  after     = ["test"]
  variables = { text = "for production" }
}
