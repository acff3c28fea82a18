definition = "infra"

environment "test" {}

environment "production" {
  after = ["test"]
}
