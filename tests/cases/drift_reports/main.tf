resource "local_file" "note" {
  filename = "${terraform.workspace}.txt"
  content  = "hello\n"
}

resource "local_directory" "data" {
  path       = "${terraform.workspace}.data"
  permission = "0750"
}

resource "local_command" "object" {
  create = "echo 1"
  read   = "test ! -e ${terraform.workspace}.broken && echo 1"
}
