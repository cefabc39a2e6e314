//! Meeting templates: what a kind of meeting that is made again and again begins with, so that a notary's signings all ask for
//! the same identity check. A meeting made from one keeps nothing of it but the settings: changing the template changes no
//! meeting.

use serde::{Deserialize, Serialize};

use crate::ids::TemplateId;
use crate::meeting::{DoorRules, MeetingKind};

/// Everything of a meeting but its title, its time and its people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Minutes, 1 to [`crate::limits::MAX_MEETING_MINUTES`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Minutes))]
    pub duration_minutes: u32,
    /// Whether everybody needs an SMS password on top of the PIN.
    pub ask_password: bool,
    /// So many minutes before the start it goes out, up to [`crate::limits::MAX_PASSWORD_BEFORE_MINUTES`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::MinutesBefore))]
    pub password_before_minutes: u32,
    /// What may leave the meeting.
    pub kind: MeetingKind,
    /// What is asked of whoever comes.
    pub rules: DoorRules,
}

/// A template of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Template {
    /// Its id.
    pub id: TemplateId,
    /// Its name, unique in the organisation.
    pub name: String,
    /// What a meeting begins with.
    pub settings: Settings,
}

/// A template to keep. One of the same name is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewTemplate {
    /// Checked by [`crate::input::name`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Name))]
    pub name: String,
    /// What a meeting begins with.
    pub settings: Settings,
}
