definition = "infra"
environment "production" {
  variables = { at = "../out/production", from = "../out/none", late = false }
}
environment "test" {
  variables = { at = "../out/test", from = "../out/production", late = false }
}
