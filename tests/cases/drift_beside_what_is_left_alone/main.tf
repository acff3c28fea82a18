resource "local_file" "conf" {
  for_each = toset(["admin", "web"])
  filename = "${each.key}.conf"
  content  = "conf of ${each.key}\n"
}

resource "local_file" "page" {
  for_each = local_file.conf
  filename = "${each.key}.page"
  content  = "page of ${each.value.filename}\n"
}

resource "local_directory" "data" {
  path       = "data"
  permission = "0750"
}
