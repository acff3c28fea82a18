login = {
  user  = "k3pt"
  tries = "k3pt"
}
