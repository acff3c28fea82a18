resource "time_rotating" "key" {
  rfc3339          = "2020-01-01T00:00:00Z"
  rotation_rfc3339 = "2020-02-01T00:00:00Z"
}
