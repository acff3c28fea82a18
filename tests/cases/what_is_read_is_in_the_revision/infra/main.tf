resource "terraform_data" "site" {
  input = {
    for name in fileset("${path.module}/site", "**") : name => file("${path.module}/site/${name}")
  }
}

resource "terraform_data" "settings" {
  input = fileexists("${path.module}/.settings") ? "own" : "usual"
}

resource "terraform_data" "notes" {
  input = try(file("${path.module}/../notes.txt"), "none")
}
