environment "test" {}

environment "production" {
  verify = [check.health]
}

check "health" {
  command = ["test", "!", "-e", "sick"]
  within  = "0s"
}

heal {
  rule "files" {
    match  = ["local_file.*"]
    action = "recreate"
  }
}
