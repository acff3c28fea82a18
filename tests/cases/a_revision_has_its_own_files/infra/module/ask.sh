printf '{"motd": "%s"}' "$(cat module/motd)"
