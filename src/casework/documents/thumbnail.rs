//! Small pictures of photos, for lists. What cannot be read as a picture has none: that is no error of whoever brought it.

use std::io::{self, Cursor};
use std::panic::catch_unwind;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use tokio::sync::{mpsc, oneshot};

use super::model::{MediaType, Stored};
use crate::kernel::error::Result;

/// The longer side, in pixels.
const SIDE: u32 = 320;
/// What is larger has no thumbnail: a small file may say that it is a huge picture.
const WIDEST: u32 = 12_000;
const MOST_MEMORY: u64 = 128 * 1024 * 1024;
const QUALITY: u8 = 75;

/// A content that is on its way, and where its picture goes.
#[derive(Debug)]
struct Order {
    format: ImageFormat,
    size: usize,
    pieces: mpsc::Receiver<Bytes>,
    made: oneshot::Sender<Option<Vec<u8>>>,
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

    /// Of a content as it is read; nothing where none can be made.
    pub async fn picture(
        &self,
        of: Stored,
        pieces: impl Stream<Item = Result<Bytes>>,
    ) -> Option<Vec<u8>> {
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
        picture.await.ok()?
    }
}

fn serve(mut order: Order) {
    let mut content = Vec::with_capacity(order.size);
    while let Some(piece) = order.pieces.blocking_recv() {
        content.extend_from_slice(&piece);
    }
    let whole = content.len() == order.size;
    // What breaks the reader has none.
    let made = whole
        .then(|| catch_unwind(|| of(order.format, &content)).ok().flatten())
        .flatten();
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

/// A small JPEG, upright, without what a camera wrote beside the picture.
fn of(format: ImageFormat, content: &[u8]) -> Option<Vec<u8>> {
    let mut reader = ImageReader::with_format(Cursor::new(content), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(WIDEST);
    limits.max_image_height = Some(WIDEST);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let orientation = decoder.orientation().ok()?;
    let picture = DynamicImage::from_decoder(decoder).ok()?;
    let mut small = picture.thumbnail(SIDE, SIDE);
    small.apply_orientation(orientation);
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    encoder.encode_image(&small.to_rgb8()).ok()?;
    Some(jpeg)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let picture = RgbImage::from_pixel(width, height, Rgb([200, 30, 30]));
        let mut content = Cursor::new(Vec::new());
        picture.write_to(&mut content, ImageFormat::Png).unwrap();
        content.into_inner()
    }

    #[test]
    fn a_thumbnail_is_small_and_keeps_its_shape() {
        let small = of(ImageFormat::Png, &png(1_600, 800)).unwrap();
        let read = image::load_from_memory(&small).unwrap();
        assert_eq!((read.width(), read.height()), (320, 160));
        assert!(small.len() < 64 * 1024);
    }

    #[test]
    fn what_is_no_picture_has_none() {
        let whole = png(64, 64);
        let cut = whole.get(..whole.len() / 2).unwrap();
        for (format, content) in [
            (ImageFormat::Png, cut),
            (ImageFormat::Jpeg, &whole[..]),
            (ImageFormat::Jpeg, &b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"[..]),
            (ImageFormat::Png, &[][..]),
        ] {
            assert_eq!(of(format, content), None);
        }
        // Few bytes that say they are many pixels.
        assert_eq!(of(ImageFormat::Png, &png(WIDEST + 1, 1)), None);
    }

    #[test]
    fn papers_have_none() {
        assert_eq!(format(MediaType::Jpeg), Some(ImageFormat::Jpeg));
        assert_eq!(format(MediaType::Pdf), None);
        assert_eq!(format(MediaType::Webp), None);
    }
}
