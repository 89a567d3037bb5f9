//! A server against clients that hold on to it.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, body::Bytes, routing::get};
use http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{ServerSettings, serve};

/// How long anything that must happen may take.
const LIMIT: Duration = Duration::from_secs(20);
const SOON: Duration = Duration::from_millis(300);
const NEVER: Duration = Duration::from_secs(3600);
/// More than the buffers of a connection hold.
const LARGE: usize = 64 << 20;

fn patient() -> ServerSettings {
    ServerSettings {
        max_connections: 100,
        header_timeout: NEVER,
        crowded_header_timeout: NEVER,
        body_timeout: NEVER,
        write_timeout: NEVER,
        drain_timeout: SOON,
    }
}

/// A server that ends when the token is dropped.
async fn start(settings: ServerSettings) -> (SocketAddr, tokio_util::sync::DropGuard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new()
        .route("/", get(|| async { "here" }).post(length))
        .route("/large", get(|| async { vec![0; LARGE] }));
    let stop = CancellationToken::new();
    tokio::spawn(serve(listener, router, settings, stop.clone()));
    (address, stop.drop_guard())
}

async fn length(
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> (StatusCode, String) {
    match body {
        Ok(body) => (StatusCode::OK, body.len().to_string()),
        Err(_) => (StatusCode::REQUEST_TIMEOUT, String::new()),
    }
}

async fn connect(address: SocketAddr, text: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(text.as_bytes()).await.unwrap();
    socket
}

/// All that comes until the server closes the connection, which it must.
async fn until_closed(socket: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = timeout(LIMIT, socket.read_to_end(&mut answer)).await;
    // A reset is as good an end as any.
    let _ = read.expect("the server must close the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn is_answered(address: SocketAddr) {
    let mut socket = connect(
        address,
        "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .await;
    let answer = until_closed(&mut socket).await;
    assert!(answer.ends_with("here"), "{answer}");
}

#[tokio::test]
async fn half_a_header_and_idling_end() {
    let settings = ServerSettings {
        header_timeout: SOON,
        ..patient()
    };
    let (address, _server) = start(settings).await;
    let mut half = connect(address, "GET / HTTP/1.1\r\nhos").await;
    let mut silent = connect(address, "").await;
    let mut idle = connect(address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(until_closed(&mut half).await, "");
    assert_eq!(until_closed(&mut silent).await, "");
    assert!(until_closed(&mut idle).await.ends_with("here"));
}

#[tokio::test]
async fn a_body_that_drips_ends() {
    let settings = ServerSettings {
        body_timeout: SOON,
        ..patient()
    };
    let (address, _server) = start(settings).await;
    let head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n";
    let (mut answers, mut body) = connect(address, head).await.into_split();
    // Each byte is progress, and it ends all the same.
    let dripping = tokio::spawn(async move {
        while body.write_all(b"x").await.is_ok() {
            tokio::time::sleep(SOON / 20).await;
        }
    });
    let mut answer = [0; 12];
    let read = timeout(LIMIT, answers.read_exact(&mut answer)).await;
    read.expect("it must be answered").unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    timeout(LIMIT, dripping)
        .await
        .expect("the connection must be closed")
        .unwrap();
}

#[tokio::test]
async fn a_body_in_time_arrives_in_pieces() {
    let settings = ServerSettings {
        body_timeout: LIMIT,
        ..patient()
    };
    let (address, _server) = start(settings).await;
    let head = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\na";
    let mut socket = connect(address, head).await;
    tokio::task::yield_now().await;
    socket.write_all(b"b").await.unwrap();
    assert!(until_closed(&mut socket).await.ends_with("\r\n\r\n2"));
}

#[tokio::test]
async fn who_does_not_read_is_left() {
    let settings = ServerSettings {
        max_connections: 1,
        write_timeout: SOON,
        ..patient()
    };
    let (address, _server) = start(settings).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut deaf = socket.connect(address).await.unwrap();
    let ask = "GET /large HTTP/1.1\r\nhost: x\r\n\r\n";
    deaf.write_all(ask.as_bytes()).await.unwrap();
    // There is room for one connection: this one is answered when the deaf one is gone.
    is_answered(address).await;
    let mut got = Vec::new();
    let _ = timeout(LIMIT, deaf.read_to_end(&mut got)).await;
    assert!(got.len() < LARGE);
}

#[tokio::test]
async fn who_reads_slowly_gets_all() {
    let settings = ServerSettings {
        write_timeout: LIMIT,
        ..patient()
    };
    let (address, _server) = start(settings).await;
    let ask = "GET /large HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut socket = connect(address, ask).await;
    let (mut got, mut piece) = (0, vec![0; 1 << 20]);
    loop {
        let read = timeout(LIMIT, socket.read(&mut piece)).await.unwrap();
        match read.unwrap() {
            0 => break,
            more => got += more,
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(got > LARGE, "{got}");
}

#[tokio::test]
async fn a_crowd_that_holds_connections_for_nothing_makes_room() {
    let settings = ServerSettings {
        max_connections: 8,
        crowded_header_timeout: SOON,
        ..patient()
    };
    let (address, _server) = start(settings).await;
    let mut crowd = Vec::new();
    for _ in 0..50 {
        crowd.push(connect(address, "GET / HT").await);
    }
    timeout(LIMIT, is_answered(address))
        .await
        .expect("the crowd must not starve others");
}

#[tokio::test]
async fn a_head_has_a_bound() {
    let (address, _server) = start(patient()).await;
    let fill = "a".repeat(100 << 10);
    for head in [
        format!("GET /{fill} HTTP/1.1\r\nhost: x\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: x\r\nx: {fill}\r\n\r\n"),
    ] {
        let mut socket = connect(address, &head).await;
        let answer = until_closed(&mut socket).await;
        assert!(
            answer.contains(" 431 ") || answer.contains(" 414 "),
            "{answer}"
        );
    }
}
