environment "test" {
  variables = { place = "out" }
}

environment "other" {
  variables = { place = "./deep/../out" }
}
