input "app_version" {
  default = "1.0.0"
}

group "release-managers" {
  members = ["anna"]
}

environment "test" {
  variables = { app_version = "1.1.0" }

  require {
    soak = "1h"
  }
}

environment "production" {
  after   = ["test"]
  promote = "by hand"
  protect = ["database"]

  require {
    approvals = 2
    by        = ["release-managers"]
    window    = ["Mon-Fri 7-19 Rome"]
    freeze    = ["2026-12-20/2026-02-30"]
  }
}

check "health" {
  http    = "http://localhost/${revision.nmae}/${revision.inputs.app_versoin}"
  every   = "30s"
  streak  = 5
  expires = "an hour"
}

heal {
  rule "restart" {
    match  = ["local_process.*"]
    on     = ["missing"]
    action = "update"
  }

  limit {
    share    = "25"
    destroys = -1
  }
}

notify "oncall" {
  webhook    = "hooks.example.com"
  secret_env = "TERRACE_WEBHOOK_SECRET"
  on         = ["drift", "heald"]
}
