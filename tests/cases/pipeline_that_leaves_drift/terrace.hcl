definition = "infra"

environment "test" {
  variables = { text = "one" }
}
