must = { a = "z", b = 2 }
