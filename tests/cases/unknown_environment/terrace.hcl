environment "test" {}
environment "staging" {}
environment "production" {}
