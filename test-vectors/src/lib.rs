//! test-vectors
