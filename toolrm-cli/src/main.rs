//! toolrm.
fn main() {}
