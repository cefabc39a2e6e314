//! A person to invite, checked; and an invited person, as the console shows them.

use phonenumber::PhoneNumber;
use shared::api::{AccountName, Field, FieldError, Invitee, NewInvitee};
use shared::ids::{AccountId, InviteeId, MeetingId, OrganisationId};
use shared::input;
use shared::letter::Delivery;
use shared::meeting::Role;
use shared::units::UnixMs;

use super::passwords::{self, Made};
use super::schedule::WrongField;

/// An invited person. Their name, number and address are personal data: no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Invited {
    /// Which invitation.
    pub id: InviteeId,
    /// Whose organisation.
    pub organisation: OrganisationId,
    /// To which meeting.
    pub meeting: MeetingId,
    /// Name.
    pub name: String,
    /// E.164.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Whose account of the organisation they have, if they have one.
    pub account: Option<AccountId>,
}

/// An invited person with what stands beside them in the list.
#[derive(Clone, PartialEq, Eq)]
pub struct Listed {
    /// Who.
    pub invited: Invited,
    /// When the PIN that works was issued.
    pub pin_issued_at: Option<UnixMs>,
    /// What their account is called.
    pub account_name: Option<String>,
    /// Whether the codes of its authenticator are taken in place of a password.
    pub takes_codes: bool,
    /// The password that was made for them.
    pub password: Option<Made>,
    /// What became of the newest SMS with a password.
    pub password_sms: Option<Delivery>,
    /// What became of the newest invitation by e-mail.
    pub invitation_email: Option<Delivery>,
    /// What became of the newest invitation by SMS.
    pub invitation_sms: Option<Delivery>,
}

/// The invitation, or the first field that is wrong. An empty number or address is none. Whether there is such an account in the
/// organisation is the caller's to find out.
pub fn invite(
    new: &NewInvitee,
    id: InviteeId,
    (organisation, meeting): (OrganisationId, MeetingId),
) -> Result<Invited, WrongField> {
    let name = input::name(&new.name).map_err(|reason| (Field::Name, FieldError::Text { reason }))?;
    let phone = given(&new.phone).map(phone).transpose().map_err(|reason| (Field::Phone, reason))?;
    let email = given(&new.email).map(input::email).transpose();
    let email = email.map_err(|reason| (Field::Email, FieldError::Text { reason }))?;
    Ok(Invited { id, organisation, meeting, name, phone, email, role: new.role, account: new.account })
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.trim().is_empty())
}

/// E.164 by shape, then by the numbering plans: a number that no telephone can have gets no SMS.
fn phone(text: &str) -> Result<String, FieldError> {
    let number = input::phone(text).map_err(|reason| FieldError::Text { reason })?;
    let parsed: PhoneNumber = number.parse().map_err(|_| FieldError::ImpossibleNumber)?;
    if parsed.is_valid() { Ok(number) } else { Err(FieldError::ImpossibleNumber) }
}

impl Listed {
    /// As the console shows them.
    pub fn shown(self, asked: bool, link: String) -> Invitee {
        let Self { invited, pin_issued_at, password_sms, invitation_email, invitation_sms, .. } = self;
        let Invited { id, name, phone, email, role, account, .. } = invited;
        let asked = asked || role == Role::Moderator;
        let password = passwords::state(asked, self.password, self.takes_codes, phone.as_deref());
        let account = account.zip(self.account_name).map(|(id, name)| AccountName { id, name });
        Invitee {
            id,
            name,
            phone,
            email,
            role,
            account,
            pin_issued_at,
            password,
            password_sms,
            invitation_email,
            invitation_sms,
            link,
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::input::InvalidText;

    use super::*;

    fn invite_with(
        name: &str,
        phone: &str,
        email: &str,
    ) -> Result<(String, Option<String>, Option<String>), WrongField> {
        let new = NewInvitee {
            name: name.into(),
            phone: Some(phone.into()),
            email: Some(email.into()),
            role: Role::Participant,
            account: None,
        };
        let owner = (OrganisationId::from_random([1; 16]), MeetingId::from_random([2; 16]));
        let invited = invite(&new, InviteeId::from_random([3; 16]), owner)?;
        Ok((invited.name, invited.phone, invited.email))
    }

    #[test]
    fn people_are_invited_with_tidy_data() {
        let tidy = Ok(("Olga".into(), Some("+32470123456".into()), Some("olga@example.org".into())));
        assert_eq!(invite_with(" Olga ", "+32 470 12 34 56", " olga@example.org "), tidy);
        assert_eq!(invite_with("Olga", "", " "), Ok(("Olga".into(), None, None)));
        assert_eq!(invite_with("<script>alert(1)</script>", "", "").unwrap().0, "<script>alert(1)</script>");
    }

    #[test]
    fn wrong_data_is_named() {
        let text = |reason| FieldError::Text { reason };
        let table = [
            ("", "", "", Field::Name, text(InvalidText::Empty)),
            ("a\0", "", "", Field::Name, text(InvalidText::ControlCharacter)),
            ("\u{200f}a", "", "", Field::Name, text(InvalidText::HiddenCharacter)),
            ("Olga", "020 123 45 67", "", Field::Phone, text(InvalidText::NotAPhoneNumber)),
            ("Olga", "+999123456789", "", Field::Phone, FieldError::ImpossibleNumber),
            ("Olga", "+3212", "", Field::Phone, text(InvalidText::NotAPhoneNumber)),
            ("Olga", "+31000000000", "", Field::Phone, FieldError::ImpossibleNumber),
            ("Olga", "+15550000000", "", Field::Phone, FieldError::ImpossibleNumber),
            ("Olga", "", "olga", Field::Email, text(InvalidText::NotAnEmail)),
            ("Olga", "", "a@b\r\nBcc: c@d", Field::Email, text(InvalidText::NotAnEmail)),
        ];
        for (name, phone, email, field, reason) in table {
            assert_eq!(invite_with(name, phone, email), Err((field, reason)), "{name} {phone} {email}");
        }
    }
}
