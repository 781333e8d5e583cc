//! A server that speaks S3, on a folder: requests are signed, parts below 5 MiB refused.

use std::path::{Path, PathBuf};

use actix_web::rt::System;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub const BUCKET: &str = "office";
pub const KEY: (&str, &str) = ("office-key", "of nobody");

/// Serves on a thread of its own until it is dropped.
pub struct Bucket {
    pub address: String,
    folder: tempfile::TempDir,
    _open: oneshot::Sender<()>,
}

impl Bucket {
    pub fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY.0, KEY.1));
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (open, closed) = oneshot::channel::<()>();
        let service = service.build();
        std::thread::spawn(move || {
            System::new().block_on(async {
                actix_web::rt::spawn(serve(listener, service));
                let _dropped = closed.await;
            });
        });
        Self {
            address,
            folder,
            _open: open,
        }
    }

    /// Whole contents, as they lie on the server's disk.
    pub fn contents(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect(&self.folder.path().join(BUCKET), &mut found);
        found
    }
}

async fn serve(listener: std::net::TcpListener, service: S3Service) {
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    let server = auto::Builder::new(TokioExecutor::new());
    while let Ok((socket, _)) = listener.accept().await {
        let connection = server.serve_connection(TokioIo::new(socket), service.clone());
        actix_web::rt::spawn(connection.into_owned());
    }
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push(path);
        }
    }
}
