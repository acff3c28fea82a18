# Begins, says so, and ends when it is let go.
resource "local_command" "slow" {
  create = <<-EOT
    cd "$TERRACE_DIRECTORY/.."
    touch "began-${terraform.workspace}"
    until [ -e "go-${terraform.workspace}" ]; do sleep 0.1; done
  EOT
}
