environment "test" {}
