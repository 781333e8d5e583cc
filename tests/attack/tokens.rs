//! Forged, stale and confused tokens, on every operation: none of them is anybody.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as URL};
use huican::kernel::crypto::SigningKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::support::{TestOffice, on_both};

const NOWHERE: &str = "0190a000-0000-7000-8000-000000000000";
const WHO: &str = "county.990121";

fn part(value: &Value) -> String {
    URL.encode(value.to_string())
}

/// A token that lacks nothing but honesty: really signed, by whatever key.
fn signed(header: &Value, claims: &Value, key: &SigningKey) -> String {
    let content = format!("{}.{}", part(header), part(claims));
    let signature = URL.encode(key.sign(content.as_bytes()));
    format!("{content}.{signature}")
}

/// `good` with some members changed, or without them where they are null.
fn with(good: &Value, changes: &Value) -> Value {
    let mut changed = good.clone();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(changed.as_object_mut().unwrap().remove(name)),
            value => changed[name] = value.clone(),
        }
    }
    changed
}

/// Tokens made out of a good one, which none of them is as good as.
fn forged(good: &str, other: &str, office: &TestOffice) -> Vec<(String, String)> {
    let keys = office.store().keys();
    let (key, seal) = (keys.token().unwrap(), keys.seal_key().unwrap());
    let decoded = |token: &str, place: usize| -> Value {
        let part = token.split('.').nth(place).unwrap();
        serde_json::from_slice(&URL.decode(part).unwrap()).unwrap()
    };
    let (header, claims, others) = (decoded(good, 0), decoded(good, 1), decoded(other, 1));
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, token: String| all.push((name.to_owned(), token));

    // Really signed: what is said is wrong.
    let now = claims["iat"].as_i64().unwrap();
    for changes in [
        json!({"exp": now - 1}),
        json!({"exp": now}),
        json!({"exp": null}),
        json!({"exp": "never"}),
        json!({"exp": -1}),
        json!({"exp": 1e300}),
        json!({"iat": now + 3_600, "exp": now + 7_200}),
        json!({"iat": null}),
        json!({"iss": "another"}),
        json!({"iss": null}),
        json!({"iss": ["huican"]}),
        json!({"aud": "another"}),
        json!({"aud": null}),
        json!({"aud": ["another"]}),
        json!({"sub": null}),
        json!({"sub": NOWHERE}),
        json!({"sub": "secadmin"}),
        json!({"sub": others["sub"]}),
        json!({"sid": null}),
        json!({"sid": NOWHERE}),
        json!({"sid": others["sid"]}),
        json!({"sid": "' OR 1=1 --"}),
    ] {
        add(
            &format!("claims {changes}"),
            signed(&header, &with(&claims, &changes), &key),
        );
    }
    for changes in [
        json!({"kid": null}),
        json!({"kid": ""}),
        json!({"kid": "unknown"}),
        json!({"kid": "../../../dev/null"}),
        json!({"kid": "' UNION SELECT 1 --"}),
        json!({"kid": 1}),
        json!({"kid": seal.id}),
        json!({"typ": null}),
        json!({"typ": "JWT"}),
        json!({"typ": "id+jwt"}),
        json!({"alg": "none"}),
        json!({"alg": "HS256"}),
        json!({"alg": "RS256"}),
        json!({"alg": "ES256"}),
        json!({"alg": "eddsa"}),
        json!({"alg": null}),
    ] {
        add(
            &format!("header {changes}"),
            signed(&with(&header, &changes), &claims, &key),
        );
    }
    // Signed with what is not the key for it.
    add("the seal's key", signed(&header, &claims, &seal));
    add(
        "the seal's key, named",
        signed(&with(&header, &json!({"kid": seal.id})), &claims, &seal),
    );
    for (name, secret) in [
        ("public key as secret", key.public.clone()),
        (
            "public key in base64 as secret",
            STANDARD.encode(&key.public).into_bytes(),
        ),
        ("empty secret", Vec::new()),
        ("kid as secret", key.id.clone().into_bytes()),
    ] {
        for algorithm in [Algorithm::HS256, Algorithm::HS512] {
            let mut header = Header::new(algorithm);
            header.kid = Some(key.id.clone());
            header.typ = Some("at+jwt".to_owned());
            let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&secret));
            add(&format!("{algorithm:?}, {name}"), token.unwrap());
        }
    }
    // A key that is sent along, or pointed to.
    let folder = tempfile::tempdir().unwrap();
    let foreign =
        huican::kernel::crypto::Keys::open_or_create(&folder.path().join("keys")).unwrap();
    let foreign = foreign.token().unwrap();
    let jwk =
        json!({"kty": "OKP", "crv": "Ed25519", "x": URL.encode(&foreign.public), "kid": key.id});
    for changes in [
        json!({}),
        json!({"kid": foreign.id}),
        json!({"jwk": jwk}),
        json!({"jku": "https://example.com/keys"}),
        json!({"x5u": "https://example.com/certificate"}),
        json!({"crit": ["exp"]}),
    ] {
        add(
            &format!("another's key, {changes}"),
            signed(&with(&header, &changes), &claims, &foreign),
        );
    }
    // The good one, damaged.
    let (content, signature) = good.rsplit_once('.').unwrap();
    let (head, body) = content.split_once('.').unwrap();
    let other_signature = other.rsplit_once('.').unwrap().1;
    let mut bit = URL.decode(signature).unwrap();
    bit[10] ^= 1;
    for (name, token) in [
        ("without a signature", format!("{content}.")),
        ("two parts", content.to_owned()),
        ("one part", head.to_owned()),
        ("four parts", format!("{good}.{signature}")),
        (
            "five parts",
            format!("{head}.{body}.{body}.{body}.{signature}"),
        ),
        (
            "another's signature",
            format!("{content}.{other_signature}"),
        ),
        (
            "another's claims",
            format!("{head}.{}.{signature}", part(&others)),
        ),
        ("zeros", format!("{content}.{}", URL.encode([0; 64]))),
        (
            "a bit of the signature",
            format!("{content}.{}", URL.encode(bit)),
        ),
        (
            "half a signature",
            format!("{content}.{}", &signature[..40]),
        ),
        ("padded", format!("{good}==")),
        ("not base64", format!("{head}.{body}.***")),
        (
            "not JSON",
            format!("{}.{body}.{signature}", URL.encode("alg")),
        ),
        (
            "a list",
            format!("{}.{body}.{signature}", URL.encode("[1]")),
        ),
        ("eight thousand letters", "a".repeat(8_000)),
        ("nothing", String::new()),
        ("twice", format!("{good} {good}")),
        ("null", "null".to_owned()),
    ] {
        add(name, token);
    }
    all
}

on_both! {
    async fn a_token_that_is_not_ours_is_nobody(office: &TestOffice) {
        let token = async |user: &str| {
            let body = json!({"username": user, "password": huican::cli::demo::offices::PASSWORD});
            office.anonymous().post("/v1/sessions", body).await.expect(201)
        };
        let text = |pair: &Value, name: &str| pair[name].as_str().unwrap().to_owned();
        let (good, other, ended) = (token(WHO).await, token("secadmin").await, token(WHO).await);
        let [good_token, other_token, ended_token] = [&good, &other, &ended].map(|pair| text(pair, "access_token"));
        let mut tokens = forged(&good_token, &other_token, office);
        office.with_token(&ended_token).delete("/v1/sessions/current").await.expect(204);
        tokens.push(("of a session that ended".to_owned(), ended_token));
        tokens.push(("a refresh token".to_owned(), text(&good, "refresh_token")));
        tokens.push(("an API key that was never issued".to_owned(), format!("hck_{}", URL.encode([7; 32]))));
        assert!(tokens.len() >= 60, "{}", tokens.len());
        office.with_token(&good_token).get("/v1/me").await.expect(200);

        let document = office.anonymous().get("/openapi.json").await.expect(200);
        let mut tried = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                if operation["x-permit"] == "public" {
                    continue;
                }
                let path = ["{id}", "{grant_id}", "{key_id}"].iter().fold(path.clone(), |path, name| path.replace(name, NOWHERE));
                for (name, token) in &tokens {
                    let reply = office.with_token(token).request(&method.to_uppercase(), &path).send().await;
                    assert_eq!(reply.status, 401, "{method} {path} with {name}");
                    tried += 1;
                }
                // In another scheme it is no token at all.
                for scheme in ["Basic", "Token", "bearer:", ""] {
                    let authorization = format!("{scheme} {good_token}");
                    let request = office.anonymous().request(&method.to_uppercase(), &path);
                    request.header("authorization", &authorization).send().await.refused(401, "session.required");
                }
            }
        }
        assert!(tried > 2_000, "{tried}");
    }
}
