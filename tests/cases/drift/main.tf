resource "local_directory" "data" {
  path = "${terraform.workspace}/data"
}

resource "local_directory" "shared" {
  path = "${terraform.workspace}/shared"
}

resource "local_file" "note" {
  filename = "${local_directory.data.path}/note.txt"
  content  = "hello\n"
}

resource "local_command" "object" {
  create = "echo 1"
  read   = "test ! -e ${terraform.workspace}/broken && echo 1"
}
