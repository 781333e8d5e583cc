//! Documents: kept encrypted, handed out on record, withdrawn or replaced but never gone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::console::{Console, data, sign_in};
use crate::support::people::{PDF, id_of, person};
use crate::support::renovations::picture;
use crate::support::served::Served;
use crate::support::{Backend, Reply, TestOffice, on_both};

const TOWNSHIP: &str = "township.990121103";
pub const SAID: &str = "kind=income_proof&name=%E4%BD%8E%E4%BF%9D%E8%AF%81%E6%98%8E.pdf";

/// A file of several pieces, the last not full, nowhere the same.
pub fn scan(length: usize) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    file.extend(
        (0_u32..)
            .flat_map(u32::to_le_bytes)
            .take(length - file.len()),
    );
    file
}

/// All files beneath a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let shelves = std::fs::read_dir(folder)
        .unwrap()
        .map(|shelf| shelf.unwrap().path());
    let files = shelves.flat_map(|shelf| std::fs::read_dir(shelf).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

impl TestOffice {
    /// How many contents are stored.
    fn contents(&self) -> usize {
        files(&self.archive()).len()
    }

    async fn attached(&self, case: &str) -> Value {
        let township = self.as_user(TOWNSHIP).await;
        township
            .get(&format!("/v1/cases/{case}/documents"))
            .await
            .expect(200)
    }

    async fn download(&self, document: &str) -> Reply {
        let county = self.as_user("county.990121").await;
        county
            .get(&format!("/v1/documents/{document}/content"))
            .await
    }

    /// From a month on, the nursing subsidy asks for a proof, and may have a photograph.
    async fn ask_for_documents(&self) {
        let author = self.as_user("supervisor.990100").await;
        let path = "/v1/programs/nursing_subsidy";
        let versions = author
            .get(&format!("{path}/versions?valid_at=2022-07-04"))
            .await
            .expect(200);
        let mut terms = versions["items"][0].clone();
        for own in ["id", "program_code", "version"] {
            terms.as_object_mut().unwrap().remove(own);
        }
        terms["effective_from"] = json!("2022-08-01");
        terms["required_documents"] = json!([
            {"code": "income_proof", "zh": "低保证明", "en": "proof of income"},
            {"code": "photo", "zh": "近照", "en": "a photograph", "optional": true},
        ]);
        let draft = id_of(
            &author
                .post(&format!("{path}/drafts"), terms)
                .await
                .expect(201),
        );
        let approver = self.as_user("supervisor2.990100").await;
        approver
            .post_seen(&format!("{path}/drafts/{draft}/approval"), 1, json!({}))
            .await
            .expect(201);
        self.pass_days(28).await;
    }
}

on_both! {
    async fn a_document_is_kept_encrypted_and_handed_out_on_record(office: &TestOffice) {
        let case = office.draft().await;
        let township = office.as_user(TOWNSHIP).await;
        let file = scan(200_000);
        let added = township
            .request("POST", &format!("/v1/cases/{case}/documents?{SAID}"))
            .content("application/pdf", &file)
            .send()
            .await;
        let document = added.expect(201);
        let id = id_of(&document);
        assert_eq!(added.header("location"), Some(format!("/v1/documents/{id}").as_str()));
        assert_eq!((&document["name"], &document["media_type"]), (&json!("低保证明.pdf"), &json!("application/pdf")));
        assert_eq!((&document["size"], &document["withdrawal"]), (&json!(200_000), &json!(null)));
        let read = township.get(&format!("/v1/documents/{id}")).await.expect(200);
        assert_eq!((&read, &office.attached(&case).await["items"]), (&document, &json!([document])));

        let handed = office.download(&id).await;
        assert!(handed.status == 200 && handed.body == file);
        assert_eq!(handed.header("content-type"), Some("application/pdf"));
        assert_eq!(
            handed.header("content-disposition"),
            Some("attachment; filename*=UTF-8''%E4%BD%8E%E4%BF%9D%E8%AF%81%E6%98%8E.pdf")
        );
        office.as_user("finance.990121").await.get(&format!("/v1/documents/{id}/content")).await.refused(403, "permission.denied");
        let auditor = office.as_user("auditor.990121").await;
        for (action, times) in [("document.added", 1), ("document.content_viewed", 1), ("case.documents_viewed", 1)] {
            let events = auditor.get(&format!("/v1/audit/events?action={action}")).await.expect(200);
            assert_eq!(events["items"].as_array().unwrap().len(), times, "{action}");
            assert!(!events.to_string().contains("低保证明"), "{events}");
        }

        // Nothing of it lies there in clear; what was changed there is not handed out.
        let stored = files(&office.archive()).pop().unwrap();
        let sealed = std::fs::read(&stored).unwrap();
        assert!(!sealed.windows(8).any(|part| part == &file[..8] || part == &file[70_000..70_008]));
        let tampered = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = sealed.clone();
            change(&mut bytes);
            std::fs::write(&stored, bytes).unwrap();
        };
        tampered(&|bytes| bytes[100_000] ^= 1);
        assert_eq!(office.download(&id).await.body, b"");
        // Two pieces in each other's place.
        tampered(&|bytes| bytes[..131_104].rotate_left(65_552));
        assert_eq!(office.download(&id).await.body, b"");
        tampered(&|bytes| bytes.truncate(131_104));
        office.download(&id).await.refused(500, "service.internal");
        std::fs::remove_file(&stored).unwrap();
        office.download(&id).await.refused(500, "service.internal");
    }

    async fn what_is_no_document_is_refused_and_leaves_nothing(office: &TestOffice) {
        let case = office.draft().await;
        let township = office.as_user(TOWNSHIP).await;
        let path = format!("/v1/cases/{case}/documents");
        let executable = [&b"MZ\x90\x00"[..], &[0; 100]].concat();
        let send = async |said: &str, media: &str, content: &[u8]| {
            township.request("POST", &format!("{path}?{said}")).content(media, content).send().await
        };
        send("kind=photo&name=photo.jpg", "image/jpeg", &executable).await.refused_field("", "document.type");
        send("kind=photo&name=photo.jpg", "image/jpeg", b"").await.refused_field("", "document.type");
        send("kind=photo&name=photo.jpg", "image/jpeg", PDF).await.refused_field("Content-Type", "document.type_mismatch");
        send("kind=virus&name=a", "", PDF).await.refused_parameter("kind", "field.invalid");
        send("kind=photo", "", PDF).await.refused_parameter("name", "field.missing");
        for name in ["", "%20", "..%2Fpasswd", "a%0Ab"] {
            send(&format!("kind=photo&name={name}"), "", PDF).await.refused_parameter("name", "name.invalid");
        }
        send("kind=photo&name=a&requirement=photo", "", PDF).await.refused_parameter("requirement", "requirement.unknown");
        let large = scan(20 * 1024 * 1024 + 1);
        send("kind=photo&name=a", "application/pdf", &large).await.refused(413, "request.too_large");
        office.as_user("county.990122").await.attach(&case, SAID, PDF).await.refused(404, "case.not_found");
        office.as_user("approver.990121").await.attach(&case, SAID, PDF).await.refused(403, "permission.denied");
        township.act(&case, "withdraw").await.expect(201);
        send(SAID, "", PDF).await.refused(409, "case.closed");
        // Staged parts go by themselves, soon.
        let mut waits = 0..50;
        while office.contents() > 0 {
            waits.next().unwrap();
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(office.attached(&case).await["items"], json!([]));

        // As large as may be.
        let case = office.draft().await;
        let whole = &large[..large.len() - 1];
        let document = id_of(&township.attach(&case, SAID, whole).await.expect(201));
        assert!(office.download(&document).await.body == whole);
    }

    async fn a_photo_has_a_small_picture_and_what_only_says_so_is_refused(office: &TestOffice) {
        let case = office.draft().await;
        let township = office.as_user(TOWNSHIP).await;
        let add = async |said: &str, content: &[u8]| {
            let added = township.attach(&case, said, content).await.expect(201);
            format!("/v1/cases/{case}/documents/{}/thumbnail", id_of(&added))
        };
        let photo = picture(7);
        let small = add("kind=photo&name=a.jpg", &photo).await;
        assert_eq!(office.attached(&case).await["items"][0]["has_thumbnail"], json!(true));
        let seen = township.get(&small).await;
        assert_eq!((seen.status.as_u16(), seen.header("content-type")), (200, Some("image/jpeg")));
        let read = image::load_from_memory(&seen.body).unwrap();
        assert_eq!((read.width(), read.height()), (320, 240));
        // Nothing of it lies in the database in clear.
        let clear = match office.backend {
            Backend::Sqlite => "document_thumbnails WHERE substr(content, 1, 2) = x'ffd8'",
            Backend::Postgres => "document_thumbnails WHERE substr(content, 1, 2) = '\\xffd8'::bytea",
        };
        assert_eq!(office.count(clear), 0);
        // As large as may be, and the same once more: stored once, with one small picture.
        let large = [photo.clone(), vec![0; 20 * 1024 * 1024 - photo.len()]].concat();
        for _ in 0..2 {
            let small = add("kind=photo&name=b.jpg", &large).await;
            assert_eq!(township.get(&small).await.status.as_u16(), 200);
        }
        assert_eq!((office.contents(), office.count("document_thumbnails")), (2, 2));
        // Cut off on its way into the camera's card.
        for length in [4, 40, photo.len() / 2] {
            let cut = township.attach(&case, "kind=photo&name=c.jpg", &photo[..length]).await;
            cut.refused_field("", "document.unreadable");
        }
        assert_eq!(office.contents(), 2);
        let paper = add("kind=photo&name=d.pdf", PDF).await;
        assert_eq!(office.attached(&case).await["items"][3]["has_thumbnail"], json!(false));
        township.get(&paper).await.refused(404, "document.no_thumbnail");
        // Of a case in sight, and of that case.
        office.as_user("county.990122").await.get(&small).await.refused(404, "case.not_found");
        office.as_user("finance.990121").await.get(&small).await.refused(403, "permission.denied");
        let other = office.draft().await;
        let elsewhere = small.replace(&case, &other);
        township.get(&elsewhere).await.refused(404, "document.not_found");
        let auditor = office.as_user("auditor.990121").await;
        let looks = auditor.get("/v1/audit/events?action=document.thumbnail_viewed").await.expect(200);
        assert_eq!(looks["items"].as_array().unwrap().len(), 3);
    }

    async fn the_same_file_is_stored_once_for_one_person(office: &TestOffice) {
        let resident = office.resident().await;
        let [nursing, living] = [
            office.draft_for(&resident, "nursing_subsidy").await,
            office.draft_for(&resident, "living_subsidy").await,
        ];
        let township = office.as_user(TOWNSHIP).await;
        let file = scan(70_000);
        for case in [&nursing, &nursing, &living] {
            let added = township.attach(case, SAID, &file).await.expect(201);
            assert!(office.download(&id_of(&added)).await.body == file);
        }
        assert_eq!(office.contents(), 1);
        assert_eq!(office.attached(&nursing).await["items"].as_array().unwrap().len(), 2);
        // Of another person nothing is told.
        let other = office.draft().await;
        township.attach(&other, SAID, &file).await.expect(201);
        assert_eq!(office.contents(), 2);
        // The same request is the same document.
        let send = async |content: &[u8]| {
            let request = township.request("POST", &format!("/v1/cases/{other}/documents?{SAID}"));
            request.key("scan-1").content("application/pdf", content).send().await
        };
        let first = send(PDF).await;
        first.expect(201);
        assert_eq!(send(PDF).await.body, first.body);
        send(&file).await.refused(422, "idempotency_key.reused");
        assert_eq!(office.contents(), 3);
    }

    async fn a_document_is_withdrawn_or_replaced_and_stays(office: &TestOffice) {
        let case = office.draft().await;
        let township = office.as_user(TOWNSHIP).await;
        let add = async |said: &str| township.attach(&case, said, PDF).await;
        let [first, second] = [id_of(&add(SAID).await.expect(201)), id_of(&add(SAID).await.expect(201))];
        let withdraw = async |document: &str, reason: &str| {
            township.post(&format!("/v1/documents/{document}/withdrawal"), json!({"reason": reason})).await
        };
        withdraw(&first, " ").await.refused_field("/reason", "reason.length");
        let withdrawn = withdraw(&first, "误传他人材料").await.expect(201);
        assert_eq!(withdrawn["withdrawal"]["reason"], "误传他人材料");
        withdraw(&first, "误传他人材料").await.refused(409, "document.withdrawn");
        add(&format!("{SAID}&replaces={first}")).await.refused(409, "document.withdrawn");
        assert_eq!(office.download(&first).await.body, PDF);

        // What a case was submitted with is replaced, not taken away.
        township.act(&case, "submit").await.expect(201);
        withdraw(&second, "看不清").await.refused(409, "document.submitted");
        let third = id_of(&add(&format!("{SAID}&replaces={second}")).await.expect(201));
        let items = office.attached(&case).await["items"].clone();
        assert_eq!(items[0], withdrawn);
        assert_eq!((&items[1]["withdrawal"]["replaced_by"], &items[1]["withdrawal"]["reason"]), (&json!(third), &json!(null)));
        assert_eq!(items[2]["withdrawal"], json!(null));
        let elsewhere = office.draft().await;
        let wrong = township.attach(&elsewhere, &format!("{SAID}&replaces={third}"), PDF).await;
        wrong.refused_parameter("replaces", "document.elsewhere");
        let nowhere = "0190a000-0000-7000-8000-000000000000";
        add(&format!("{SAID}&replaces={nowhere}")).await.refused(404, "document.not_found");
        office.as_user("county.990122").await.get(&format!("/v1/documents/{third}/content")).await.refused(404, "document.not_found");
        let auditor = office.as_user("auditor.990121").await;
        let events = auditor.get("/v1/audit/events?action=document.withdrawn").await.expect(200);
        assert_eq!((&events["items"][0]["reason"], &events["items"][1]), (&json!("误传他人材料"), &json!(null)));
        let reviewer = office.as_user("township2.990121103").await;
        reviewer.act_saying(&case, "reject", Some("不符合")).await.expect(201);
        withdraw(&third, "本人要求").await.refused(409, "case.closed");
    }

    async fn a_case_is_submitted_with_what_its_program_asks_for(office: &TestOffice) {
        let early = office.draft().await;
        assert_eq!(office.attached(&early).await["checklist"], json!([]));
        office.ask_for_documents().await;
        let township = office.as_user(TOWNSHIP).await;
        let checklist = async || office.attached(&early).await["checklist"].clone();
        let asked = checklist().await;
        assert_eq!((&asked[0]["code"], &asked[0]["optional"]), (&json!("income_proof"), &json!(false)));
        assert_eq!(asked[0]["fulfilled_by"], json!(null));
        let refused = township.act(&early, "submit").await.refused(422, "case.documents_missing");
        assert_eq!((&refused["missing"], &refused["detail"]), (&json!(["income_proof"]), &json!("缺少：低保证明")));

        let proof = format!("{SAID}&requirement=income_proof");
        let first = id_of(&township.attach(&early, &proof, PDF).await.expect(201));
        assert_eq!(checklist().await[0]["fulfilled_by"], first.as_str());
        let why = json!({"reason": "证明过期"});
        township.post(&format!("/v1/documents/{first}/withdrawal"), why).await.expect(201);
        township.act(&early, "submit").await.refused(422, "case.documents_missing");
        // A document that names no requirement fulfils none.
        township.attach(&early, SAID, PDF).await.expect(201);
        township.act(&early, "submit").await.refused(422, "case.documents_missing");
        let second = id_of(&township.attach(&early, &proof, PDF).await.expect(201));
        township.act(&early, "submit").await.expect(201);
        assert_eq!(checklist().await[0]["fulfilled_by"], second.as_str());
    }

    async fn what_no_document_has_is_swept(office: &TestOffice) {
        let case = office.draft().await;
        let township = office.as_user(TOWNSHIP).await;
        let document = id_of(&township.attach(&case, SAID, PDF).await.expect(201));
        let kept = files(&office.archive()).pop().unwrap();
        let shelf = kept.parent().unwrap();
        // Whole but without a row, and what a process that was killed had begun.
        let leave = |suffix: &str| {
            let name = format!("{}{suffix}", office.store().given().new_id::<huican::kernel::id::DocumentObject>());
            let place = office.archive().join(&name[34..36]);
            std::fs::create_dir_all(&place).unwrap();
            std::fs::write(place.join(name), PDF).unwrap();
        };
        leave("");
        leave("#1");
        std::fs::write(shelf.join("readme"), PDF).unwrap();
        office.pass_days(1).await;
        leave("");
        leave("#1");
        assert_eq!((office.sweep().await, office.contents()), (0, 6));
        office.pass(Duration::from_secs(1)).await;
        // Those of today may still be under way.
        assert_eq!((office.sweep().await, office.contents()), (1, 4));
        assert_eq!(office.sweep().await, 0);
        assert_eq!(office.download(&document).await.body, PDF);
    }
}

/// Over the network, and with keys that change.
#[test]
fn only_whole_files_are_kept_and_newer_keys_open_them() {
    let console = Console::sqlite();
    console.furnish();
    console.says(&["import", "programs", &data("programs.json")]);
    let mut command = console.command(&["serve"]);
    let served = Served::start(command.env("HUICAN_FICTIONAL_DIVISIONS", "true"));
    let token = sign_in(&served);
    let made = |path: &str, body: &Value| {
        let (status, made) = served.call("POST", path, Some(&token), body);
        assert_eq!(status, 201, "{made}");
        id_of(&made)
    };
    let resident = made("/v1/residents", &person());
    let filed = json!({"resident_id": resident, "program_code": "nursing_subsidy"});
    let path = format!("/v1/cases/{}/documents?{SAID}", made("/v1/cases", &filed));
    let file = scan(3_000_000);

    // Cut off on the way.
    let (status, _) = served.transfer("POST", &path, &token, &file[..2_000_000], file.len());
    assert_ne!(status, 201);
    let archive = console.folder.path().join("office.documents");
    let mut waits = 0..100;
    while !files(&archive).is_empty() {
        waits.next().unwrap();
        std::thread::park_timeout(Duration::from_millis(50));
    }

    let (status, added) = served.transfer("POST", &path, &token, &file, file.len());
    assert_eq!(status, 201);
    let document = id_of(&serde_json::from_slice(&added).unwrap());
    let content = format!("/v1/documents/{document}/content");
    let download = || served.transfer("GET", &content, &token, b"", 0);
    assert!(download() == (200, file.clone()));
    // Key and name of the document, and what there is of the person; no content.
    let sealed = std::fs::read(&files(&archive)[0]).unwrap();
    console.says(&["keys", "renew", "encryption"]);
    console.says(&["keys", "retire", "encryption"]);
    assert!(download() == (200, file));
    assert!(std::fs::read(&files(&archive)[0]).unwrap() == sealed);

    // Seven large files, in and out one after another, need less memory than one of them.
    let before = served.peak();
    let large = scan(20 * 1024 * 1024);
    for _ in 0..7 {
        let (status, added) = served.transfer("POST", &path, &token, &large, large.len());
        assert_eq!(status, 201);
        let document = id_of(&serde_json::from_slice(&added).unwrap());
        let content = format!("/v1/documents/{document}/content");
        assert!(served.transfer("GET", &content, &token, b"", 0).1 == large);
    }
    let grown = served.peak() - before;
    assert!(grown < 20 * 1024, "{grown} KiB");

    // Pictures are read whole, one at a time: the sixth needs no more than the first did.
    let mut photo = picture(9);
    photo.resize(20 * 1024 * 1024, 0);
    let mut first = 0;
    for round in 0..6_u8 {
        *photo.last_mut().unwrap() = round;
        let (status, _) = served.transfer("POST", &path, &token, &photo, photo.len());
        assert_eq!(status, 201);
        if round == 0 {
            first = served.peak();
        }
    }
    let grown = served.peak() - first;
    assert!(grown < 10 * 1024, "{grown} KiB");
}
