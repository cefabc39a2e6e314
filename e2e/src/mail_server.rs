//! A mail server that nobody here wrote: aiosmtpd, see `clients/mail_server.py`.

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::clients::{script, tools};
use crate::folder::TempFolder;
use crate::process::Process;
use crate::until::until;

/// How it wants to be spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailEncryption {
    /// Begins in the open, and takes nothing before STARTTLS.
    Starttls,
    /// From the first byte.
    Implicit,
    /// It cannot.
    None,
}

/// One on a free port of its own.
#[derive(Debug)]
pub struct MailServer {
    said: PathBuf,
    folder: TempFolder,
    encryption: MailEncryption,
    _process: Process,
}

impl MailServer {
    /// Starts one.
    pub async fn start(encryption: MailEncryption) -> Self {
        let folder = TempFolder::new("mail");
        let said = folder.path().join("said");
        let kind = match encryption {
            MailEncryption::Starttls => "starttls",
            MailEncryption::Implicit => "implicit",
            MailEncryption::None => "plain",
        };
        let mut command = Command::new(tools().join("venv/bin/python"));
        command.arg(script("mail_server.py")).arg(folder.path()).arg(kind);
        command.stdout(File::create(&said).unwrap()).stderr(File::create(folder.path().join("log")).unwrap());
        let process = Process::start(&mut command);
        let server = Self { said, folder, encryption, _process: process };
        until("the mail server to listen", || async { !server.lines().is_empty() }).await;
        server
    }

    /// `[mail]` for a server that sends through this one.
    pub fn config(&self) -> String {
        let password = self.folder.path().join("password");
        std::fs::write(&password, "secret\n").unwrap();
        let tls = match self.encryption {
            MailEncryption::Implicit => "implicit",
            // What is wanted of a server that cannot, too.
            MailEncryption::Starttls | MailEncryption::None => "starttls",
        };
        let first = &self.lines()[0];
        format!(
            "[mail]\nsender = \"smtp\"\nfrom = \"Acme <meet@example.org>\"\n[mail.smtp]\nhost = \"localhost\"\nport = {}\n\
             tls = \"{tls}\"\nuser = \"conclave\"\npassword_file = \"{}\"\nauthority = {}\n",
            first["port"],
            password.display(),
            first["authority"]
        )
    }

    /// The messages it took, in order.
    pub fn taken(&self) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line.get("event").is_some()).collect()
    }

    /// The addresses that somebody wanted to write to, in order.
    pub fn tried(&self) -> Vec<String> {
        self.lines().iter().filter_map(|line| Some(line.get("tried")?.as_str()?.to_owned())).collect()
    }

    /// What it says about itself, for a test that failed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn lines(&self) -> Vec<Value> {
        let said = std::fs::read_to_string(&self.said).unwrap_or_default();
        said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}
