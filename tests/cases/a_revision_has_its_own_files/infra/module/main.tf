resource "local_file" "copy" {
  filename = "${path.root}/../made/${terraform.workspace}.txt"
  source   = "${path.module}/motd"
}

data "local_file" "motd" {
  filename = "${path.module}/motd"
}

data "external" "motd" {
  program = ["sh", "${path.module}/ask.sh"]
}

resource "local_command" "motd" {
  create = "cat ${path.module}/motd; cat \"$TERRACE_DIRECTORY\"/module/motd"
}

output "seen" {
  value = {
    function = trimspace(file("${path.module}/motd"))
    data     = trimspace(data.local_file.motd.content)
    external = data.external.motd.result.motd
    command  = local_command.motd.output
  }
}
