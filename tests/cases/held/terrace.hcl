environment "test" {
}

environment "production" {
  after = ["test"]
}
