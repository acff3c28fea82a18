resource "local_file" "note" {
  filename = "note.txt"
  content  = "kept"
}

output "file" {
  value = local_file.note.filename
}

resource "terraform_data" "stays" {
  input = "stays"
}

output "both" {
  value = [local_file.note.filename, terraform_data.stays.output]
}
