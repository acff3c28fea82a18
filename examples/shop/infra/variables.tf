variable "release" {
  description = "Which build of the server runs: ../bin/shop-server-RELEASE, which is never another one"
  type        = string

  validation {
    condition     = can(regex("^[0-9a-z]+$", var.release))
    error_message = "A release is a word of small letters and digits."
  }
}

variable "first_port" {
  description = "The first of 20 ports on 127.0.0.1 that are the environment's own"
  type        = number

  validation {
    condition     = var.first_port >= 1024 && var.first_port <= 65515
    error_message = "The ports must be between 1024 and 65535."
  }
}

variable "front_ends" {
  description = "How many front ends there are"
  type        = number
  default     = 1

  validation {
    condition     = var.front_ends >= 1 && var.front_ends <= 10
    error_message = "There must be 1 to 10 front ends."
  }
}

variable "title" {
  description = "What the front page says"
  type        = string
  default     = "A tea shop"
}

variable "products" {
  description = "What is sold, by id; prices in cents"
  type        = map(object({ name = string, cents = number }))
  default = {
    assam  = { name = "Assam", cents = 450 }
    oolong = { name = "Oolong", cents = 890 }
    sencha = { name = "Sencha", cents = 720 }
  }
}
