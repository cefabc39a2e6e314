//! Organisations' console accounts: making one, logging in, the session behind the cookie, logging out.

pub mod hashing;
