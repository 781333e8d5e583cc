//! Where contents lie: in a folder, or in a bucket of a storage that speaks S3. Each is written once under the id of its
//! row, encrypted piece by piece, and is there whole or not at all.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Location;
use object_store::prefix::PrefixStore;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, WriteMultipart};

use super::model::{MediaType, Stored};
use super::thumbnail::{Picture, Studio};
use crate::kernel::crypto::{ContentKey, PIECE, Place, TAG};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::DocumentObjectId;
use crate::kernel::time::Timestamp;

/// What is handed to the storage at once, and how many such parts may be on their way. S3 takes none smaller, but the last.
const PART: usize = 1024 * 1024;
const BUCKET_PART: usize = 5 * 1024 * 1024;
const PARTS_UNDER_WAY: usize = 1;

/// Why an archive cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Folder(#[from] io::Error),
    #[error(transparent)]
    Bucket(#[from] object_store::Error),
}

/// After which a content without a row is nobody's: every upload has ended long before.
pub const ORPHANED: Duration = Duration::from_hours(24);

/// The contents of all documents; cheap to clone.
#[derive(Clone)]
pub struct Archive {
    objects: Arc<dyn ObjectStore>,
    /// None of a bucket.
    folder: Option<PathBuf>,
    part: usize,
    studio: Studio,
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// Where all contents lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchivePlace {
    Folder(PathBuf),
    /// Who may use it says the environment, as for other clients of S3 (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT` and so on).
    Bucket {
        name: String,
        prefix: String,
    },
}

impl ArchivePlace {
    /// A folder's name, or `s3://bucket/prefix`.
    pub fn parse(place: &str) -> Option<Self> {
        match place.split_once("://") {
            None if !place.is_empty() => Some(Self::Folder(place.into())),
            Some(("s3", bucket)) => {
                let (name, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
                (!name.is_empty()).then(|| Self::Bucket {
                    name: name.to_owned(),
                    prefix: prefix.trim_matches('/').to_owned(),
                })
            }
            _ => None,
        }
    }
}

impl fmt::Display for ArchivePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Bucket { name, prefix } => write!(f, "s3://{name}/{prefix}"),
        }
    }
}

/// The first digits of an id are its time; by the last ones a folder holds few.
fn location(id: DocumentObjectId) -> Location {
    let name = id.to_string();
    let shelf: String = name.chars().skip(34).collect();
    Location::from(format!("{shelf}/{name}"))
}

fn named(location: &Location) -> Option<DocumentObjectId> {
    location.filename()?.parse().ok()
}

/// What cannot be written: a disk that is full, or may not be written to, passes when somebody sees to it.
fn not_now(error: object_store::Error) -> Error {
    Error::new(Code::Busy).because(error)
}

fn content(id: DocumentObjectId) -> String {
    format!("document_objects|content|{id}")
}

impl Archive {
    pub fn at(place: &ArchivePlace) -> std::result::Result<Self, ArchiveError> {
        match place {
            ArchivePlace::Folder(folder) => Ok(Self::open(folder)?),
            ArchivePlace::Bucket { name, prefix } => {
                let bucket = AmazonS3Builder::from_env().with_bucket_name(name).build()?;
                if prefix.is_empty() {
                    return Ok(Self::on(Arc::new(bucket))?);
                }
                let within = PrefixStore::new(bucket, prefix.as_str());
                Ok(Self::on(Arc::new(within))?)
            }
        }
    }

    /// In a bucket. What an upload that broke off leaves there, a rule of the bucket removes.
    pub fn on(objects: Arc<dyn ObjectStore>) -> io::Result<Self> {
        Ok(Self {
            objects,
            folder: None,
            part: BUCKET_PART,
            studio: Studio::open()?,
        })
    }

    /// Makes the folder where it is missing.
    pub fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let objects = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self {
            objects: Arc::new(objects),
            folder: Some(folder.to_owned()),
            part: PART,
            studio: Studio::open()?,
        })
    }

    /// Begins to write a content. Dropped before its end, it leaves nothing.
    pub async fn begin(&self, id: DocumentObjectId, declared: Option<&str>) -> Result<Writing> {
        let upload = self.objects.put_multipart(&location(id)).await;
        let upload = upload.map_err(not_now)?;
        Ok(Writing {
            id,
            declared: declared.map(str::to_owned),
            media_type: None,
            content: content(id),
            key: ContentKey::fresh().map_err(Error::internal)?,
            upload: WriteMultipart::new_with_chunk_size(upload, self.part),
            waiting: Vec::with_capacity(PIECE),
            number: 0,
            size: 0,
        })
    }

    /// The content, piece by piece; at once an error where pieces are missing.
    pub async fn read(
        &self,
        stored: Stored,
        key: ContentKey,
    ) -> Result<impl Stream<Item = Result<Bytes>> + use<>> {
        let found = self.objects.get(&location(stored.id)).await;
        let found = found.map_err(Error::internal)?;
        if usize::try_from(found.meta.size) != Ok(stored.sealed_size()) {
            return Err(Error::internal(format!("{} has another size", stored.id)));
        }
        let reading = Reading {
            content: content(stored.id),
            key,
            sealed: found.into_stream(),
            waiting: Vec::with_capacity(PIECE + TAG),
            number: 0,
            left: stored.pieces(),
        };
        Ok(stream::try_unfold(reading, Reading::next))
    }

    /// A small picture of a content that is one; nothing where none can be made. What says that it is a
    /// picture and cannot be read is removed, and refused.
    pub async fn thumbnail(&self, stored: Stored, key: &ContentKey) -> Result<Option<Vec<u8>>> {
        let key = ContentKey::read(key.bytes()).map_err(Error::internal)?;
        let Ok(pieces) = self.read(stored, key).await else {
            return Ok(None);
        };
        match self.studio.picture(stored, pieces).await {
            Picture::Small(small) => Ok(Some(small)),
            Picture::NotMade => Ok(None),
            Picture::Broken => {
                // What cannot be removed now, a sweep finds.
                drop(self.remove(stored.id).await);
                Err(Error::field(
                    "",
                    "document.unreadable",
                    "the picture cannot be read: it was cut off, or is none",
                    "图片无法读取：文件不完整或不是图片",
                ))
            }
        }
    }

    pub async fn remove(&self, id: DocumentObjectId) -> Result<()> {
        match self.objects.delete(&location(id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::internal(error)),
        }
    }

    /// Ids of contents that were begun before an instant. An id says when it was made, on whatever
    /// storage.
    pub fn begun_before(
        &self,
        instant: Timestamp,
    ) -> impl Stream<Item = Result<DocumentObjectId>> + use<> {
        let old = move |meta: ObjectMeta| {
            let id = named(&meta.location)?;
            (id.made_at()? < instant).then_some(id)
        };
        self.objects
            .list(None)
            .map_err(Error::internal)
            .try_filter_map(move |meta| std::future::ready(Ok(old(meta))))
    }

    /// Removes what a process that was killed had begun to write.
    pub async fn remove_unfinished(&self, begun_before: Timestamp) -> Result<()> {
        let Some(folder) = self.folder.clone() else {
            return Ok(());
        };
        let removed = tokio::task::spawn_blocking(move || remove_unfinished(&folder, begun_before));
        removed
            .await
            .map_err(Error::internal)?
            .map_err(Error::internal)
    }
}

/// The storage writes to `<id>#<number>` until a content is whole, and does not list that.
fn remove_unfinished(folder: &Path, begun_before: Timestamp) -> io::Result<()> {
    for shelf in std::fs::read_dir(folder)? {
        let shelf = shelf?;
        // Something else that somebody put there.
        if !shelf.file_type()?.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(shelf.path())? {
            let file = file?;
            let name = file.file_name();
            let begun = name
                .to_str()
                .and_then(|name| name.split_once('#'))
                .and_then(|(id, _)| id.parse::<DocumentObjectId>().ok()?.made_at());
            if begun.is_some_and(|begun| begun < begun_before) {
                std::fs::remove_file(file.path())?;
            }
        }
    }
    Ok(())
}

/// A content on its way in.
pub struct Writing {
    id: DocumentObjectId,
    declared: Option<String>,
    media_type: Option<MediaType>,
    content: String,
    key: ContentKey,
    upload: WriteMultipart,
    /// What is not encrypted yet: whether it is the last piece shows when more comes.
    waiting: Vec<u8>,
    number: u32,
    size: usize,
}

impl fmt::Debug for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writing")
            .field("id", &self.id)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Writing {
    pub async fn add(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            if self.waiting.len() == PIECE {
                self.seal(false).await?;
            }
            let room = PIECE - self.waiting.len();
            let (some, rest) = bytes.split_at(room.min(bytes.len()));
            self.waiting.extend_from_slice(some);
            bytes = rest;
        }
        Ok(())
    }

    async fn seal(&mut self, is_last: bool) -> Result<()> {
        if self.media_type.is_none() {
            let declared = self.declared.as_deref();
            self.media_type = Some(MediaType::of(&self.waiting, declared)?);
        }
        self.size += self.waiting.len();
        let mut piece = std::mem::replace(&mut self.waiting, Vec::with_capacity(PIECE + TAG));
        let place = Place {
            content: &self.content,
            number: self.number,
            is_last,
        };
        self.key.seal(place, &mut piece).map_err(Error::internal)?;
        self.number += 1;
        let room = self.upload.wait_for_capacity(PARTS_UNDER_WAY).await;
        room.map_err(not_now)?;
        self.upload.put(piece.into());
        Ok(())
    }

    /// The content is whole and durable; what it is and its key.
    pub async fn finish(mut self) -> Result<(Stored, ContentKey)> {
        self.seal(true).await?;
        let media_type = self.media_type.ok_or_else(|| Error::internal("no type"))?;
        let finished = self.upload.finish().await;
        finished.map_err(not_now)?;
        let stored = Stored {
            id: self.id,
            media_type,
            size: self.size,
        };
        Ok((stored, self.key))
    }
}

/// A content on its way out.
struct Reading {
    content: String,
    key: ContentKey,
    sealed: BoxStream<'static, object_store::Result<Bytes>>,
    waiting: Vec<u8>,
    number: u32,
    left: usize,
}

impl Reading {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>> {
        while self.waiting.len() < PIECE + TAG {
            let Some(more) = self.sealed.next().await else {
                break;
            };
            self.waiting
                .extend_from_slice(&more.map_err(Error::internal)?);
        }
        if self.waiting.is_empty() {
            return Ok(None);
        }
        let behind = self
            .waiting
            .split_off((PIECE + TAG).min(self.waiting.len()));
        let mut piece = std::mem::replace(&mut self.waiting, behind);
        let place = Place {
            content: &self.content,
            number: self.number,
            is_last: self.left == 1,
        };
        self.key.open(place, &mut piece).map_err(Error::internal)?;
        self.number += 1;
        self.left = self.left.saturating_sub(1);
        Ok(Some((piece.into(), self)))
    }
}
