environment "test" {
}

environment "staging" {
  after = ["test"]
}

environment "production" {
  after = ["staging"]
}
