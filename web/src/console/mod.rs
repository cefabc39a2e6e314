//! The management console: log in, plan meetings, invite people, hand out PINs.
//!
//! The flow: [`session`] knows who is logged in and sends every [`api::Call`]; [`navigation`] knows the page;
//! `pages/` has one file per page; `parts/` what several pages share. Rules, words and arithmetic are pure files
//! ([`forms`], [`groups`], [`idle`], [`route`], [`words`]) that plain `cargo test` runs.
//! What does not live here: rules about who may do what. The server decides; these pages show and ask.

#![expect(unreachable_pub, reason = "`#[component]` writes `pub` on its function whatever stands there")]

mod api;
mod app;
mod fetch;
mod focus;
mod forms;
mod groups;
mod idle;
mod live;
mod navigation;
mod pages;
mod parts;
mod poll;
mod route;
mod session;
mod when;
mod words;

pub use app::App;
