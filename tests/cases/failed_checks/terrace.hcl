environment "test" {
  verify = [check.fails, check.prints, check.hangs, check.lingers, check.answers]
}

check "fails" {
  command = ["sh", "-c", "echo trying $0; echo 'the token is' $0 >&2; exit 3", output.token]
  every   = "1h"
  within  = "0s"
}

check "prints" {
  command = ["sh", "-c", "seq 1 100; printf '\\033[31mred\\033[0m\\n'; exit 1"]
  every   = "1h"
  within  = "0s"
}

check "hangs" {
  command = ["sh", "-c", "echo waiting for the database; exec sleep 60"]
  timeout = "300ms"
  every   = "1h"
  within  = "0s"
}

check "lingers" {
  command = ["sh", "-c", "tail -f /dev/null & echo $! > child; wait"]
  within  = "200ms"
}

check "answers" {
  http   = "http://127.0.0.1:${output.port}/health"
  pass   = response.status == 200
  every  = "1h"
  within = "0s"
}
