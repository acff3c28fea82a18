environment "test" {
  verify = [check.meanwhile]
}

check "meanwhile" {
  command = ["sh", "-c", "test ! -e meanwhile || { mv meanwhile ran; sh ran; }"]
  within  = "0s"
}
