environment "test" {
}

environment "production" {
  after   = ["test"]
  protect = ["module.data", "terraform_data.key[\"main\"]"]
}
