//! Finding plugins.
