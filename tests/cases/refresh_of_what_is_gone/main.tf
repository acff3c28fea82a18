resource "local_file" "note" {
  filename = "note.txt"
  content  = "kept"
}

output "file" {
  value = local_file.note.filename
}
