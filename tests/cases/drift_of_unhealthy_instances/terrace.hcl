environment "production" {
  verify = [check.health, check.whole]
}

check "health" {
  command = ["test", "!", "-e", "sick"]
  within  = "0s"
  about   = ["local_command.server"]
}

check "whole" {
  command = ["test", "!", "-e", "broken"]
  within  = "0s"
}

heal {
  rule "restart" {
    match  = ["local_command.*"]
    on     = ["unhealthy"]
    action = "recreate"
  }
  limit {
    resources = 3
    destroys  = 1
  }
}
