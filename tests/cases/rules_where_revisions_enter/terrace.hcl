environment "one" {
  require {
    approvals = 1
  }
}
