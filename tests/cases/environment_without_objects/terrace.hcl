environment "test" {
  verify = [check.good]
}

check "good" {
  command = ["test", "${output.x}", "=", "1"]
  within  = "0s"
}
