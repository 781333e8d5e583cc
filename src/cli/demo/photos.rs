//! Photos of the demonstration: small pictures, each of its own color, kept as those that people bring.

use std::io::Cursor;

use actix_web::rt::{System, SystemRunner};
use image::{ImageFormat, Rgb, RgbImage};

use super::residents::permit_of;
use crate::access::acts;
use crate::casework::documents::{
    Archive, ArchivePlace, DocumentKind, NewDocument, service as documents,
};
use crate::cli::Problem;
use crate::db::Db;
use crate::kernel::crypto::sha256;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CaseId, DocumentId, DocumentObjectId};

pub struct Photos {
    archive: Archive,
    system: SystemRunner,
}

fn picture(number: u8) -> Result<Vec<u8>> {
    let picture = RgbImage::from_pixel(640, 480, Rgb([number, 120, 90]));
    let mut content = Cursor::new(Vec::new());
    let written = picture.write_to(&mut content, ImageFormat::Jpeg);
    written.map_err(Error::internal)?;
    Ok(content.into_inner())
}

impl Photos {
    pub fn open(place: &ArchivePlace) -> Result<Self, Problem> {
        let archive = Archive::at(place);
        let archive = archive.map_err(|error| format!("documents: {place}: {error}"))?;
        Ok(Self {
            archive,
            system: System::new(),
        })
    }

    async fn store(&self, id: DocumentObjectId, picture: &[u8]) -> Result<documents::Content> {
        let mut writing = self.archive.begin(id, None).await?;
        writing.add(picture).await?;
        let (stored, key) = writing.finish().await?;
        Ok(documents::Content {
            thumbnail: self.archive.thumbnail(stored, &key).await?,
            stored,
            key,
            sha256: sha256(picture),
        })
    }

    /// Adds a photo to a case, by somebody.
    pub fn add(
        &self,
        db: &mut Db,
        username: &str,
        case: CaseId,
        (name, number): (&str, u8),
    ) -> Result<DocumentId> {
        let id: DocumentObjectId = db.new_id();
        let picture = picture(number)?;
        let content = self.system.block_on(self.store(id, &picture))?;
        let permit = permit_of::<acts::DocumentWrite>(db, username)?;
        let new = NewDocument {
            kind: DocumentKind::Photo,
            name: name.to_owned(),
            requirement: None,
            replaces: None,
        };
        let added = db.write(|tx| documents::add(tx, &permit, case, &new, &content))?;
        Ok(added.id)
    }
}
