//! A network that misbehaves, in front of one server.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

/// What happens to bytes on their way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// They arrive.
    Works,
    /// Each piece arrives so much later.
    Slow(Duration),
    /// Connections are refused, and those that exist are cut.
    Down,
    /// Connections are made, and nothing arrives any more.
    Silent,
    /// What is asked arrives. When it is answered, the connection is cut instead.
    LosesAnswers,
    /// Like the one before, but the asker sees a clean end of the connection, and can go on asking.
    HalfCloses,
}

/// A proxy on a port of its own.
pub struct Proxy {
    pub address: SocketAddr,
    network: watch::Sender<Network>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts one that works.
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (network, state) = watch::channel(Network::Works);
        let task = tokio::spawn(accept(listener, server, state));
        Self {
            address,
            network,
            task,
        }
    }

    /// From now on the network is like this. Connections that an earlier state broke are cut.
    pub fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, network: watch::Receiver<Network>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        if *network.borrow() != Network::Down {
            tokio::spawn(connection(client, server, network.clone()));
        }
    }
}

async fn connection(client: TcpStream, server: SocketAddr, network: watch::Receiver<Network>) {
    // The server may be dead: then the client sees its connection cut.
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    for socket in [&client, &server] {
        let _ = socket.set_nodelay(true);
    }
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    let asks = relay(from_client, to_server, network.clone(), false);
    let answers = relay(from_server, to_client, network, true);
    // Either end of the conversation ends it, except that a half-closed one goes on being asked.
    tokio::pin!(asks, answers);
    tokio::select! {
        _ = &mut asks => {}
        end = &mut answers => if let End::HalfClosed(_from, _to) = end {
            asks.await;
        }
    }
}

enum End {
    Cut,
    HalfClosed(OwnedReadHalf, OwnedWriteHalf),
}

async fn relay(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut network: watch::Receiver<Network>,
    answers: bool,
) -> End {
    let mut buffer = vec![0; 16 * 1024];
    let mut now = *network.borrow_and_update();
    loop {
        tokio::select! {
            changed = network.changed() => {
                let before = std::mem::replace(&mut now, *network.borrow_and_update());
                let broken = changed.is_err() || now == Network::Down || before == Network::Silent;
                if broken {
                    return End::Cut;
                }
            }
            read = from.read(&mut buffer), if now != Network::Silent => {
                let bytes = match read {
                    Ok(length) if length > 0 => &buffer[..length],
                    _ => return End::Cut,
                };
                match now {
                    Network::LosesAnswers if answers => return End::Cut,
                    Network::HalfCloses if answers => {
                        let _ = to.shutdown().await;
                        return End::HalfClosed(from, to);
                    }
                    Network::Slow(delay) => sleep(delay).await,
                    _ => {}
                }
                if to.write_all(bytes).await.is_err() {
                    return End::Cut;
                }
            }
        }
    }
}
