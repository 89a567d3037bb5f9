//! Who Redis lets in, and how: passwords, users, databases, TLS.

use std::path::{Path, PathBuf};

use storage::{
    cells::{LiveCells, RedisCells},
    error::LiveError,
    redis_address::{RedisSettings, escaped},
    redis_client::RedisClient,
    testing::{redis_cluster::RedisCluster, redis_server::RedisServer},
};

const PASSWORD: &str = "pa,ss/w@rd:#?%";

async fn answers(url: &str, ca_file: Option<PathBuf>) -> Result<(), LiveError> {
    let url = url.into();
    let client = RedisClient::new(&RedisSettings { url, ca_file })?;
    client.require_noeviction().await?;
    // Something that is stored, read again, and run as a script.
    let cells = RedisCells::new(client, || 7);
    cells.generations(true).await?;
    cells.checkpoint(model::LogId(1)).await?;
    Ok(())
}

fn refused(outcome: Result<(), LiveError>) -> bool {
    match outcome {
        Err(LiveError::Refused(why)) => !why.contains("wrong"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_password_and_a_user_are_asked_for_and_a_wrong_one_is_no_outage() {
    let server = RedisServer::start();
    let at = server.address();
    let user = format!(">{PASSWORD}");
    let rights = ["ACL", "SETUSER", "mill race", "on", &user, "~mr:*", "+@all"];
    let rights = rights.map(|word| word.replace(' ', "_"));
    server.command(&rights.each_ref().map(String::as_str));
    let little = ["ACL", "SETUSER", "little", "on", ">x", "~mr:*", "+ping"];
    server.command(&little);
    server.command(&["CONFIG", "SET", "requirepass", PASSWORD]);
    let password = escaped(PASSWORD);
    answers(&format!("redis://:{password}@{at}"), None)
        .await
        .unwrap();
    answers(&format!("redis://:{password}@{at}/3"), None)
        .await
        .unwrap();
    answers(&format!("redis://mill_race:{password}@{at}"), None)
        .await
        .unwrap();
    for login in ["", ":wrong@", "nobody:wrong@", "little:x@"] {
        let url = format!("redis://{login}{at}");
        assert!(refused(answers(&url, None).await), "{login}");
    }
}

#[tokio::test]
async fn one_password_opens_all_nodes_of_a_cluster() {
    let cluster = RedisCluster::start();
    for node in &cluster.nodes {
        let both = [
            "CONFIG",
            "SET",
            "masterauth",
            PASSWORD,
            "requirepass",
            PASSWORD,
        ];
        assert!(node.command(&both).contains("OK"));
    }
    let nodes: Vec<String> = cluster
        .nodes
        .iter()
        .map(|n| n.address().to_string())
        .collect();
    let nodes = nodes.join(",");
    let password = escaped(PASSWORD);
    answers(&format!("redis+cluster://:{password}@{nodes}"), None)
        .await
        .unwrap();
    for login in ["", ":wrong@"] {
        let url = format!("redis+cluster://{login}{nodes}");
        assert!(refused(answers(&url, None).await), "{login}");
    }
}

/// A certificate for `localhost`, its key, and the certificate that signs it.
struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ca_key = rcgen::KeyPair::generate().unwrap();
        let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let ca = ca.self_signed(&ca_key).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let own = rcgen::CertificateParams::new(vec!["localhost".into()]).unwrap();
        let own = own.signed_by(&key, &ca, &ca_key).unwrap();
        let write = |name: &str, pem: String| std::fs::write(folder.path().join(name), pem);
        write("ca.pem", ca.pem()).unwrap();
        write("own.pem", own.pem()).unwrap();
        write("key.pem", key.serialize_pem()).unwrap();
        Self { folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[tokio::test]
async fn over_tls_the_servers_certificate_is_checked() {
    let (server, certificates) = (RedisServer::start(), Certificates::new());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let text = |name: &str| certificates.file(name).display().to_string();
    let set = server.command(&[
        "CONFIG",
        "SET",
        "tls-cert-file",
        &text("own.pem"),
        "tls-key-file",
        &text("key.pem"),
        "tls-ca-cert-file",
        &text("ca.pem"),
        "tls-auth-clients",
        "no",
        "tls-port",
        &port,
    ]);
    assert!(set.contains("OK"), "{set}");
    let url = format!("rediss://localhost:{port}");
    answers(&url, Some(certificates.file("ca.pem")))
        .await
        .unwrap();
    let stranger = Certificates::new();
    for ca in [None, Some(stranger.file("ca.pem"))] {
        let error = answers(&url, ca).await.unwrap_err();
        assert!(matches!(error, LiveError::Unavailable(_)), "{error}");
    }
    let no_file = answers(&url, Some(Path::new("/no/such/file").into())).await;
    assert!(matches!(no_file, Err(LiveError::Address(_))));
    let not_tls = answers("redis://localhost", Some(certificates.file("ca.pem"))).await;
    assert!(matches!(not_tls, Err(LiveError::Address(_))));
}
