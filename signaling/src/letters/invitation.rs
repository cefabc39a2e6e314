//! What an invitation says. By e-mail: who invites, when, the link and the words that the page will show, and the calendar file
//! beside it; never the PIN, because link and PIN in one mailbox are one key. By SMS: the PIN, and the link with it for whom no
//! e-mail reaches.

use shared::secret::Secret;
use shared::signal::InvitationSays;
use shared::text::{tr, tr_with};

use crate::mail::Message;
use crate::markup::escaped;
use crate::meetings::Meeting;
use crate::meetings::calendar::kept;
use crate::meetings::passwords::{ends_in, local_time};

/// An invitation with all that is in it. Its link is somebody's: no `Debug`.
pub struct Invitation<'a> {
    /// To what.
    pub meeting: &'a Meeting,
    /// Whom.
    pub name: &'a str,
    /// Their number, where the PIN goes to it.
    pub phone: Option<&'a str>,
    /// Who invites, and the words.
    pub says: InvitationSays,
    /// Their link.
    pub link: String,
    /// Whether the link opens the door by itself (D24), so that no PIN is needed.
    pub link_suffices: bool,
}

impl Invitation<'_> {
    /// The e-mail.
    pub fn mail(&self, id: String, to: &str, calendar: String) -> Message {
        let subject = self.with("Invitation: {title}, {time}");
        let paragraphs = self.paragraphs();
        let text = paragraphs.iter().map(|paragraph| paragraph.text()).collect::<Vec<_>>().join("\n\n");
        let body: String = paragraphs.iter().map(Paragraph::html).collect();
        let html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n\
             <body style=\"font-family:sans-serif;font-size:16px;line-height:1.5;max-width:36em\">\n{body}</body></html>\n",
            escaped(&subject)
        );
        Message { id, name: self.name.to_owned(), to: to.to_owned(), subject, text: text + "\n", html, calendar }
    }

    /// The SMS with the PIN, for whom the link reaches by e-mail.
    pub fn sms_with_pin(&self, pin: &Secret) -> Secret {
        let sentence = "{organisation}: your PIN for \"{title}\", {time}: {pin}. The link is in the e-mail of {moderator}. \
                        The page will show you: {phrase}";
        Secret::new(self.filled(sentence, &[("pin", pin.reveal())]))
    }

    /// The SMS with link and PIN. Whoever is called into a meeting that has begun need not look at a clock.
    pub fn sms_with_link(&self, pin: &Secret, has_begun: bool) -> Secret {
        let sentence = if has_begun {
            "{moderator} ({organisation}) asks you into \"{title}\" now. Open {link} and type PIN {pin}. The page will show \
             you: {phrase}"
        } else {
            "{moderator} ({organisation}) invites you to \"{title}\", {time}. Open {link} and type PIN {pin}. The page will \
             show you: {phrase}"
        };
        Secret::new(self.filled(sentence, &[("pin", pin.reveal())]))
    }

    /// The SMS with the link alone, where that is enough.
    pub fn sms_with_link_alone(&self, has_begun: bool) -> Secret {
        Secret::new(self.with(if has_begun {
            "{moderator} ({organisation}) asks you into \"{title}\" now. Open {link} which is yours alone. The page will show \
             you: {phrase}"
        } else {
            "{moderator} ({organisation}) invites you to \"{title}\", {time}. Open {link} which is yours alone. The page will \
             show you: {phrase}"
        }))
    }

    fn paragraphs(&self) -> Vec<Paragraph> {
        let pin = match self.phone {
            _ if self.link_suffices => {
                tr("The link is yours alone: whoever opens it gets as far as the lobby under your name.").to_owned()
            }
            Some(phone) => tr_with(
                "Your PIN comes by SMS, to your telephone whose number ends in {digits}.",
                &[("digits", &ends_in(phone))],
            ),
            None => self.with("Your PIN is not in this e-mail: {moderator} gives it to you another way."),
        };
        vec![
            Paragraph::Text(self.with("{name},")),
            Paragraph::Text(self.with("{moderator} of {organisation} invites you to a video meeting.")),
            Paragraph::Strong(vec![self.meeting.title.clone(), self.time()]),
            Paragraph::Link(self.link.clone()),
            Paragraph::Text(format!("{pin} {}", tr("It works from 15 minutes before the start."))),
            Paragraph::Text(
                if self.link_suffices {
                    tr("The page then shows you these words, which only the real page knows:")
                } else {
                    tr("Once you have typed it, the page shows you these words, which only the real page knows:")
                }
                .to_owned(),
            ),
            Paragraph::Strong(vec![self.says.phrase.clone()]),
            Paragraph::Text(self.with(
                "If it shows others or none, close it, and call {moderator} on a number that you know. Nobody will call you \
                 to ask for your PIN.",
            )),
            Paragraph::Text(kept(self.meeting.kind).to_owned()),
        ]
    }

    fn time(&self) -> String {
        local_time(self.meeting.starts_at, &self.meeting.time_zone)
    }

    fn with(&self, sentence: &'static str) -> String {
        self.filled(sentence, &[])
    }

    fn filled(&self, sentence: &'static str, more: &[(&str, &str)]) -> String {
        let time = self.time();
        let mut values = vec![
            ("name", self.name),
            ("organisation", self.says.organisation.as_str()),
            ("moderator", self.says.moderator.as_str()),
            ("phrase", self.says.phrase.as_str()),
            ("title", self.meeting.title.as_str()),
            ("time", time.as_str()),
            ("link", self.link.as_str()),
        ];
        values.extend_from_slice(more);
        tr_with(sentence, &values)
    }
}

enum Paragraph {
    Text(String),
    /// Lines that stand out.
    Strong(Vec<String>),
    Link(String),
}

impl Paragraph {
    fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Link(text) => text.clone(),
            Self::Strong(lines) => lines.iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n"),
        }
    }

    fn html(&self) -> String {
        match self {
            Self::Text(text) => format!("<p>{}</p>\n", escaped(text)),
            Self::Strong(lines) => {
                let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
                format!("<p style=\"font-size:18px\"><strong>{}</strong></p>\n", lines.join("<br>"))
            }
            Self::Link(link) => format!("<p><a href=\"{0}\">{0}</a></p>\n", escaped(link)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meetings::meeting::tests::board_meeting;
    use crate::sms::is_gsm;
    use crate::testing::NOON;

    fn says() -> InvitationSays {
        let phrase = "amber falcon river stone".into();
        InvitationSays { organisation: "Acme".into(), moderator: "Maria".into(), phrase }
    }

    fn invitation<'a>(meeting: &'a Meeting, phone: Option<&'a str>) -> Invitation<'a> {
        let link = "https://meet.example.org/join#0123456789abcdef0123456789abcdef".into();
        Invitation { meeting, name: "Olga <script>", phone, says: says(), link, link_suffices: false }
    }

    /// Both say who invites, when, where and by which words the real page is known; neither has the PIN.
    #[test]
    fn the_e_mail_says_who_invites_and_how_to_know_the_page() {
        let meeting = board_meeting(NOON, 60);
        let mail = invitation(&meeting, Some("+32470123456")).mail("1".into(), "olga@example.org", String::new());
        assert_eq!(mail.subject, "Invitation: Board, 2026-11-21 13:00 CET");
        for said in ["Maria of Acme", "Board", "13:00 CET", "/join#0123", "amber falcon river stone", "ends in 56"] {
            assert!(mail.text.contains(said) && mail.html.contains(said), "{said}: {}", mail.text);
        }
        assert!(!mail.text.contains("+32470123456") && !mail.html.contains("<script>"));
        assert!(mail.text.contains("Olga <script>,") && mail.html.contains("Olga &lt;script&gt;,"));
        let without = invitation(&meeting, None).mail("1".into(), "olga@example.org", String::new());
        assert!(without.text.contains("Maria gives it to you another way") && !without.text.contains("SMS"));
        assert!(mail.text.lines().all(|line| line.len() < 998), "RFC 5322 section 2.1.1");
    }

    /// D24: where the link is enough, nobody is told of a PIN.
    #[test]
    fn where_the_link_suffices_no_pin_is_spoken_of() {
        let meeting = board_meeting(NOON, 60);
        let olga = Invitation { link_suffices: true, ..invitation(&meeting, Some("+32470123456")) };
        let mail = olga.mail("1".into(), "olga@example.org", String::new());
        assert!(mail.text.contains("yours alone") && !mail.text.contains("Your PIN"), "{}", mail.text);
        let sms = olga.sms_with_link_alone(false);
        assert!(sms.reveal().contains("/join#0123") && !sms.reveal().contains("PIN"), "{}", sms.reveal());
    }

    #[test]
    fn each_sms_has_the_pin_and_one_of_them_the_link() {
        let meeting = board_meeting(NOON, 60);
        let (olga, pin) = (invitation(&meeting, None), Secret::new("1234 5678 9012 3456"));
        let (pin_alone, both) = (olga.sms_with_pin(&pin), olga.sms_with_link(&pin, false));
        let now = olga.sms_with_link(&pin, true);
        assert!(now.reveal().contains("\"Board\" now") && !now.reveal().contains("13:00"));
        for sms in [&pin_alone, &both] {
            let text = sms.reveal();
            assert!(text.contains("1234 5678 9012 3456") && text.contains("amber falcon river stone") && is_gsm(text));
            assert!(text.contains("Acme") && text.contains("Maria") && text.contains("13:00 CET"), "{text}");
        }
        assert!(!pin_alone.reveal().contains("https://") && both.reveal().contains("/join#0123"));
        // Two messages of 153 characters.
        assert!(both.reveal().len() <= 306, "{}", both.reveal().len());
    }
}
