//! Having the server send SMS: to ring somebody's telephone, or for a share of what they cost (SMS pumping).

use std::collections::HashMap;

use e2e::{Caller, Deployment, meeting_now, with_phone};
use reqwest::Method;
use shared::api::{Invitee, IssuedPin, MeetingDetail, NewMeeting};
use shared::secret::Secret;
use shared::signal::{ClientMsg, ServerMsg};

use crate::{Attack, Outcome};

/// Few to one country, so that its budget is reached soon.
const FEW: &str = "[sms]\nsender = \"outbox\"\nper_country_per_day = 6\n";

pub(crate) const ATTACKS: &[Attack] = &[Attack::new("sms_pumping", "send_limit", FEW, |d| Box::pin(pumping(d)))];

/// Ten people of one country, one of them with two invitations; each asks for a password again and again, and so does somebody at the
/// console.
async fn pumping(server: &Deployment) -> Outcome {
    let console = server.console().await;
    let meeting = NewMeeting { ask_password: true, ..meeting_now("Board") };
    let detail: MeetingDetail = console.call(Method::POST, "/meetings", Some(&meeting)).await.unwrap();
    let invitees = format!("/meetings/{}/invitees", detail.info.id);
    for n in 0..11 {
        let person = with_phone(&format!("Piet {n}"), &format!("+324701234{:02}", 10 + n % 10));
        let issued: IssuedPin = console.call(Method::POST, &invitees, Some(&person)).await.unwrap();
        let mut page = Caller::connect(server.url(), None).await;
        page.say(&ClientMsg::Join { pin: Secret::new(issued.pin.reveal()), link: None });
        page.hear("the question for a password", |message| is_answer(message).then_some(())).await;
        for _ in 0..5 {
            page.say(&ClientMsg::SendPassword);
            page.hear("an answer about a password", |message| is_answer(message).then_some(())).await;
        }
        let path = format!("{invitees}/{}/password", issued.invitee.id);
        let _ = console.call::<_, Invitee>(Method::POST, &path, None::<&()>).await;
    }
    let mut to_number = HashMap::<String, u32>::new();
    for message in console.outbox().await {
        *to_number.entry(message.to).or_default() += 1;
    }
    let (sent, most) = (to_number.values().sum::<u32>(), to_number.values().max().copied().unwrap_or_default());
    let figure =
        format!("{sent} of 66 messages sent, where 6 a day may go to that country, {most} at most to one number");
    Outcome { succeeded: sent > 6 || most > 3, figure }
}

fn is_answer(message: &ServerMsg) -> bool {
    matches!(message, ServerMsg::PasswordRequired { .. } | ServerMsg::PasswordRefused { .. })
}
