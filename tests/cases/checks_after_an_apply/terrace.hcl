environment "good" {
  verify = [check.word]
}

environment "bad" {
  verify = [check.word, check.ready, check.port]
}

check "word" {
  command = ["sh", "-c", "echo seen $0", output.word]
  every   = "1h"
  within  = "10s"
}

check "ready" {
  command = ["test", "-e", "ready"]
  every   = "1h"
  within  = "0s"
}

check "port" {
  tcp    = "127.0.0.1:1"
  every  = "1h"
  within = "0s"
}
