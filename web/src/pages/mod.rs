//! The pages of the meeting app, a file each, and the pieces they share.

mod ended;
mod green_room;
mod join;
mod lines;
mod lobby;
mod password;
mod picture;
mod preview;
mod proof;
mod reconnect;
mod room;
mod says;
mod switches;

pub(crate) use ended::EndedPage;
pub(crate) use green_room::GreenRoomPage;
pub(crate) use join::JoinPage;
pub(crate) use lobby::LobbyPage;
pub(crate) use password::PasswordPage;
pub(crate) use reconnect::ReconnectBanner;
pub(crate) use room::RoomPage;
