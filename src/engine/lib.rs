//! Plans and applies: compares desired, recorded and observed, and changes the world by a plan.
