data "local_file" "here" {
  filename = "here.txt"
}

resource "local_file" "made" {
  filename = "made.txt"
  content  = upper(data.local_file.here.content)
}

data "local_file" "made" {
  filename = "${local_file.made.filename}${local_file.made.id == "" ? "?" : ""}"
}

output "made" {
  value = data.local_file.made.content
}
