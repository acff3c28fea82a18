definition = "infra"

environment "test" {}

environment "staging" {
  after = ["test"]
}
