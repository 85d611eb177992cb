//! The reference-based scorers against golden values, their laws, their findings, and the official verdicts of BFCL.

#[cfg(test)]
mod bfcl;
#[cfg(test)]
mod findings;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod laws;

#[cfg(test)]
mod support;
