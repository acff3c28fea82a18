# Begins, says so, and ends when it is let go.
resource "local_command" "app" {
  triggers = { word = "one" }

  create = <<-EOT
    cd "$TERRACE_DIRECTORY/.."
    touch "began-${terraform.workspace}"
    until [ -e go ]; do sleep 0.1; done
  EOT
}
