environment "a" {
  verify = [check.good, check.odd]
}

check "good" {
  command = ["test", "!", "-e", "broken"]
  within  = "0s"
}

check "odd" {
  command = ["echo", "fine"]
  pass    = response.stdout == "fine\n" ? true : response.stdout
  within  = "0s"
}
