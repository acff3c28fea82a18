resource "local_directory" "data" {
  path       = "data"
  permission = "0750"
}

resource "local_directory" "logs" {
  path = "logs"
}

resource "local_file" "note" {
  filename = "${local_directory.data.path}/note.txt"
  content  = "hello\n"
}

resource "local_file" "precious" {
  filename = "precious.txt"
  content  = "once\n"
}

output "note" {
  value = local_file.note.content
}
