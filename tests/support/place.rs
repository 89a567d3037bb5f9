//! Where an installation keeps its objects.

use std::{any::Any, net::SocketAddr, path::Path};

use storage::{
    store::{self, Store},
    testing::s3_server::S3Server,
};

use super::moto::Moto;

/// A folder or an S3 server, as processes are told of it, and as a test looks into it.
pub struct Place {
    pub url: String,
    /// What a process needs to know besides.
    pub env: Vec<(String, String)>,
    /// The objects, past everything that stands between them and the processes.
    pub store: Store,
    /// Ends with the place.
    _server: Option<Box<dyn Any + Send + Sync>>,
}

impl Place {
    /// A folder, made if missing.
    pub fn folder(path: &Path) -> Self {
        let url = format!("file://{}", path.display());
        Self {
            store: store::open(&url).unwrap(),
            url,
            env: Vec::new(),
            _server: None,
        }
    }

    /// A server of its own that speaks S3.
    pub fn s3() -> Self {
        let server = S3Server::start();
        let address = server.address();
        Self::s3_behind(server, address)
    }

    /// A server that processes reach at another address.
    pub fn s3_behind(server: S3Server, address: SocketAddr) -> Self {
        // Creations that meet each other are refused now and then, as S3 does.
        server.refuse_every(7);
        Self {
            url: S3Server::url(),
            env: S3Server::env(address),
            store: server.store(),
            _server: Some(Box::new(server)),
        }
    }

    /// A server of moto.
    pub async fn moto() -> Self {
        let server = Moto::start().await;
        Self {
            url: S3Server::url(),
            env: S3Server::env(server.address),
            store: S3Server::store_at(server.address),
            _server: Some(Box::new(server)),
        }
    }
}
