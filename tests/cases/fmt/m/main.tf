locals {
 x = 1
}
