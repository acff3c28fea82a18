definitions = "x"

environment "test" {
  variabels = {}
  after     = ["nowhere"]
  verify    = [check.absent]
}

environmnt "staging" {}

check "health" {
  htp = "http://localhost"
}

environment "a" {
  after = ["b"]
}

environment "b" {
  after = ["a"]
}
