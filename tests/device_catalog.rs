//! The device catalog: editions side by side, dated versions, files that bring them.

use serde_json::json;

use crate::support::stock::CATALOG;
use crate::support::{TestOffice, on_both};

const HEADER: &str = "版本,编码,名称,单位,补贴上限(元),使用月数,评估级别,执行日期,旧版编码\n";

on_both! {
    async fn editions_stand_side_by_side_with_a_mapping(office: &TestOffice) {
        let imported = office.brings_catalog(CATALOG).await.expect(201);
        assert_eq!(imported["counts"], json!({"created": 20}));
        let again = office.brings_catalog(CATALOG).await.expect(201);
        assert_eq!(again["counts"], json!({"unchanged": 20}));
        let client = office.as_user("township.990121103").await;
        let one = client.get("/v1/device-catalog/2022/122203").await.expect(200);
        assert_eq!((&one["current"]["cap_fen"], &one["current"]["use_life_months"], &one["current"]["evaluation_level"]),
            (&json!(120_000), &json!(48), &json!("county")));
        assert_eq!(one["replaces"], json!([{"edition": "2016", "code": "122203"}]));
        let old = client.get("/v1/device-catalog/2016/12%2022%2003").await.expect(200);
        assert_eq!(old["replaced_by"], json!([{"edition": "2022", "code": "122203"}]));
        assert_eq!((&old["current"]["listed"], &old["current"]["cap_fen"]), (&json!(false), &json!(100_000)));
        client.get("/v1/device-catalog/2022/999999").await.refused(404, "device_item.not_found");
        let mobility = client.get("/v1/device-catalog?edition=2022&code_prefix=12&limit=2").await.expect(200);
        assert_eq!(mobility["items"].as_array().unwrap().len(), 2);
        let next = mobility["next"].as_str().unwrap();
        let rest = client.get(&format!("/v1/device-catalog?edition=2022&code_prefix=12&limit=2&cursor={next}")).await.expect(200);
        assert_eq!((&rest["items"][0]["code"], &rest["next"]), (&json!("122203"), &json!(null)));
        let named = client.get("/v1/device-catalog?q=%E8%BD%AE%E6%A4%85&listed=true").await.expect(200);
        assert_eq!(named["items"].as_array().unwrap().len(), 2);
        client.get("/v1/device-catalog?code_prefix=1a").await.refused(400, "request.malformed");
        // Before it held.
        let before = client.get("/v1/device-catalog?edition=2022&valid_at=2021-12-31").await.expect(200);
        assert_eq!(before["items"], json!([]));
    }

    async fn what_is_laid_down_anew_holds_from_its_day_and_nothing_is_changed(office: &TestOffice) {
        office.brings_catalog(CATALOG).await.expect(201);
        let file = format!("{HEADER}2022,122203,手动轮椅车,辆,1500,48,县,2022-09-01,\n");
        let imported = office.brings_catalog(file.as_bytes()).await.expect(201);
        assert_eq!(imported["counts"], json!({"revised": 1}));
        let client = office.as_user("county.990121").await;
        let path = "/v1/device-catalog/2022/122203";
        let now = client.get(path).await.expect(200);
        assert_eq!((&now["current"]["cap_fen"], now["versions"].as_array().unwrap().len()), (&json!(120_000), 2));
        let then = client.get(&format!("{path}?valid_at=2022-09-01")).await.expect(200);
        assert_eq!((&then["current"]["cap_fen"], &then["current"]["version"]), (&json!(150_000), &json!(2)));
        let listed = client.get("/v1/device-catalog?edition=2022&code_prefix=122203&valid_at=2022-09-01").await.expect(200);
        assert_eq!(listed["items"][0]["cap_fen"], json!(150_000));
    }

    async fn rows_that_cannot_be_taken_are_told_and_the_others_count(office: &TestOffice) {
        let file = format!("{HEADER}2022,122203,手动轮椅车,辆,1200,48,县,2022-01-01,2016:12 22 03\n2022,12 06 06,助行架,个,,,乡镇,2022-01-01,\n2022,12,,个,,,乡镇,2022-01-01,\n");
        let imported = office.brings_catalog(file.as_bytes()).await.expect(201);
        assert_eq!(imported["counts"], json!({"created": 1, "rejected": 2}));
        let rows = imported["rows"].as_array().unwrap();
        assert_eq!((&rows[0]["errors"][0]["code"], &rows[0]["errors"][0]["pointer"]), (&json!("device_code.unknown"), &json!("/rows/0/replaces")));
        assert_eq!((&rows[1]["outcome"], &rows[2]["errors"][0]["code"]), (&json!("created"), &json!("device_code.format")));
        // In the encoding of the office's spreadsheets, too.
        let (gbk, _, _) = encoding_rs::GBK.encode(HEADER);
        let (row, _, _) = encoding_rs::GBK.encode("2022,122303,手动轮椅车,辆,1200,48,县,2022-01-01,\n");
        let imported = office.brings_catalog(&[gbk, row].concat()).await.expect(201);
        assert_eq!(imported["counts"], json!({"created": 1}));
        office.brings_catalog(b"a,b\n1,2\n").await.refused(422, "file.unreadable");
        let client = office.as_user("approver.990121").await;
        client.request("POST", "/v1/device-catalog/imports").content("application/octet-stream", CATALOG).send().await.refused(403, "permission.denied");
    }
}
