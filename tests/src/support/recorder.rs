//! Somebody on the way who writes down every byte, both ways, and lets it pass.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What went over one connection.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// What the client sent.
    pub sent: Vec<u8>,
    /// What the server sent.
    pub answered: Vec<u8>,
}

/// A place between clients and a server. Its threads end with their connections.
#[derive(Debug)]
pub struct Recorder {
    address: String,
    connections: Arc<Mutex<Vec<Recorded>>>,
}

impl Recorder {
    /// Stands before a server.
    pub fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let connections: Arc<Mutex<Vec<Recorded>>> = Arc::default();
        let (server, kept) = (server.to_owned(), Arc::clone(&connections));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(behind)) = (client, TcpStream::connect(&server)) else {
                    continue;
                };
                let number = {
                    let mut all = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    all.push(Recorded::default());
                    all.len() - 1
                };
                pass(&client, &behind, &kept, move |all| &mut all[number].sent);
                pass(&behind, &client, &kept, move |all| &mut all[number].answered);
            }
        });
        Self { address, connections }
    }

    /// Where it listens: `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Everything so far, connection by connection.
    pub fn recorded(&self) -> Vec<Recorded> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn pass(
    from: &TcpStream,
    to: &TcpStream,
    kept: &Arc<Mutex<Vec<Recorded>>>,
    place: impl Fn(&mut Vec<Recorded>) -> &mut Vec<u8> + Send + 'static,
) {
    let clone = |stream: &TcpStream| stream.try_clone().expect("a socket");
    let (mut from, mut to, kept) = (clone(from), clone(to), Arc::clone(kept));
    // Written down before it is passed on: whoever has an answer finds its question here.
    std::thread::spawn(move || {
        let mut part = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut part) {
            let mut all = kept.lock().unwrap_or_else(PoisonError::into_inner);
            place(&mut all).extend(&part[..count]);
            drop(all);
            if to.write_all(&part[..count]).is_err() {
                break;
            }
        }
        // The other end may be gone already.
        let _ = to.shutdown(Shutdown::Write);
    });
}
