environment "test" {
  verify = [check.good, check.endless, check.last]
}

check "good" {
  command = ["true"]
}

check "endless" {
  command = ["sh", "-c", "kill -INT $PPID; exec tail -f /dev/null"]
  within  = "1h"
  timeout = "1h"
}

check "last" {
  command = ["true"]
}
