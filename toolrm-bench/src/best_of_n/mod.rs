//! Best of N: of the answers that many models gave to one question, which one does a judge pick, and is it right?
