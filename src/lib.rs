//! Rhapsode.
