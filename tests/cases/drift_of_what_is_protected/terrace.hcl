environment "production" {
  protect = ["local_command.data", "terraform_data.orders"]
  verify  = [check.data, check.server]
}

check "data" {
  command = ["test", "!", "-e", "sick"]
  within  = "0s"
  about   = ["local_command.data"]
}

check "server" {
  command = ["test", "!", "-e", "down"]
  within  = "0s"
  about   = ["local_command.server"]
}

heal {
  rule "restart" {
    match  = ["local_command.*"]
    on     = ["unhealthy"]
    action = "recreate"
  }
  limit {
    resources = 3
    destroys  = 3
  }
}
