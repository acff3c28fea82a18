resource   "terraform_data"  "a" {
input={
a=1
  long_name = 2 # two
}
      count=1


}
