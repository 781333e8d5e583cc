//! Contents in a bucket: what the archive does in a folder, it does there. Against a server that speaks S3.

use std::sync::Arc;

use futures_util::TryStreamExt;
use huican::casework::documents::Archive;
use huican::kernel::id::DocumentObjectId;
use huican::kernel::time::Timestamp;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::prefix::PrefixStore;
use serde_json::{Value, json};

use crate::documents::{SAID, scan};
use crate::support::bucket::{BUCKET, Bucket, KEY};
use crate::support::console::{Console, data, sign_in};
use crate::support::people::{id_of, person};
use crate::support::served::Served;

/// Of 2024.
const ID: &str = "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07";
const OTHER: &str = "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08";

fn client(of: &Bucket, secret: &str) -> AmazonS3 {
    AmazonS3Builder::new()
        .with_endpoint(&of.address)
        .with_allow_http(true)
        .with_region("office-1")
        .with_bucket_name(BUCKET)
        .with_access_key_id(KEY.0)
        .with_secret_access_key(secret)
        .build()
        .unwrap()
}

#[actix_web::test]
async fn a_bucket_keeps_what_a_folder_would() {
    let bucket = Bucket::open();
    let within = PrefixStore::new(client(&bucket, KEY.1), "documents");
    let archive = Archive::on(Arc::new(within)).unwrap();
    let id: DocumentObjectId = ID.parse().unwrap();
    let mut file = b"%PDF-1.7\n".to_vec();
    file.extend((0_u32..3_000_000).flat_map(u32::to_le_bytes));

    let mut writing = archive.begin(id, Some("application/pdf")).await.unwrap();
    for part in file.chunks(100_000) {
        writing.add(part).await.unwrap();
    }
    // Not there before it is whole.
    let begun = |instant| archive.begun_before(instant).try_collect::<Vec<_>>();
    let later = Timestamp::from_micros(1_900_000_000_000_000);
    assert_eq!(begun(later).await.unwrap(), []);
    let (stored, key) = writing.finish().await.unwrap();
    assert_eq!(stored.size, file.len());
    let whole = bucket.contents();
    assert_eq!(whole.len(), 1);
    assert!(whole[0].ends_with(format!("documents/07/{ID}")));
    let sealed = std::fs::read(&whole[0]).unwrap();
    assert!(sealed.len() > file.len() && !sealed.windows(8).any(|part| part == &file[..8]));

    let read = archive.read(stored, key).await.unwrap();
    let pieces: Vec<_> = read.try_collect().await.unwrap();
    assert!(pieces.concat() == file);

    assert_eq!(begun(later).await.unwrap(), [id]);
    let earlier = Timestamp::from_micros(1_500_000_000_000_000);
    assert_eq!(begun(earlier).await.unwrap(), []);
    // Who broke off leaves no content.
    let other: DocumentObjectId = OTHER.parse().unwrap();
    let mut broken = archive.begin(other, None).await.unwrap();
    broken.add(&file[..200_000]).await.unwrap();
    drop(broken);
    assert_eq!(begun(later).await.unwrap(), [id]);
    archive.remove(id).await.unwrap();
    archive.remove(id).await.unwrap();
    assert_eq!(
        (begun(later).await.unwrap(), bucket.contents()),
        (vec![], vec![])
    );
}

#[actix_web::test]
async fn a_bucket_that_refuses_is_told_as_busy() {
    let bucket = Bucket::open();
    let archive = Archive::on(Arc::new(client(&bucket, "of somebody"))).unwrap();
    let refused = archive.begin(ID.parse().unwrap(), None).await;
    assert_eq!(refused.unwrap_err().code().as_str(), "service.busy");
}

#[test]
fn documents_go_to_a_bucket_by_setting() {
    let bucket = Bucket::open();
    let console = Console::sqlite();
    console.furnish();
    console.says(&["import", "programs", &data("programs.json")]);
    let mut command = console.command(&["serve"]);
    command.envs([
        ("HUICAN_FICTIONAL_DIVISIONS", "true"),
        ("HUICAN_DOCUMENTS", "s3://office/documents"),
        ("AWS_ENDPOINT", &bucket.address),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "office-1"),
        ("AWS_ACCESS_KEY_ID", KEY.0),
        ("AWS_SECRET_ACCESS_KEY", KEY.1),
    ]);
    let served = Served::start(&mut command);
    let token = sign_in(&served);
    let made = |path: &str, body: &Value| {
        let (status, made) = served.call("POST", path, Some(&token), body);
        assert_eq!(status, 201, "{made}");
        id_of(&made)
    };
    let resident = made("/v1/residents", &person());
    let filed = json!({"resident_id": resident, "program_code": "nursing_subsidy"});
    let path = format!("/v1/cases/{}/documents?{SAID}", made("/v1/cases", &filed));
    let file = scan(12_000_000);
    let (status, added) = served.transfer("POST", &path, &token, &file, file.len());
    assert_eq!((status, bucket.contents().len()), (201, 1));
    let content = format!(
        "/v1/documents/{}/content",
        id_of(&serde_json::from_slice(&added).unwrap())
    );
    assert!(served.transfer("GET", &content, &token, b"", 0) == (200, file));
    // What is refused leaves nothing there.
    let (status, _) = served.transfer("POST", &path, &token, b"MZ renamed", 10);
    assert_eq!((status, bucket.contents().len()), (422, 1));
}
