//! Binding the addresses: TCP for pages and calls, and the same port number over UDP for media.

use std::io;
use std::net::{Ipv6Addr, SocketAddr, TcpListener};

use sfu::{Sfu, SfuConfig, listen};

use super::StartError;
use crate::config::{Config, Media};

/// How often another port is tried when the system chose one that is free for TCP and taken for UDP.
const TRIES: usize = 20;

/// Everything that listens. `config.listen`, `config.metrics.listen` and `config.media.port` now say the real ports.
pub(super) struct Listeners {
    /// Pages and calls.
    pub(super) http: Vec<TcpListener>,
    /// Media, unless nodes of their own process carry it.
    pub(super) media: Option<Sfu>,
    /// Numbers for the operator.
    pub(super) metrics: Option<TcpListener>,
}

/// Binds what the configuration names and writes the real ports into it.
pub(super) fn bind(config: &mut Config) -> Result<Listeners, StartError> {
    let asked = config.listen.clone();
    let chosen_by_system = asked.iter().any(|address| address.port() == 0) && config.media.port.is_none();
    let mut tries = if chosen_by_system { TRIES } else { 1 };
    // Before the media node, whose thread may still log something after the sentence about what is wrong.
    let metrics = bind_metrics(config)?;
    loop {
        tries -= 1;
        let http = bind_http(&asked)?;
        config.listen = http.iter().filter_map(|listener| listener.local_addr().ok()).collect();
        match bind_media(config) {
            Ok(media) => return Ok(Listeners { http, media, metrics }),
            Err(sfu::StartError::PortInUse { .. }) if tries > 0 => {}
            Err(error) => return Err(StartError::Media(error)),
        }
    }
}

fn bind_media(config: &mut Config) -> Result<Option<Sfu>, sfu::StartError> {
    if !config.media.nodes.is_empty() {
        return Ok(None);
    }
    let port = config.media.port.or(config.listen.first().map(SocketAddr::port)).unwrap_or_default();
    let Media { advertise, speakers, threads, .. } = config.media;
    // Behind a proxy browsers do not reach what is listened on here.
    let tcp = if config.proxy.ranges.is_empty() { config.listen.clone() } else { Vec::new() };
    let media = sfu::start(&SfuConfig { port, threads, advertise, tcp, speakers, ..SfuConfig::default() })?;
    config.media.port = Some(media.port());
    Ok(Some(media))
}

fn bind_metrics(config: &mut Config) -> Result<Option<TcpListener>, StartError> {
    let Some(address) = config.metrics.listen else { return Ok(None) };
    let listener = listen(address).map_err(|error| StartError::Metrics { address, error })?;
    config.metrics.listen = listener.local_addr().ok();
    Ok(Some(listener))
}

/// All addresses. Those that ask for port 0 get one and the same.
fn bind_http(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, StartError> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut chosen = None;
    for asked in addresses {
        let mut address = *asked;
        if let (0, Some(port)) = (address.port(), chosen) {
            address.set_port(port);
        }
        match listen(address) {
            Ok(listener) => {
                chosen = chosen.or(listener.local_addr().ok().map(|bound| bound.port()));
                listeners.push(listener);
            }
            Err(error) if is_missing_ipv6(address, &error) && addresses.len() > 1 => {
                tracing::info!("this machine has no IPv6 loopback address: it is left out");
            }
            Err(error) => return Err(StartError::from_bind(address, error)),
        }
    }
    Ok(listeners)
}

fn is_missing_ipv6(address: SocketAddr, error: &io::Error) -> bool {
    let missing = matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported);
    // EAFNOSUPPORT has no ErrorKind of its own.
    address.ip() == Ipv6Addr::LOCALHOST && (missing || error.raw_os_error() == Some(97))
}
