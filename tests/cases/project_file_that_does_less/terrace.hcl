environment "test" {
  verify = [check.good]
}

environment "production" {
  after = ["test", "test"]
}

check "good" {
  command = ["true"]
  every   = "0s"
  about   = ["terraform_data.app", "terraform_data.app[3]", "terraform_data.nope", "module.x.a.b"]
}
