//! The floor: open each packet once, seal it for each subscriber in place, send a frame's packets with one system call.
//! No ICE, no DTLS, no reports, no losses: no server of WebRTC can be cheaper on this machine.

use std::net::SocketAddr;
use std::sync::mpsc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use quinn_udp::{Transmit, UdpSocketState};

use crate::load::{FLOOR_FRAME, FLOOR_KEY, HEADER};
use crate::net::ADDRESS;
use crate::server::{Ask, Tell, answer_each};

/// Serves until the bench goes away.
pub(crate) fn serve() {
    let socket = std::net::UdpSocket::bind((ADDRESS, 0)).unwrap();
    let address = socket.local_addr().unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || forward(&socket, &told));
    answer_each(|ask| {
        let Ask::SendTo(addresses) = ask else { panic!("{ask:?}") };
        tell.send(addresses).unwrap();
        Tell::Listens(address)
    });
}

fn forward(socket: &std::net::UdpSocket, told: &mpsc::Receiver<Vec<SocketAddr>>) {
    let subscribers = told.recv().unwrap();
    let state = UdpSocketState::new(socket.into()).unwrap();
    socket.set_nonblocking(false).unwrap();
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &FLOOR_KEY).unwrap());
    let mut frame: Vec<Vec<u8>> = Vec::new();
    let mut buffer = vec![0; 65_536];
    let mut out = Vec::new();
    let mut counter = 0_u64;
    loop {
        let Ok((size, _)) = socket.recv_from(&mut buffer) else { continue };
        let (header, sealed) = buffer[..size].split_at_mut(HEADER);
        let nonce = Nonce::assume_unique_for_key(nonce(header));
        let Ok(plain) = key.open_in_place(nonce, Aad::from(&*header), sealed) else { continue };
        frame.push([&*header, plain].concat());
        if frame.len() < FLOOR_FRAME {
            continue;
        }
        for (index, subscriber) in subscribers.iter().enumerate() {
            out.clear();
            for packet in &frame {
                counter += 1;
                let start = out.len();
                out.extend_from_slice(packet);
                out[start + 2] = index as u8;
                let mut bytes = [0; 12];
                bytes[4..].copy_from_slice(&counter.to_be_bytes());
                let (header, body) = out[start..].split_at_mut(HEADER);
                let nonce = Nonce::assume_unique_for_key(bytes);
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(&*header), body).unwrap();
                out.extend_from_slice(tag.as_ref());
            }
            let segment_size = Some(out.len() / frame.len());
            let transmit = Transmit { destination: *subscriber, ecn: None, contents: &out, segment_size, src_ip: None };
            let _ = state.try_send(socket.into(), &transmit);
        }
        frame.clear();
    }
}

/// From the packet's clear header, as the sender made it.
pub(crate) fn nonce(header: &[u8]) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce.copy_from_slice(&header[..12]);
    nonce
}
