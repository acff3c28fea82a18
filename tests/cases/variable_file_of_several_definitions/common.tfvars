need = 9
other = 3
