//! What the two forms hold while somebody types, and the check before it is sent: the rules of
//! [`shared::input`], which the server applies again. Pure; the pages bind fields to it.
//!
//! A field's error comes from here or from the server ([`ApiError::Field`]) and lands in the same place.

use shared::api::{ApiError, CallIn, Called, Field, FieldError, NewInvitee, NewMeeting, Start};
use shared::ids::AccountId;
use shared::input::{self, InvalidText};
use shared::limits::{MAX_CHECKLIST, MAX_MEETING_MINUTES};
use shared::meeting::{DoorRules, MeetingKind, Role};
use shared::template::Settings;

use super::api::CallError;

/// The fields that are wrong now, one reason each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FieldErrors(Vec<(Field, FieldError)>);

impl FieldErrors {
    /// What is wrong with `field`.
    pub(crate) fn of(&self, field: Field) -> Option<&FieldError> {
        self.0.iter().find(|(at, _)| *at == field).map(|(_, reason)| reason)
    }

    #[cfg(test)]
    fn first(&self) -> Option<Field> {
        self.0.first().map(|(field, _)| *field)
    }

    /// Forgets what was wrong with `field`: it is being mended.
    pub(crate) fn forget(&mut self, field: Field) {
        self.0.retain(|(at, _)| *at != field);
    }

    fn keep<T>(&mut self, field: Field, checked: Result<T, FieldError>) -> Option<T> {
        checked.map_err(|reason| self.0.push((field, reason))).ok()
    }
}

impl TryFrom<CallError> for FieldErrors {
    type Error = CallError;
    fn try_from(error: CallError) -> Result<Self, CallError> {
        match error {
            CallError::Refused(ApiError::Field { field, reason }) => Ok(Self(vec![(field, reason)])),
            other => Err(other),
        }
    }
}

fn text(reason: InvalidText) -> FieldError {
    FieldError::Text { reason }
}

/// The form for a meeting, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MeetingForm {
    /// Title.
    pub(crate) title: String,
    /// As `<input type="datetime-local">` holds it; not asked when the meeting starts at once.
    pub(crate) start: Option<String>,
    /// Minutes.
    pub(crate) duration: String,
    /// IANA name.
    pub(crate) zone: String,
    /// SMS password for everybody.
    pub(crate) ask_password: bool,
    /// So many minutes before the start it goes out; 0: when somebody asks for one.
    pub(crate) password_before_minutes: u32,
    /// What may leave the meeting.
    pub(crate) kind: MeetingKind,
    /// What is asked of whoever comes.
    pub(crate) rules: DoorRules,
}

impl MeetingForm {
    /// What to send, or every field that is wrong.
    pub(crate) fn check(&self) -> Result<NewMeeting, FieldErrors> {
        let mut errors = FieldErrors::default();
        let title = errors.keep(Field::Title, input::title(&self.title).map_err(text));
        let start = errors.keep(Field::Start, self.start());
        let duration = errors.keep(Field::Duration, minutes(&self.duration));
        let zone = errors.keep(Field::TimeZone, zone(&self.zone));
        let rules = errors.keep(Field::Checklist, rules(&self.rules));
        match (title, start, duration, zone, rules) {
            (Some(title), Some(start), Some(duration_minutes), Some(time_zone), Some(rules)) => {
                let Self { ask_password, password_before_minutes, kind, .. } = *self;
                Ok(NewMeeting {
                    title,
                    start,
                    duration_minutes,
                    time_zone,
                    ask_password,
                    password_before_minutes,
                    kind,
                    rules,
                })
            }
            _ => Err(errors),
        }
    }

    /// What a template of it has, or every field that is wrong: title and time are no part of it.
    pub(crate) fn settings(&self) -> Result<Settings, FieldErrors> {
        let mut errors = FieldErrors::default();
        let duration = errors.keep(Field::Duration, minutes(&self.duration));
        let rules = errors.keep(Field::Checklist, rules(&self.rules));
        let Self { ask_password, password_before_minutes, kind, .. } = *self;
        duration
            .zip(rules)
            .map(|(duration_minutes, rules)| Settings {
                duration_minutes,
                ask_password,
                password_before_minutes,
                kind,
                rules,
            })
            .ok_or(errors)
    }

    fn start(&self) -> Result<Start, FieldError> {
        match self.start.as_deref().map(str::trim) {
            None => Ok(Start::Now {}),
            Some("") => Err(FieldError::NotATime),
            Some(local) => Ok(Start::At { local: local.to_owned() }),
        }
    }
}

/// The points of the checklist that are not empty, each as the server wants it. Without a confirmation there is nothing to
/// tick off.
fn rules(typed: &DoorRules) -> Result<DoorRules, FieldError> {
    let points = typed.checklist.iter().filter(|point| typed.confirmations > 0 && !point.trim().is_empty());
    let checklist = points.map(|point| input::check(point).map_err(text)).collect::<Result<Vec<_>, _>>()?;
    if checklist.len() > MAX_CHECKLIST {
        return Err(FieldError::OutOfRange { min: 0, max: MAX_CHECKLIST as u32 });
    }
    Ok(DoorRules { checklist, ..typed.clone() })
}

fn minutes(typed: &str) -> Result<u32, FieldError> {
    let wrong = FieldError::OutOfRange { min: 1, max: MAX_MEETING_MINUTES };
    match typed.trim().parse::<u32>() {
        Ok(minutes) if (1..=MAX_MEETING_MINUTES).contains(&minutes) => Ok(minutes),
        _ => Err(wrong),
    }
}

/// Only that there is one: the time zone database is the server's.
fn zone(typed: &str) -> Result<String, FieldError> {
    match typed.trim() {
        "" => Err(FieldError::UnknownTimeZone),
        name => Ok(name.to_owned()),
    }
}

/// The form for an invitee, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InviteeForm {
    /// Name on the invitation.
    pub(crate) name: String,
    /// Telephone number, may be empty.
    pub(crate) phone: String,
    /// E-mail address, may be empty.
    pub(crate) email: String,
    /// What they may do.
    pub(crate) role: Role,
    /// Their account, if they have one.
    pub(crate) account: Option<AccountId>,
}

impl Default for InviteeForm {
    fn default() -> Self {
        Self { name: String::new(), phone: String::new(), email: String::new(), role: Role::Participant, account: None }
    }
}

impl InviteeForm {
    /// What to send, or every field that is wrong.
    pub(crate) fn check(&self) -> Result<NewInvitee, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.keep(Field::Name, input::name(&self.name).map_err(text));
        let phone = errors.keep(Field::Phone, optional(&self.phone, input::phone));
        let email = errors.keep(Field::Email, optional(&self.email, input::email));
        match (name, phone, email) {
            (Some(name), Some(phone), Some(email)) => {
                Ok(NewInvitee { name, phone, email, role: self.role, account: self.account })
            }
            _ => Err(errors),
        }
    }
}

/// Somebody to call in, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CalledForm {
    /// Name.
    pub(crate) name: String,
    /// Telephone number.
    pub(crate) phone: String,
}

impl CalledForm {
    /// Whether nothing stands in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.name.trim().is_empty() && self.phone.trim().is_empty()
    }
}

/// The form that calls people in, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CallForm {
    /// What it is about.
    pub(crate) title: String,
    /// IANA name of the zone here.
    pub(crate) zone: String,
    /// Who, at least one.
    pub(crate) people: Vec<CalledForm>,
}

/// What is wrong with it: the form's own fields, and each person's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CallErrors {
    /// The form's own.
    pub(crate) fields: FieldErrors,
    /// Which person, which field, why.
    pub(crate) people: Vec<(usize, Field, FieldError)>,
}

/// How long such a meeting is meant to be; a moderator makes it longer.
const CALL_MINUTES: u32 = 60;

impl CallForm {
    /// What to send, or everything that is wrong.
    pub(crate) fn check(&self) -> Result<CallIn, CallErrors> {
        let mut errors = CallErrors::default();
        let title = errors.fields.keep(Field::Title, input::title(&self.title).map_err(text));
        let mut people = Vec::new();
        for (row, person) in self.people.iter().enumerate() {
            let name = input::name(&person.name).map_err(|reason| (row, Field::Name, text(reason)));
            let phone = input::phone(&person.phone).map_err(|reason| (row, Field::Phone, text(reason)));
            match (name, phone) {
                (Ok(name), Ok(phone)) => people.push(Called { name, phone }),
                (name, phone) => errors.people.extend(name.err().into_iter().chain(phone.err())),
            }
        }
        match title {
            Some(title) if errors.people.is_empty() && !people.is_empty() => {
                Ok(CallIn { title, duration_minutes: CALL_MINUTES, time_zone: self.zone.clone(), people })
            }
            _ => Err(errors),
        }
    }
}

fn optional(typed: &str, rule: impl Fn(&str) -> Result<String, InvalidText>) -> Result<Option<String>, FieldError> {
    if typed.trim().is_empty() { Ok(None) } else { rule(typed).map(Some).map_err(text) }
}

#[cfg(test)]
mod tests {
    use shared::limits::{MAX_NAME_CHARS, MAX_TITLE_CHARS};

    use super::*;

    fn board_meeting() -> MeetingForm {
        MeetingForm {
            title: "Board".into(),
            start: Some("2026-11-21T14:30".into()),
            duration: "60".into(),
            zone: "Europe/Brussels".into(),
            ask_password: true,
            password_before_minutes: 15,
            kind: MeetingKind::MayBeRecorded,
            rules: DoorRules::default(),
        }
    }

    #[test]
    fn a_form_that_is_right_is_what_is_sent() {
        let sent = board_meeting().check().unwrap();
        assert_eq!(sent.start, Start::At { local: "2026-11-21T14:30".into() });
        assert_eq!((sent.duration_minutes, sent.ask_password, sent.kind), (60, true, MeetingKind::MayBeRecorded));
        assert_eq!(sent.password_before_minutes, 15);
        let now = MeetingForm { start: None, ..board_meeting() }.check().unwrap();
        assert_eq!(now.start, Start::Now {});
    }

    #[test]
    fn everybody_who_is_called_has_a_name_and_a_number() {
        let person = |name: &str, phone: &str| CalledForm { name: name.into(), phone: phone.into() };
        let form =
            |people: &[CalledForm]| CallForm { title: "Fire".into(), zone: "UTC".into(), people: people.to_vec() };
        let call = form(&[person("Olga", "+32 470 12 34 56")]).check().unwrap();
        assert_eq!((call.people[0].phone.as_str(), call.duration_minutes), ("+32470123456", 60));
        let wrong = form(&[person("Olga", "+32470123456"), person("", "020")]).check().unwrap_err();
        let fields: Vec<_> = wrong.people.iter().map(|(row, field, _)| (*row, *field)).collect();
        assert_eq!(fields, [(1, Field::Name), (1, Field::Phone)]);
        assert!(form(&[]).check().is_err() && person(" ", "").is_empty());
        let untitled =
            CallForm { title: String::new(), ..form(&[person("Olga", "+32470123456")]) }.check().unwrap_err();
        assert_eq!(untitled.fields.first(), Some(Field::Title));
    }

    #[test]
    fn each_wrong_field_has_its_own_error() {
        let max_minutes = FieldError::OutOfRange { min: 1, max: MAX_MEETING_MINUTES };
        let table = [
            (MeetingForm { title: " ".into(), ..board_meeting() }, Field::Title, text(InvalidText::Empty)),
            (
                MeetingForm { title: "x".repeat(10_000), ..board_meeting() },
                Field::Title,
                text(InvalidText::TooLong { max: MAX_TITLE_CHARS }),
            ),
            (
                MeetingForm { title: "a\0b".into(), ..board_meeting() },
                Field::Title,
                text(InvalidText::ControlCharacter),
            ),
            (
                MeetingForm { title: "a\u{202e}b".into(), ..board_meeting() },
                Field::Title,
                text(InvalidText::HiddenCharacter),
            ),
            (MeetingForm { start: Some(String::new()), ..board_meeting() }, Field::Start, FieldError::NotATime),
            (MeetingForm { duration: "0".into(), ..board_meeting() }, Field::Duration, max_minutes.clone()),
            (MeetingForm { duration: "1441".into(), ..board_meeting() }, Field::Duration, max_minutes.clone()),
            (MeetingForm { duration: "an hour".into(), ..board_meeting() }, Field::Duration, max_minutes),
            (MeetingForm { zone: " ".into(), ..board_meeting() }, Field::TimeZone, FieldError::UnknownTimeZone),
        ];
        for (form, field, reason) in table {
            let errors = form.check().unwrap_err();
            assert_eq!((errors.first(), errors.of(field)), (Some(field), Some(&reason)), "{form:?}");
        }
    }

    #[test]
    fn every_wrong_field_is_named_at_once_and_forgotten_one_by_one() {
        let form = MeetingForm::default();
        let mut errors = form.check().unwrap_err();
        assert!(errors.of(Field::Title).is_some() && errors.of(Field::Duration).is_some());
        errors.forget(Field::Title);
        assert_eq!(errors.of(Field::Title), None);
        assert_eq!(errors.first(), Some(Field::Duration));
    }

    #[test]
    fn phone_and_email_may_be_absent_but_not_wrong() {
        let ada = InviteeForm { name: " Ada ".into(), ..InviteeForm::default() };
        let sent = ada.check().unwrap();
        assert_eq!((sent.name.as_str(), sent.phone, sent.email), ("Ada", None, None));
        let table = [
            (InviteeForm { phone: "0201234567".into(), ..ada.clone() }, Field::Phone),
            (InviteeForm { email: "ada".into(), ..ada.clone() }, Field::Email),
            (InviteeForm { name: "x".repeat(MAX_NAME_CHARS + 1), ..ada.clone() }, Field::Name),
        ];
        for (form, field) in table {
            assert_eq!(form.check().unwrap_err().first(), Some(field));
        }
        let phone = InviteeForm { phone: "+31 (20) 123 45 67".into(), ..ada }.check().unwrap().phone;
        assert_eq!(phone.as_deref(), Some("+31201234567"));
    }

    #[test]
    fn a_refusal_of_the_server_lands_at_its_field() {
        let refused = CallError::Refused;
        let refusal = refused(ApiError::Field { field: Field::Phone, reason: FieldError::ImpossibleNumber });
        let errors = FieldErrors::try_from(refusal).unwrap();
        assert_eq!(errors.of(Field::Phone), Some(&FieldError::ImpossibleNumber));
        assert_eq!(FieldErrors::try_from(refused(ApiError::Busy)), Err(refused(ApiError::Busy)));
    }
}
