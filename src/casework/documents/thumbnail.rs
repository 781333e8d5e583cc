//! Small pictures of photos, for lists; in making them shows what only begins like a picture.

use std::io::{self, Cursor};
use std::panic::catch_unwind;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use image::codecs::jpeg::JpegEncoder;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, Limits,
};
use tokio::sync::{mpsc, oneshot};

use super::model::{MediaType, Stored};
use crate::kernel::error::Result;

/// The longer side, in pixels.
const SIDE: u32 = 320;
/// What is larger has no thumbnail: a small file may say that it is a huge picture.
const WIDEST: u32 = 12_000;
const MOST_MEMORY: u64 = 128 * 1024 * 1024;
const QUALITY: u8 = 75;

/// What came of looking at a content.
#[derive(Debug, PartialEq, Eq)]
pub enum Picture {
    Small(Vec<u8>),
    /// It is no picture, or one too large or too uncommon to be made small here.
    NotMade,
    /// It says that it is a picture, and cannot be read as one: it was cut off, or is none.
    Broken,
}

/// A content that is on its way, and where its picture goes.
#[derive(Debug)]
struct Order {
    format: ImageFormat,
    size: usize,
    pieces: mpsc::Receiver<Bytes>,
    made: oneshot::Sender<Picture>,
}

/// Makes small pictures on one thread, one after another: however many are brought, it takes the memory of one.
#[derive(Debug, Clone)]
pub struct Studio {
    orders: mpsc::Sender<Order>,
}

impl Studio {
    pub fn open() -> io::Result<Self> {
        let (orders, mut waiting) = mpsc::channel(1);
        let work = move || {
            while let Some(order) = waiting.blocking_recv() {
                serve(order);
            }
        };
        std::thread::Builder::new()
            .name("pictures".to_owned())
            .spawn(work)?;
        Ok(Self { orders })
    }

    /// Of a content as it is read.
    pub async fn picture(&self, of: Stored, pieces: impl Stream<Item = Result<Bytes>>) -> Picture {
        self.ordered(of, pieces).await.unwrap_or(Picture::NotMade)
    }

    /// Nothing where the content is of a kind that has none, or could not be read.
    async fn ordered(
        &self,
        of: Stored,
        pieces: impl Stream<Item = Result<Bytes>>,
    ) -> Option<Picture> {
        let (sending, coming) = mpsc::channel(1);
        let (made, picture) = oneshot::channel();
        let order = Order {
            format: format(of.media_type)?,
            size: of.size,
            pieces: coming,
            made,
        };
        self.orders.send(order).await.ok()?;
        let mut pieces = std::pin::pin!(pieces);
        while let Some(piece) = pieces.next().await {
            sending.send(piece.ok()?).await.ok()?;
        }
        drop(sending);
        picture.await.ok()
    }
}

fn serve(mut order: Order) {
    let mut content = Vec::with_capacity(order.size);
    while let Some(piece) = order.pieces.blocking_recv() {
        content.extend_from_slice(&piece);
    }
    let made = if content.len() == order.size {
        // What breaks the reader is none.
        catch_unwind(|| of(order.format, &content)).unwrap_or(Picture::Broken)
    } else {
        Picture::NotMade
    };
    // Whoever gave up waiting wants none.
    let _gone = order.made.send(made);
}

/// How a picture is read; nothing for what is none, or of a kind that has no thumbnails.
fn format(of: MediaType) -> Option<ImageFormat> {
    match of {
        MediaType::Jpeg => Some(ImageFormat::Jpeg),
        MediaType::Png => Some(ImageFormat::Png),
        _ => None,
    }
}

fn of(format: ImageFormat, content: &[u8]) -> Picture {
    if format == ImageFormat::Jpeg && jpeg_end(content).is_none() {
        return Picture::Broken;
    }
    match small(format, content) {
        Ok(small) => Picture::Small(small),
        Err(ImageError::Limits(_) | ImageError::Unsupported(_)) => Picture::NotMade,
        Err(_) => Picture::Broken,
    }
}

/// Where a JPEG ends by its own markers: readers are content with one that was cut off, and show the rest
/// in grey. What a camera puts behind the end does not matter.
fn jpeg_end(content: &[u8]) -> Option<usize> {
    const END: u8 = 0xD9;
    let marker = |at: usize| match content.get(at..at + 2) {
        Some([0xFF, kind]) => Some(*kind),
        _ => None,
    };
    let mut at = 2;
    loop {
        match marker(at)? {
            END => return Some(at),
            0xFF => at += 1,
            kind => {
                let length = content.get(at + 2..at + 4)?;
                at += 2 + usize::from(u16::from_be_bytes(length.try_into().ok()?));
                // Behind the header of a scan its data go on until a marker that is none of theirs.
                while kind == 0xDA && matches!(marker(at), None | Some(0 | 0xD0..=0xD7)) {
                    at += 1;
                    if at >= content.len() {
                        return None;
                    }
                }
            }
        }
    }
}

/// A small JPEG, upright, without what a camera wrote beside the picture.
fn small(format: ImageFormat, content: &[u8]) -> ImageResult<Vec<u8>> {
    let mut reader = ImageReader::with_format(Cursor::new(content), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(WIDEST);
    limits.max_image_height = Some(WIDEST);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let picture = DynamicImage::from_decoder(decoder)?;
    let mut small = picture.thumbnail(SIDE, SIDE);
    small.apply_orientation(orientation);
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    encoder.encode_image(&small.to_rgb8())?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    fn picture(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
        let picture = RgbImage::from_pixel(width, height, Rgb([200, 30, 30]));
        let mut content = Cursor::new(Vec::new());
        picture.write_to(&mut content, format).unwrap();
        content.into_inner()
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        picture(ImageFormat::Png, width, height)
    }

    #[test]
    fn a_thumbnail_is_small_and_keeps_its_shape() {
        let Picture::Small(small) = of(ImageFormat::Png, &png(1_600, 800)) else {
            panic!("no picture")
        };
        let read = image::load_from_memory(&small).unwrap();
        assert_eq!((read.width(), read.height()), (320, 160));
        assert!(small.len() < 64 * 1024);
    }

    #[test]
    fn what_only_begins_like_a_picture_is_broken() {
        let whole = png(64, 64);
        for (format, content) in [
            (ImageFormat::Jpeg, &whole[..]),
            (ImageFormat::Jpeg, &b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"[..]),
            (ImageFormat::Jpeg, &b"\xff\xd8\xff\xe0"[..]),
            (ImageFormat::Png, &[][..]),
        ] {
            assert_eq!(of(format, content), Picture::Broken);
        }
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let whole = picture(format, 640, 480);
            for parts in 1..8 {
                let cut = whole.get(..whole.len() * parts / 8).unwrap();
                assert_eq!(of(format, cut), Picture::Broken, "{format:?} {parts}/8");
            }
            let followed = [&whole[..], b"\xff\xda and a film"].concat();
            assert!(matches!(of(format, &followed), Picture::Small(_)));
        }
        // Few bytes that say they are many pixels.
        assert_eq!(of(ImageFormat::Png, &png(WIDEST + 1, 1)), Picture::NotMade);
    }

    #[test]
    fn papers_have_none() {
        assert_eq!(format(MediaType::Jpeg), Some(ImageFormat::Jpeg));
        assert_eq!(format(MediaType::Pdf), None);
        assert_eq!(format(MediaType::Webp), None);
    }
}
