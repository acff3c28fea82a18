resource "local_command" "bare" {
  create = "echo begun >> bare.log; echo 'no such tenant' >&2; exit ${var.status}"
}

resource "local_command" "cleaned" {
  create = "echo made >> cleaned.log; echo 'the disk is gone' >&2; exit ${var.status}"
  update = "echo updated >> cleaned.log; echo 'too large' >&2; exit ${var.update_status}"
  delete = "echo deleted >> cleaned.log; exit ${var.delete_status}"
  stdin  = var.stdin
}

resource "local_command" "absent" {
  create = ["no-such-program-anywhere"]
}

variable "status" {
  type    = number
  default = 0
}

variable "update_status" {
  type    = number
  default = 0
}

variable "delete_status" {
  type    = number
  default = 0
}

variable "stdin" {
  type    = string
  default = "a"
}
