environment "test" {}

environment "production" {}

heal {
  default = "recreate"
}
