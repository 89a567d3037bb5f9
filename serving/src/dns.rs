//! Whose a domain is, as DNS says: a TXT record that only its owner can make names the account.

use std::{net::SocketAddr, time::Duration};

use hickory_resolver::{
    Resolver, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolverConfig},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::rr::RData,
};
use model::EntityId;

/// How long DNS is asked.
const LIMIT: Duration = Duration::from_secs(8);

/// Name of the record for a domain.
pub(crate) fn record_of(host: &str) -> String {
    format!("_millrace.{host}")
}

/// Its value for an account.
pub(crate) fn value_of(account: EntityId) -> String {
    format!("millrace={account}")
}

/// Why DNS says nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DnsError {
    #[error("DNS cannot be asked: {0}")]
    Failed(#[from] NetError),
    #[error("DNS did not answer in time")]
    Slow,
}

/// Whether the record of `host` names `account`. `server` is asked, or those that the system asks.
pub(crate) async fn names(
    server: Option<SocketAddr>,
    host: &str,
    account: EntityId,
) -> Result<bool, DnsError> {
    let resolver = resolver(server)?;
    // With a dot at its end no search list of the system is tried.
    let name = format!("{}.", record_of(host));
    let looked = tokio::time::timeout(LIMIT, resolver.txt_lookup(name)).await;
    let found = match looked.map_err(|_| DnsError::Slow)? {
        Ok(found) => found,
        Err(error) if error.is_no_records_found() => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let value = value_of(account);
    let says_so = |data: &RData| match data {
        RData::TXT(texts) => texts.txt_data.concat() == value.as_bytes(),
        _ => false,
    };
    Ok(found.answers().iter().any(|record| says_so(&record.data)))
}

fn resolver(server: Option<SocketAddr>) -> Result<TokioResolver, NetError> {
    let Some(server) = server else {
        return Resolver::builder_tokio()?.build();
    };
    let mut connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    connections.iter_mut().for_each(|c| c.port = server.port());
    let server = NameServerConfig::new(server.ip(), true, connections.into());
    let config = ResolverConfig::from_name_servers(vec![server]);
    Resolver::builder_with_config(config, TokioRuntimeProvider::default()).build()
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::{
        op::{Message, ResponseCode},
        rr::{Record, rdata::TXT},
    };
    use model::EntityKind;
    use tokio::net::UdpSocket;

    use super::*;

    /// A server that knows one record.
    async fn server(name: &'static str, value: String) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut bytes = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
                let asked = Message::from_vec(&bytes[..length]).unwrap();
                let query = asked.queries[0].clone();
                let mut answer = Message::response(asked.metadata.id, asked.metadata.op_code);
                if query.name().to_utf8() == name {
                    let data = RData::TXT(TXT::new(vec![value.clone()]));
                    answer
                        .answers
                        .push(Record::from_rdata(query.name().clone(), 60, data));
                } else {
                    answer.metadata.response_code = ResponseCode::NXDomain;
                }
                answer.queries.push(query);
                let _ = socket.send_to(&answer.to_vec().unwrap(), from).await;
            }
        });
        address
    }

    #[tokio::test]
    async fn a_record_names_an_account() {
        let account = |raw| EntityId::new(EntityKind::Account, raw);
        let server = server("_millrace.go.example.com.", value_of(account(7))).await;
        let ask = |host, raw| names(Some(server), host, account(raw));
        assert!(ask("go.example.com", 7).await.unwrap());
        assert!(!ask("go.example.com", 8).await.unwrap());
        assert!(!ask("other.example.com", 7).await.unwrap());
    }
}
