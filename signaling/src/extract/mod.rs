//! From HTTP to types and back: a JSON body that becomes a `shared::api` type or a typed refusal, the account behind
//! the cookie, ids in paths, and the one way an error becomes an answer.

mod json;
mod path;
mod refusal;
mod session;

pub use json::Json;
pub use path::Path;
pub use refusal::Refusal;
pub use session::{COOKIE, Session, clear_cookie, cookie, token_of};
