input "release" {
  description = "of the application"
}

input "port" {
  default = 80
}

environment "test" {}

environment "production" {
  after = ["test"]
}
