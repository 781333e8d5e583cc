//! Contents in a bucket: what the archive does in a folder, it does there. Against a double of an S3 server, over HTTP.

use std::sync::Arc;

use futures_util::TryStreamExt;
use huican::casework::documents::Archive;
use huican::kernel::id::DocumentObjectId;
use huican::kernel::time::Timestamp;
use object_store::aws::AmazonS3Builder;

use crate::support::bucket::Bucket;

/// Of 2024.
const ID: &str = "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07";

#[actix_web::test]
async fn a_bucket_keeps_what_a_folder_would() {
    let bucket = Bucket::open();
    let store = AmazonS3Builder::new()
        .with_endpoint(&bucket.address)
        .with_allow_http(true)
        .with_region("office-1")
        .with_bucket_name("office")
        .with_access_key_id("office-key")
        .with_secret_access_key("of nobody")
        .build()
        .unwrap();
    let archive = Archive::on(Arc::new(store));
    let id: DocumentObjectId = ID.parse().unwrap();
    let mut file = b"%PDF-1.7\n".to_vec();
    file.extend((0_u32..3_000_000).flat_map(u32::to_le_bytes));

    let mut writing = archive.begin(id, Some("application/pdf")).await.unwrap();
    for part in file.chunks(100_000) {
        writing.add(part).await.unwrap();
    }
    let (stored, key) = writing.finish().await.unwrap();
    assert_eq!(stored.size, file.len());
    {
        let shelves = bucket.shelves.lock().unwrap();
        let sealed = shelves.contents.values().next().unwrap();
        assert!(!sealed.windows(8).any(|part| part == &file[..8]));
        // S3 takes no smaller ones.
        assert!(shelves.parts.len() >= 2 && shelves.parts.iter().all(|size| *size >= 5 * 1024 * 1024));
    }

    let read = archive.read(stored, key).await.unwrap();
    let pieces: Vec<_> = read.try_collect().await.unwrap();
    assert!(pieces.concat() == file);

    let begun = |instant| archive.begun_before(instant).try_collect::<Vec<_>>();
    let later = Timestamp::from_micros(1_900_000_000_000_000);
    assert_eq!(begun(later).await.unwrap(), [id]);
    let earlier = Timestamp::from_micros(1_500_000_000_000_000);
    assert_eq!(begun(earlier).await.unwrap(), []);
    // Who broke off leaves no content.
    let other: DocumentObjectId = "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08".parse().unwrap();
    let mut broken = archive.begin(other, None).await.unwrap();
    broken.add(&file[..200_000]).await.unwrap();
    drop(broken);
    assert_eq!(begun(later).await.unwrap(), [id]);
    archive.remove(id).await.unwrap();
    archive.remove(id).await.unwrap();
    assert_eq!(begun(later).await.unwrap(), []);
    bucket.close().await;
}
