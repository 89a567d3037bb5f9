//! An S3 server on a free local port, ended when dropped.
//!
//! The protocol (signatures, XML) is that of the crate `s3s`; the objects are in memory. `s3s-fs`
//! is not used: it knows no conditional writes and no pages, and shows half-written objects.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::Bytes;
use futures::TryStreamExt;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use object_store::{
    Error, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, aws::AmazonS3Builder,
    memory::InMemory, path::Path,
};
use s3s::{
    Body, S3, S3Error, S3Request, S3Response, S3Result, auth::SimpleAuth, dto::*, s3_error,
    service::S3ServiceBuilder,
};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::store::{self, Store};

/// The only bucket.
pub const BUCKET: &str = "millrace";
const KEY_ID: &str = "AKIAMILLRACETESTS";
/// What must never be seen in a log.
pub const SECRET: &str = "s3cret/of+the-tests-that-no-log-may-show";
const REGION: &str = "us-east-1";
/// Objects in one page of a list: few, so that lists have several.
const PAGE: usize = 50;

/// A server with one empty bucket.
pub struct S3Server {
    address: SocketAddr,
    bucket: Arc<Bucket>,
    runtime: Option<Runtime>,
}

impl S3Server {
    /// Starts it on threads of its own, so that it answers whatever its test waits for.
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let bucket = Arc::new(Bucket::default());
        runtime.spawn(serve(listener, Arc::clone(&bucket)));
        Self {
            address,
            bucket,
            runtime: Some(runtime),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `s3://…` of its bucket.
    pub fn url() -> String {
        format!("s3://{BUCKET}/some/prefix")
    }

    /// The environment of a process that uses it, reached at `address`.
    pub fn env(address: SocketAddr) -> Vec<(String, String)> {
        let endpoint = format!("http://{address}");
        let vars = [
            ("AWS_ACCESS_KEY_ID", KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_REGION", REGION),
            ("AWS_ENDPOINT", &endpoint),
            // An answer that does not come is given up soon.
            ("AWS_TIMEOUT", "3s"),
        ];
        vars.map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    }

    /// The store as a process with [`S3Server::env`] opens it.
    pub fn store(&self) -> Store {
        Self::store_at(self.address)
    }

    /// The same of any server at `address`.
    pub fn store_at(address: SocketAddr) -> Store {
        let settings = Self::env(address).into_iter();
        let builder = settings.fold(AmazonS3Builder::new(), |builder, (name, value)| {
            builder.with_config(name.to_lowercase().parse().unwrap(), value)
        });
        store::open_s3(builder, BUCKET, "some/prefix").unwrap()
    }

    /// From now on every `n`-th creation is answered as real S3 does when it meets another one:
    /// 409, nothing done. 0: none.
    pub fn refuse_every(&self, n: u32) {
        self.bucket.refuse_every.store(n, Ordering::SeqCst);
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(listener: std::net::TcpListener, bucket: Arc<Bucket>) {
    let listener = TcpListener::from_std(listener).unwrap();
    let mut service = S3ServiceBuilder::new(Shared(bucket));
    service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
    let service = service.build();
    while let Ok((socket, _)) = listener.accept().await {
        let service = service.clone();
        tokio::spawn(async move {
            let http = Builder::new(TokioExecutor::new());
            // A client that went away is none of the server's business.
            let _ = http.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

#[derive(Default)]
struct Bucket {
    objects: InMemory,
    creations: AtomicU32,
    refuse_every: AtomicU32,
}

struct Shared(Arc<Bucket>);

impl Bucket {
    fn refuses(&self) -> bool {
        let every = self.refuse_every.load(Ordering::SeqCst);
        let creation = self.creations.fetch_add(1, Ordering::SeqCst) + 1;
        every != 0 && creation.is_multiple_of(every)
    }

    async fn page(
        &self,
        after: &str,
        prefix: &str,
        limit: usize,
    ) -> S3Result<(Vec<ObjectMeta>, bool)> {
        let all: Vec<ObjectMeta> = self
            .objects
            .list(None)
            .try_collect()
            .await
            .map_err(failed)?;
        let mut found: Vec<ObjectMeta> = all
            .into_iter()
            .filter(|o| o.location.as_ref().starts_with(prefix) && o.location.as_ref() > after)
            .collect();
        found.sort_by(|a, b| a.location.cmp(&b.location));
        let more = found.len() > limit;
        found.truncate(limit);
        Ok((found, more))
    }
}

fn failed(error: Error) -> S3Error {
    match error {
        Error::NotFound { .. } => s3_error!(NoSuchKey),
        Error::AlreadyExists { .. } => s3_error!(PreconditionFailed),
        other => S3Error::internal_error(other),
    }
}

fn path(bucket: &str, key: &str) -> S3Result<Path> {
    if bucket != BUCKET {
        return Err(s3_error!(NoSuchBucket));
    }
    Path::parse(key).map_err(|_| s3_error!(KeyTooLongError, "not a key"))
}

fn e_tag(text: Option<String>) -> Option<ETag> {
    text.map(ETag::Strong)
}

fn modified(meta: &ObjectMeta) -> Option<Timestamp> {
    Some(Timestamp::from(std::time::SystemTime::from(
        meta.last_modified,
    )))
}

#[async_trait::async_trait]
impl S3 for Shared {
    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        let path = path(&input.bucket, &input.key)?;
        let create = matches!(input.if_none_match, Some(ETagCondition::Any));
        if input.if_match.is_some() || (input.if_none_match.is_some() && !create) {
            return Err(s3_error!(
                NotImplemented,
                "this condition is not known here"
            ));
        }
        let parts: Vec<Bytes> = match input.body {
            Some(body) => body
                .try_collect()
                .await
                .map_err(|_| s3_error!(IncompleteBody))?,
            None => Vec::new(),
        };
        if create && self.0.refuses() {
            return Err(s3_error!(ConditionalRequestConflict));
        }
        let mode = if create {
            PutMode::Create
        } else {
            PutMode::Overwrite
        };
        let put = self
            .0
            .objects
            .put_opts(&path, parts.concat().into(), mode.into());
        let put = put.await.map_err(failed)?;
        Ok(S3Response::new(PutObjectOutput {
            e_tag: e_tag(put.e_tag),
            ..Default::default()
        }))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let path = path(&input.bucket, &input.key)?;
        let found = self.0.objects.get(&path).await.map_err(failed)?;
        let meta = found.meta.clone();
        let mut bytes = found.bytes().await.map_err(failed)?;
        let mut content_range = None;
        if let Some(range) = input.range {
            let all = bytes.len();
            let range = range.check(all as u64)?;
            content_range = Some(format!("bytes {}-{}/{all}", range.start, range.end - 1));
            bytes = bytes.slice(range.start as usize..range.end as usize);
        }
        Ok(S3Response::new(GetObjectOutput {
            content_length: Some(bytes.len() as i64),
            body: Some(Body::from(bytes).into()),
            content_range,
            last_modified: modified(&meta),
            e_tag: e_tag(meta.e_tag),
            ..Default::default()
        }))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let path = path(&request.input.bucket, &request.input.key)?;
        let meta = self.0.objects.head(&path).await.map_err(failed)?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: Some(meta.size as i64),
            last_modified: modified(&meta),
            e_tag: e_tag(meta.e_tag),
            ..Default::default()
        }))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let input = request.input;
        let mut deleted = Vec::new();
        for object in input.delete.objects {
            let path = path(&input.bucket, &object.key)?;
            match self.0.objects.delete(&path).await {
                // To S3, what is not there is as good as deleted.
                Ok(()) | Err(Error::NotFound { .. }) => deleted.push(DeletedObject {
                    key: Some(object.key),
                    ..Default::default()
                }),
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: Some(deleted),
            ..Default::default()
        }))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        if input.delimiter.is_some() {
            return Err(s3_error!(NotImplemented, "delimiters are not known here"));
        }
        let prefix = input.prefix.unwrap_or_default();
        let after = input
            .continuation_token
            .or(input.start_after)
            .unwrap_or_default();
        let limit = input.max_keys.map_or(PAGE, |most| PAGE.min(most as usize));
        let (page, more) = self.0.page(&after, &prefix, limit).await?;
        let last = page.last().map(|o| o.location.to_string());
        let object = |meta: &ObjectMeta| Object {
            key: Some(meta.location.to_string()),
            size: Some(meta.size as i64),
            last_modified: modified(meta),
            e_tag: e_tag(meta.e_tag.clone()),
            ..Default::default()
        };
        Ok(S3Response::new(ListObjectsV2Output {
            name: Some(input.bucket),
            key_count: Some(page.len() as i32),
            contents: Some(page.iter().map(object).collect()),
            is_truncated: Some(more),
            next_continuation_token: last.filter(|_| more),
            ..Default::default()
        }))
    }
}
