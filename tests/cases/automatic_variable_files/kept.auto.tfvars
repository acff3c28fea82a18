kept = 1
password = "tiger"
