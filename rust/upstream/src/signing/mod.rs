//! Credentials that are computed from a secret, where a provider's key is not sent as it is.

pub mod sigv4;
pub mod service_account;
