environment "one" {
  variables = { size = 1 }

  require {
    approvals = 1
    by        = ["anna", "bruno"]
  }
}
