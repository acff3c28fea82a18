environment "test" {
  verify = [check.steady]
}

check "steady" {
  command = ["sh", "-c", "echo >> tries; test $(wc -l < tries) -ne 2"]
  pass    = response.status == 0 && revision.name == "r1"
  every   = "1ms"
  streak  = 3
}
