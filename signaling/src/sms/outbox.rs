//! The demo's sender of SMS and e-mail: messages stay in memory, where the demo's console shows them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::api::OutboxMessage;

use super::{Sending, Sms, SmsSender, Taken};
use crate::clock::Clock;
use crate::mail::{self, MailSender, Message};

/// Messages kept; older ones make room. A demo needs a page of them.
const KEPT: usize = 100;

/// Messages in memory, newest last.
#[derive(Clone)]
pub struct Outbox {
    clock: Arc<dyn Clock>,
    messages: Arc<Mutex<VecDeque<OutboxMessage>>>,
}

impl Outbox {
    /// An empty one.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, messages: Arc::default() }
    }

    /// What is in it, newest first.
    pub fn newest_first(&self) -> Vec<OutboxMessage> {
        self.lock().iter().rev().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<OutboxMessage>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, sms: &Sms) {
        let (to, text) = (sms.to.reveal().to_owned(), sms.text.reveal().to_owned());
        self.put(OutboxMessage { at: self.clock.now(), to, subject: None, text });
    }

    fn put(&self, message: OutboxMessage) {
        let mut messages = self.lock();
        if messages.len() == KEPT {
            messages.pop_front();
        }
        messages.push_back(message);
    }
}

impl SmsSender for Outbox {
    fn send(&self, sms: Sms) -> Sending<'_> {
        self.keep(&sms);
        Box::pin(std::future::ready(Ok(Taken::default())))
    }
}

impl MailSender for Outbox {
    fn send(&self, mail: Message) -> mail::Sending<'_> {
        let Message { to, subject, text, .. } = mail;
        self.put(OutboxMessage { at: self.clock.now(), to, subject: Some(subject), text });
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use shared::secret::Secret;
    use shared::units::UnixMs;

    use super::*;
    use crate::clock::ManualClock;

    #[tokio::test]
    async fn the_outbox_keeps_the_newest_messages() {
        let outbox = Outbox::new(Arc::new(ManualClock::at(UnixMs(5))));
        for n in 0..=KEPT {
            let sms = Sms { to: Secret::new("+31201234567"), text: Secret::new(n.to_string()) };
            assert_eq!(SmsSender::send(&outbox, sms).await, Ok(Taken::default()));
        }
        let messages = outbox.newest_first();
        assert_eq!(messages.len(), KEPT);
        assert_eq!((messages[0].text.as_str(), messages[0].at), ("100", UnixMs(5)));
    }
}
