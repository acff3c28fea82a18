environment "inner" {}
