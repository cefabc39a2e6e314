//! A reverse proxy for one caller: says in a header that the caller came from somewhere else, and loses connections when it
//! is told to.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use tokio::task::{JoinHandle, JoinSet};

use crate::console::Link;
use crate::deployment::Deployment;

/// A listening proxy; it ends on drop.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    task: JoinHandle<()>,
    passing: Arc<Mutex<JoinSet<std::io::Result<()>>>>,
}

impl Proxy {
    /// Passes everything on to the server with this header line added to the first request of each connection. A
    /// WebSocket has a connection of its own.
    pub async fn start(server: &Deployment, header: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = |url: &str| url.split("//").nth(1).unwrap().to_owned();
        let theirs = host(server.url());
        let ours = format!("{}:{}", theirs.split(':').next().unwrap(), listener.local_addr().unwrap().port());
        let (url, line, from) = (format!("http://{ours}"), header.to_owned(), ours);
        let to = theirs;
        let passing: Arc<Mutex<JoinSet<_>>> = Arc::default();
        let all = Arc::clone(&passing);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                all.lock().unwrap().spawn(pass_on(stream, from.clone(), to.clone(), line.clone()));
            }
        });
        Self { url, task, passing }
    }

    /// The same invitation, by way of this proxy.
    pub fn link(&self, link: &Link) -> Link {
        let mut link = link.clone();
        let path = link.invitee.link.splitn(4, '/').nth(3).unwrap().to_owned();
        link.invitee.link = format!("{}/{path}", self.url);
        link
    }

    /// Loses all connections that it has just now, as a proxy that is restarted does. New ones are passed on.
    pub fn lose_connections(&self) {
        self.passing.lock().unwrap().abort_all();
    }

    /// Its own address, in place of the server's.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// As a proxy does, it speaks to the server under the server's name.
async fn pass_on(mut caller: TcpStream, from: String, to: String, line: String) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(caller.read_u8().await?);
        if head.len() > 64 * 1024 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head).replace(&from, &to);
    let head = format!("{}\r\n{line}\r\n\r\n", head.trim_end());
    let port = to.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0);
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    server.write_all(head.as_bytes()).await?;
    copy_bidirectional(&mut caller, &mut server).await?;
    Ok(())
}
