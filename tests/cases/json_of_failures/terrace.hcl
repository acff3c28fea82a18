environment "test" {
  variables = { status = 0 }
  verify    = [check.fails]
}

check "fails" {
  command = ["false"]
  within  = "0s"
}
