//! The pages of the console, a file each; the meeting's page has its parts in files of their own.

mod accounts;
mod archive_meeting;
mod at_the_door;
mod call_in;
mod change_invitee;
mod door;
mod end_meeting;
mod invite_form;
mod invitee_row;
mod invitees;
mod login;
mod meeting;
mod meetings;
mod new_meeting;
mod outbox;
mod password_dialog;
mod password_time;
mod pin_dialog;
mod send_invitation;
mod templates;
mod unknown;

pub(crate) use accounts::AccountsPage;
pub(crate) use call_in::CallInPage;
pub(crate) use door::DoorPage;
pub(crate) use login::LoginPage;
pub(crate) use meeting::MeetingPage;
pub(crate) use meetings::MeetingsPage;
pub(crate) use new_meeting::NewMeetingPage;
pub(crate) use outbox::OutboxPage;
pub(crate) use unknown::UnknownPage;
