environment "production" {}

heal {
  attempts = 2

  rule "precious" {
    match  = ["local_file.precious"]
    action = "report"
  }
  rule "files" {
    match  = ["local_file.*"]
    on     = ["missing"]
    action = "recreate"
  }
  rule "directories" {
    match  = ["local_directory.*"]
    on     = ["changed"]
    action = "update"
  }
  limit {
    resources = 2
  }
}
