variable "name" {
  description = "What its files are called"
  type        = string
}

variable "role" {
  description = "What it is: catalog, orders or web"
  type        = string
}

variable "port" {
  description = "Its port on 127.0.0.1"
  type        = number
}

variable "settings" {
  description = "Further lines of its configuration file: the values of each key"
  type        = map(list(string))
  default     = {}
}

variable "program" {
  description = "The server's program"
  type        = string
}

variable "directory" {
  description = "Where its configuration file and its log are"
  type        = string
}

variable "triggers" {
  description = "A change of one of these starts it anew"
  type        = map(string)
  default     = {}
}
