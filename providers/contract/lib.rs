//! What a provider is: the trait, error classes, and the conformance suite.
