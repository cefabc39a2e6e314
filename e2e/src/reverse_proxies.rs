//! Debian's nginx and HAProxy in front of the server, as an operator would set them up: each on a loopback port of its own.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::folder::TempFolder;
use crate::process::Process;
use crate::until::until;

/// A proxy that runs; it ends on drop.
#[derive(Debug)]
pub struct ReverseProxy {
    url: String,
    _process: Process,
    _folder: TempFolder,
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl ReverseProxy {
    /// nginx as the README says, between `port` and the server's.
    pub async fn nginx(port: u16, to: u16) -> Self {
        let folder = TempFolder::new("nginx");
        let path = folder.path().display();
        let config = format!(
            "daemon off; master_process off; pid {path}/pid; error_log {path}/errors;\n\
             events {{ worker_connections 64; }}\n\
             http {{ access_log off; client_body_temp_path {path}/a; proxy_temp_path {path}/b; fastcgi_temp_path {path}/c;\n\
             uwsgi_temp_path {path}/d; scgi_temp_path {path}/e;\n\
             map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}\n\
             server {{ listen 127.0.0.1:{port}; location / {{ {NGINX} proxy_pass http://127.0.0.1:{to}; }} }} }}\n"
        );
        std::fs::write(folder.path().join("conf"), config).unwrap();
        let mut command = Command::new(program("nginx"));
        command.arg("-p").arg(folder.path()).arg("-c").arg(folder.path().join("conf"));
        Self::run(folder, command, port).await
    }

    /// HAProxy, which speaks to what is behind it from `source`.
    pub async fn haproxy(port: u16, to: u16, source: &str) -> Self {
        let folder = TempFolder::new("haproxy");
        let config = format!(
            "defaults\n mode http\n timeout connect 5s\n timeout client 60s\n timeout server 60s\n timeout tunnel 1h\n\
             listen conclave\n bind 127.0.0.1:{port}\n option forwardfor\n source {source}\n server conclave 127.0.0.1:{to}\n"
        );
        std::fs::write(folder.path().join("conf"), config).unwrap();
        let mut command = Command::new(program("haproxy"));
        command.arg("-db").arg("-f").arg(folder.path().join("conf"));
        Self::run(folder, command, port).await
    }

    async fn run(folder: TempFolder, mut command: Command, port: u16) -> Self {
        let log = File::create(folder.path().join("log")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let process = Process::start(&mut command);
        until("the proxy to listen", || async { std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() }).await;
        Self { url: format!("http://localhost:{port}"), _process: process, _folder: folder }
    }

    /// Its address, as people type it.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// What the README says to set for each location.
pub const NGINX: &str = "proxy_http_version 1.1; proxy_set_header Host $http_host; \
     proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; \
     proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; proxy_read_timeout 1h;";

/// Debian keeps both out of the path of all but root.
fn program(name: &str) -> String {
    let system = format!("/usr/sbin/{name}");
    if Path::new(&system).exists() { system } else { name.to_owned() }
}
