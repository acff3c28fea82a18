environment "test" {
  variables = { text = "in test" }
}

environment "staging" {
  variables = { text = "in staging" }
}
