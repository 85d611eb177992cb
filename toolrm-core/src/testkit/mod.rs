//! Mock judges and conformance suites.
