variable "app_version" { default = "" }
