resource "local_file" "a" {
  filename = "a.txt"
  content  = "made"
}

check "made" {
  data "local_file" "a" {
    filename = local_file.a.filename
  }
  assert {
    condition     = data.local_file.a.content == "made"
    error_message = "It says ${data.local_file.a.content}."
  }
}

check "never" {
  data "local_file" "never" {
    filename = "${trimsuffix(local_file.a.filename, "a.txt")}never.txt"
  }
  assert {
    condition     = data.local_file.never.content == "made"
    error_message = "It is another."
  }
}
