//! Which addresses to listen on, and the sockets themselves: one per address, all on one port, so that an
//! answer always leaves from the address that was asked.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

use crate::config::{SfuConfig, StartError};

/// Room for a burst of keyframes from everybody while the thread is busy; the kernel may grant less.
const SOCKET_BUFFER_BYTES: usize = 4 * 1024 * 1024;
/// Tries to find a port that is free on every address, when the system chooses.
const PORT_TRIES: usize = 16;
/// Addresses offered to browsers. Each costs every connection a few checks.
const MAX_CANDIDATES: usize = 16;

/// Connections that the kernel holds until they are accepted, if it is allowed as many (`net.core.somaxconn`). What finds no place
/// there tries again after one second, three, seven: somebody who comes in the midst of a crowd would be long in coming.
const BACKLOG: i32 = 4_096;

/// A bound socket and the address it is known by.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) socket: UdpSocket,
    pub(crate) address: SocketAddr,
}

/// Binds every address that can be bound.
pub(crate) fn bind_all(config: &SfuConfig) -> Result<Vec<Bound>, StartError> {
    let addresses = if config.bind.is_empty() { machine_addresses()? } else { config.bind.clone() };
    if config.port != 0 {
        return bind_port(&addresses, config.port);
    }
    for _ in 0..PORT_TRIES {
        let port = free_port(&addresses)?;
        match bind_port(&addresses, port) {
            Err(StartError::PortInUse { .. }) => {}
            bound => return bound,
        }
    }
    Err(StartError::NoAddress { port: 0 })
}

fn bind_port(addresses: &[IpAddr], port: u16) -> Result<Vec<Bound>, StartError> {
    let mut bound = Vec::new();
    for address in addresses {
        match bind(SocketAddr::new(*address, port)) {
            Ok(socket) => bound.push(socket),
            // One address taken means that another program serves this port: half a media node helps nobody.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(StartError::PortInUse { port }),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(StartError::NotAllowed { port });
            }
            Err(error) => {
                let kind = error.kind();
                tracing::warn!(loopback = address.is_loopback(), %kind, "one address cannot carry media; skipped");
            }
        }
    }
    if bound.is_empty() { Err(StartError::NoAddress { port }) } else { Ok(bound) }
}

fn free_port(addresses: &[IpAddr]) -> Result<u16, StartError> {
    let bound = addresses.iter().find_map(|address| bind(SocketAddr::new(*address, 0)).ok());
    bound.map(|bound| bound.address.port()).ok_or(StartError::NoAddress { port: 0 })
}

fn bind(address: SocketAddr) -> io::Result<Bound> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // Less than asked for is no reason not to start.
    let _ = socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(SOCKET_BUFFER_BYTES);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    let socket = UdpSocket::from(socket);
    let address = socket.local_addr()?;
    Ok(Bound { socket, address })
}

/// A listener for connections.
///
/// # Errors
/// The address cannot be listened on.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A server that was just stopped leaves connections behind that would hold the port for a minute.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        // Otherwise `[::]` takes the port of `0.0.0.0` too, and the two cannot be listed side by side.
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Every interface address that a browser could reach, then loopback.
fn machine_addresses() -> Result<Vec<IpAddr>, StartError> {
    let interfaces = if_addrs::get_if_addrs().map_err(StartError::Interfaces)?;
    let mut addresses: Vec<IpAddr> = interfaces.iter().map(if_addrs::Interface::ip).filter(is_reachable).collect();
    addresses.sort_by_key(IpAddr::is_ipv6); // stable: the system's order within each family
    addresses.extend([IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]);
    let mut seen = Vec::new();
    addresses.retain(|address| {
        !seen.contains(address) && {
            seen.push(*address);
            true
        }
    });
    Ok(addresses)
}

/// Link-local addresses need a zone to be reached, which a candidate cannot carry.
fn is_reachable(address: &IpAddr) -> bool {
    let link_local = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !link_local && !address.is_loopback() && !address.is_unspecified()
}

/// What browsers are offered, best first. Datagrams to an advertised address that is no interface's arrive at one
/// that is, so the core need not know that they differ.
pub(crate) fn candidates(addresses: &[SocketAddr], advertise: Option<IpAddr>) -> Vec<SocketAddr> {
    let port = addresses.first().map_or(0, SocketAddr::port);
    let advertised = advertise.map(|ip| SocketAddr::new(ip, port));
    let others = addresses.iter().copied().filter(|address| Some(*address) != advertised);
    advertised.into_iter().chain(others).take(MAX_CANDIDATES).collect()
}

/// The same for connections: every address behind what is listened on, the advertised one first.
pub(crate) fn tcp_candidates(config: &SfuConfig) -> Result<Vec<SocketAddr>, StartError> {
    let mut found: Vec<SocketAddr> = Vec::new();
    let mut add = |address: SocketAddr| {
        if !found.contains(&address) && found.len() < MAX_CANDIDATES {
            found.push(address);
        }
    };
    let ports = config.tcp.iter().map(SocketAddr::port);
    config.advertise.into_iter().for_each(|ip| ports.clone().for_each(|port| add(SocketAddr::new(ip, port))));
    for listened in &config.tcp {
        if listened.ip().is_unspecified() {
            let behind = machine_addresses()?.into_iter().filter(|ip| ip.is_ipv4() == listened.is_ipv4());
            behind.for_each(|ip| add(SocketAddr::new(ip, listened.port())));
        } else {
            add(*listened);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advertised_address_comes_first_and_once() {
        let own: SocketAddr = "10.0.0.5:8080".parse().unwrap();
        let loopback: SocketAddr = "127.0.0.1:8080".parse().unwrap();
        let outside: SocketAddr = "203.0.113.9:8080".parse().unwrap();
        assert_eq!(candidates(&[own, loopback], None), [own, loopback]);
        assert_eq!(candidates(&[own, loopback], Some(outside.ip())), [outside, own, loopback]);
        assert_eq!(candidates(&[own, loopback], Some(loopback.ip())), [loopback, own]);
    }

    #[test]
    fn connections_are_offered_where_somebody_listens() {
        let listened: SocketAddr = "127.0.0.1:8080".parse().unwrap();
        let config = SfuConfig { tcp: vec![listened], ..SfuConfig::default() };
        assert_eq!(tcp_candidates(&config).unwrap(), [listened]);
        let advertise = Some("203.0.113.9".parse().unwrap());
        let all = SfuConfig { tcp: vec!["0.0.0.0:443".parse().unwrap()], advertise, ..SfuConfig::default() };
        let offered = tcp_candidates(&all).unwrap();
        assert_eq!(offered[0], "203.0.113.9:443".parse().unwrap());
        assert!(offered.iter().all(|address| address.port() == 443 && address.is_ipv4()), "{offered:?}");
        assert!(offered.contains(&"127.0.0.1:443".parse().unwrap()));
    }

    #[test]
    fn link_local_addresses_are_left_out() {
        let table = [
            ("169.254.1.1", false),
            ("fe80::1", false),
            ("127.0.0.1", false),
            ("10.1.2.3", true),
            ("2001:db8::1", true),
        ];
        for (address, reachable) in table {
            assert_eq!(is_reachable(&address.parse().unwrap()), reachable, "{address}");
        }
    }
}
