environment "test" {
  variables = {
    a = "ours"
  }
}
