//! A network of a test's own: the server in one namespace, clients in another, and between them a router that loses
//! packets, narrows the cable, blocks UDP or forgets which port it gave whom.
//!
//! The server's side also has loopback; signalling that a story is not about goes there. Namespaces need root; where
//! they cannot be made a story says so and is skipped.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::net::UdpSocket;
use std::process::Command;

use rustix::fd::AsFd;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Where the server is reached from the clients' side.
pub const SERVER: &str = "10.77.1.1";
/// Where the clients are.
const CLIENT: &str = "10.77.2.1";
/// The network that clients may change over to.
const ELSEWHERE: &str = "10.77.3";

/// The three namespaces and the cables between them. They go away with it.
#[derive(Debug)]
pub struct Network {
    server: Namespace,
    router: Namespace,
    clients: Namespace,
}

impl Network {
    /// Tells a story in a network of its own, on a thread of its own: a thread stands in one namespace. It begins
    /// beside the server.
    pub fn story(name: &str, story: impl AsyncFnOnce(&Network) + Send) {
        std::thread::scope(|scope| {
            let told = scope.spawn(|| {
                let Some(network) = Network::make() else {
                    report(name, "skipped: it needs root, iproute2, nftables and conntrack");
                    return;
                };
                network.server.enter();
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
                runtime.unwrap().block_on(story(&network));
            });
            if let Err(panic) = told.join() {
                std::panic::resume_unwind(panic);
            }
        });
    }

    fn make() -> Option<Self> {
        let network = Self {
            server: Namespace::make("server")?,
            router: Namespace::make("router")?,
            clients: Namespace::make("clients")?,
        };
        let installed = |program: &str| network.router.tries(program, "--version");
        if !["nft", "conntrack"].into_iter().all(installed) {
            return None;
        }
        network.connect(&network.server, "10.77.1", SERVER);
        network.connect(&network.clients, "10.77.2", CLIENT);
        network.router.ip("link set lo up");
        network.router.command("sh", &["-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
        Some(network)
    }

    /// Lays a cable from the router to this side and sends everything from there over it.
    fn connect(&self, side: &Namespace, prefix: &str, address: &str) {
        let (router, port) = (&self.router.0, port(side));
        side.ip("link set lo up");
        side.ip(&format!("link add eth0 type veth peer name {port} netns {router}"));
        side.ip(&format!("addr add {address}/24 dev eth0"));
        side.ip("link set eth0 up");
        self.router.ip(&format!("addr add {prefix}.254/24 dev {port}"));
        self.router.ip(&format!("link set {port} up"));
        side.ip(&format!("route add default via {prefix}.254"));
    }

    /// Moves this thread to the clients' side. What it starts from now on, starts there.
    pub fn enter_clients(&self) {
        self.clients.enter();
    }

    /// Moves this thread back to the server's side.
    pub fn enter_server(&self) {
        self.server.enter();
    }

    /// The clients have a second network beside the first, and prefer the first.
    pub fn join_other_network(&self) {
        let router = &self.router.0;
        self.clients.ip(&format!("link add eth1 type veth peer name elsewhere netns {router}"));
        self.router.ip(&format!("addr add {ELSEWHERE}.254/24 dev elsewhere"));
        self.router.ip("link set elsewhere up");
        self.clients.ip(&format!("addr add {ELSEWHERE}.1/24 dev eth1"));
        self.clients.ip("link set eth1 up");
        self.clients.ip(&format!("route add default via {ELSEWHERE}.254 metric 200"));
    }

    /// The first network goes, with its interface.
    pub fn leave_network(&self) {
        self.clients.ip("link set eth0 down");
    }

    /// A UDP socket on the clients' side.
    pub fn client_socket(&self) -> UdpSocket {
        self.clients.enter();
        let socket = UdpSocket::bind((CLIENT, 0)).unwrap();
        self.server.enter();
        socket
    }

    /// The router loses this part of the datagrams in both directions, at random.
    pub fn lose(&self, percent: u8) {
        self.filter(&format!("meta l4proto udp numgen random mod 100 < {percent} drop"));
    }

    /// The router lets no UDP through, as in many a bank.
    pub fn block_udp(&self) {
        self.filter("meta l4proto udp drop");
    }

    fn filter(&self, rule: &str) {
        self.router.run("nft", "add table ip story");
        self.router.nft("add chain ip story forward { type filter hook forward priority 0; }");
        self.router.nft(&format!("add rule ip story forward {rule}"));
    }

    /// The cable to the clients carries no more than this, with a queue of a fifth of a second.
    pub fn narrow(&self, kbps: u32) {
        let port = port(&self.clients);
        self.router.run("tc", &format!("qdisc add dev {port} root tbf rate {kbps}kbit burst 4kb latency 200ms"));
    }

    /// The clients stand behind a NAT that gives out ports at random.
    pub fn translate(&self) {
        self.router.run("nft", "add table ip story");
        self.router.nft("add chain ip story nat { type nat hook postrouting priority 100; }");
        self.router.nft(&format!("add rule ip story nat ip saddr {CLIENT} masquerade random"));
        // What still arrives for a port that nobody has any more is not answered.
        self.router.nft("add chain ip story input { type filter hook input priority 0; }");
        self.router.nft("add rule ip story input meta l4proto udp drop");
    }

    /// The NAT forgets everything: the next datagram leaves from another port.
    pub fn rebind(&self) {
        self.router.run("conntrack", "--flush");
    }

    /// Which ports the NAT has given out.
    pub fn mappings(&self) -> BTreeSet<String> {
        let output =
            self.router.inside("conntrack").args(["--dump", "--proto", "udp", "--src", CLIENT]).output().unwrap();
        // Of a line's two directions the second has the NAT's port as its destination.
        let port = |line: &str| line.rsplit("dport=").next().and_then(|rest| rest.split(' ').next()).map(str::to_owned);
        String::from_utf8_lossy(&output.stdout).lines().filter_map(port).collect()
    }
}

/// The router's end of the cable to this side.
fn port(side: &Namespace) -> &str {
    side.0.rsplit('-').next().unwrap()
}

/// Prints a story's figure even when its test passes, where the test harness would keep it to itself.
pub fn report(story: &str, figure: &str) {
    let _ = writeln!(std::io::stderr(), "network: {story}: {figure}");
}

/// A network namespace by its name.
#[derive(Debug)]
struct Namespace(String);

impl Namespace {
    fn make(side: &str) -> Option<Self> {
        let name = format!("conclave-{}-{side}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).output();
        made.is_ok_and(|output| output.status.success()).then_some(Self(name))
    }

    /// Moves this thread in.
    fn enter(&self) {
        let namespace = File::open(format!("/run/netns/{}", self.0)).unwrap();
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
    }

    fn ip(&self, line: &str) {
        self.run("ip", line);
    }

    fn nft(&self, rule: &str) {
        self.command("nft", &[rule]);
    }

    fn run(&self, program: &str, line: &str) {
        self.command(program, &line.split(' ').collect::<Vec<_>>());
    }

    fn command(&self, program: &str, arguments: &[&str]) {
        let output = self.inside(program).args(arguments).output();
        let done = output.as_ref().is_ok_and(|output| output.status.success());
        assert!(done, "{program} {arguments:?}: {output:?}");
    }

    fn tries(&self, program: &str, argument: &str) -> bool {
        self.inside(program).arg(argument).output().is_ok_and(|output| output.status.success())
    }

    fn inside(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, program]);
        command
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).output();
    }
}
