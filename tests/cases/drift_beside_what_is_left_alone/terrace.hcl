environment "production" {}

heal {
  confirm  = 2
  attempts = 2

  rule "pages" {
    match  = ["local_file.page"]
    action = "recreate"
  }
  rule "directories" {
    match  = ["local_directory.*.permission"]
    on     = ["changed"]
    action = "update"
  }
}
