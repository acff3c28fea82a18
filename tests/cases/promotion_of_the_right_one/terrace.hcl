definition = "infra"

input "v" {
  default = "1"
}

environment "test" {}

environment "production" {
  after = ["test"]
}
