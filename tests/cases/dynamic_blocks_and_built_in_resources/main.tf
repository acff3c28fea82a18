resource "random_id" "id" {
  byte_length = 4
}

resource "random_pet" "pet" {
  keepers = { id = random_id.id.hex }
}

resource "random_shuffle" "order" {
  input = ["a", "b", "c"]
}

resource "time_static" "now" {}

resource "null_resource" "n" {
  triggers = { pet = random_pet.pet.id }
}

resource "local_file" "greeting" {
  filename = "greeting.txt"
  content  = "hello\n"
}

resource "local_process" "sleep" {
  command = ["sleep", "1000"]

  dynamic "ready" {
    for_each = toset([])
    content {
      tcp = ready.value
    }
  }
}
