environment "test" {}
environment "production" {}

heal {
  confirm = 2

  rule "shared" {
    match  = ["local_directory.shared.permission"]
    on     = ["changed"]
    action = "ignore"
  }
  rule "files" {
    match  = ["local_file.*"]
    on     = ["missing"]
    action = "recreate"
  }
}
