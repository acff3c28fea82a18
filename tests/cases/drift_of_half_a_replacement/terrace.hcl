environment "production" {}

heal {
  rule "restart" {
    match  = ["local_command.*"]
    on     = ["missing"]
    action = "recreate"
  }
}
