//! How much a workbook unpacks to. What its directory says of that may be a lie, so it is unpacked
//! once, into nothing, and no further than is allowed.

use std::io::{self, Read, Seek};

use zip::ZipArchive;

use super::read::ReadError;

/// A roster of a hundred thousand residents takes some 60 MB.
const MOST: u64 = 256 << 20;
/// Sheets, texts, styles, pictures.
const MOST_PARTS: usize = 1_000;

/// What cannot be unpacked is left to the reader, who says so.
pub(super) fn check(file: &mut (impl Read + Seek)) -> Result<(), ReadError> {
    within(file, MOST)
}

fn within(file: &mut (impl Read + Seek), most: u64) -> Result<(), ReadError> {
    let Ok(mut archive) = ZipArchive::new(file) else {
        return Ok(());
    };
    if archive.len() > MOST_PARTS {
        return Err(ReadError::TooLarge);
    }
    let mut left = most;
    for index in 0..archive.len() {
        let Ok(part) = archive.by_index(index) else {
            continue;
        };
        let limit = left.saturating_add(1);
        let mut part = Counted {
            inner: part.take(limit),
            count: 0,
        };
        // A damaged part counts as far as it goes.
        let _ = io::copy(&mut part, &mut io::sink());
        left = left.checked_sub(part.count).ok_or(ReadError::TooLarge)?;
    }
    Ok(())
}

struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count = self
            .count
            .saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn what_unpacks_to_too_much_is_refused() {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet();
        for row in 0..500 {
            let text = format!("{row}{}", "x".repeat(30_000));
            sheet.write(row, 0, text).unwrap();
        }
        let bytes = workbook.save_to_buffer().unwrap();
        assert!(bytes.len() < 1 << 20);
        let within = |most| within(&mut Cursor::new(&bytes), most);
        assert!(within(1 << 24).is_ok());
        assert!(matches!(within(1 << 23), Err(ReadError::TooLarge)));
        assert!(within(MOST).is_ok());
    }
}
