//! Bodies and query strings that, when they cannot be read, say which field it was and why.

use std::borrow::Cow;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::{DeserializeOwned, IgnoredAny};

use super::Sent;
use crate::kernel::crypto::sha256;
use crate::kernel::date::DateError;
use crate::kernel::division::DivisionCodeError;
use crate::kernel::error::{Code, Error, FieldError};
use crate::kernel::money::FenError;
use crate::kernel::month::MonthError;

/// Large enough for any form here; rosters come by file.
pub const BODY_LIMIT: usize = 256 * 1024;

/// How long a body may take to arrive: one that never ends would hold its connection for ever.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// A JSON body, parsed, with the fingerprint of the request it came in.
#[derive(Debug)]
pub struct Body<T> {
    value: T,
    sent: Sent,
    fingerprint: Vec<u8>,
}

impl<T> Body<T> {
    pub fn into_inner(self) -> T {
        self.value
    }

    /// As it came in, to be compared with what there is.
    pub fn sent(&self) -> Sent {
        self.sent.clone()
    }

    /// The value and a hash of method, path and body: two requests with the same are the same.
    pub fn into_parts(self) -> (T, Vec<u8>) {
        (self.value, self.fingerprint)
    }
}

impl<T> Deref for Body<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let is_json = media.split(';').next().is_some_and(|kind| {
            let kind = kind.trim().to_ascii_lowercase();
            kind == "application/json" || kind == "application/merge-patch+json"
        });
        let route = format!("{} {}\n", request.method(), request.path());
        let bytes = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            if !is_json {
                return Err(Error::new(Code::RequestMedia).detail(
                    "Content-Type must be application/json",
                    "Content-Type 须为 application/json",
                ));
            }
            let arrived = timeout(BODY_TIMEOUT, bytes).await;
            let arrived = arrived.map_err(|_elapsed| Code::RequestTooSlow)?;
            let bytes = arrived.map_err(|error| {
                let code = if error.as_response_error().status_code().as_u16() == 413 {
                    Code::RequestTooLarge
                } else {
                    Code::RequestMalformed
                };
                Error::new(code)
            })?;
            let fingerprint = sha256(&[route.as_bytes(), &bytes].concat());
            Ok(Self {
                value: parse(&bytes)?,
                sent: bytes.into(),
                fingerprint,
            })
        })
    }
}

/// Whether a JSON text has the escape of U+0000; an escaped backslash before `u0000` is none.
fn escapes_nul(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(place) = rest.iter().position(|byte| *byte == b'\\') {
        let escape = rest.get(place + 1..).unwrap_or_default();
        if escape.starts_with(b"u0000") {
            return true;
        }
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    // Serde would read an array as a form's fields in their order.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Error::field(
            "",
            "field.invalid",
            "the body is an object",
            "请求体须为对象",
        ));
    }
    if escapes_nul(bytes) {
        return Err(Error::new(Code::RequestMalformed).detail(
            "text holds the character U+0000, which no database keeps",
            "文本中含有空字符（U+0000）",
        ));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        // To the parser a null where a word should be is bad syntax.
        if inner.is_data() || serde_json::from_slice::<IgnoredAny>(bytes).is_ok() {
            Error::fields(vec![misread(pointer, &inner.to_string())])
        } else {
            Error::new(Code::RequestMalformed).detail(
                format!("not JSON: {inner}"),
                format!("不是有效的 JSON：{inner}"),
            )
        }
    })?;
    json.end().map_err(|error| {
        Error::new(Code::RequestMalformed).detail(
            format!("not JSON: {error}"),
            format!("不是有效的 JSON：{error}"),
        )
    })?;
    Ok(value)
}

/// `field "x" of /a/b`: a missing or unknown field is named by the parser's message only.
fn misread(mut pointer: String, message: &str) -> FieldError {
    let message = message.split(" at line ").next().unwrap_or(message);
    let named = |prefix: &str| {
        message
            .strip_prefix(prefix)
            .and_then(|rest| rest.split('`').next())
    };
    let (code, field) = if let Some(field) = named("missing field `") {
        ("field.missing", Some(field))
    } else if let Some(field) = named("unknown field `") {
        ("field.unknown", Some(field))
    } else {
        ("field.invalid", named("duplicate field `"))
    };
    if let Some(field) = field.filter(|field| !pointer.ends_with(&format!("/{field}"))) {
        pointer = format!("{pointer}/{field}");
    }
    let message = plainly(&without_value(message));
    FieldError::new(pointer, code, message.as_str(), in_chinese(&message))
}

/// What parsers of numbers, ids and instants say of a text, in words of the office.
fn plainly(message: &str) -> String {
    match message {
        "invalid digit found in string" => "a whole number".to_owned(),
        "premature end of input"
        | "input contains invalid characters"
        | "input is out of range"
        | "trailing input" => "an instant is written as 2022-07-05T08:00:00Z".to_owned(),
        _ if message.starts_with("UUID parsing failed") => "an id is a UUID".to_owned(),
        _ => message.to_owned(),
    }
}

/// The same in Chinese; names of fields and values stay as they are sent.
fn in_chinese(message: &str) -> String {
    let known = [
        (DateError.to_string(), DateError.zh()),
        (MonthError.to_string(), MonthError.zh()),
        (DivisionCodeError.to_string(), DivisionCodeError.zh()),
        (FenError::TooLarge.to_string(), FenError::TooLarge.zh()),
        ("a whole number".to_owned(), "应为整数"),
        (
            "an instant is written as 2022-07-05T08:00:00Z".to_owned(),
            "时间格式应为2022-07-05T08:00:00Z",
        ),
        ("an id is a UUID".to_owned(), "编号应为UUID"),
    ];
    if let Some((_, said)) = known.iter().find(|(english, _)| english == message) {
        return (*said).to_owned();
    }
    let told = [
        ("missing field ", "缺少字段"),
        ("unknown field ", "没有此字段"),
        ("duplicate field ", "重复的字段"),
        ("unknown variant", "不在可选值之内"),
        ("invalid type", "类型不符"),
        ("invalid value", "取值不符"),
    ];
    let Some((beginning, said)) = told
        .iter()
        .find(|(beginning, _)| message.starts_with(beginning))
    else {
        return format!("字段有误：{message}");
    };
    let rest = message.strip_prefix(beginning).unwrap_or_default();
    let (what, expected) = rest.split_once(", ").unwrap_or((rest, ""));
    let expected = expected
        .trim_start_matches("expected ")
        .trim_start_matches("one of ");
    let expected = match expected {
        "" | "there are no fields" => String::new(),
        expected => format!("，应为 {}", kind(expected)),
    };
    format!("{said}{}{expected}", kind(what))
}

/// What kind of value it is, as serde calls it.
fn kind(said: &str) -> Cow<'_, str> {
    let bare = said.trim_start_matches(": ");
    let known = match bare {
        "a string" | "string" | "str" => "文本",
        "integer" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "整数",
        "floating point" | "f64" => "小数",
        "a boolean" | "boolean" => "布尔值",
        "a sequence" | "sequence" => "数组",
        "a map" | "map" => "对象",
        "null" => "空值",
        _ if bare.starts_with("struct ") => "对象",
        _ => return said.into(),
    };
    if bare.len() < said.len() {
        format!("：{known}").into()
    } else {
        known.into()
    }
}

/// What was expected and what kind of thing came, but not that itself: it may be somebody's number,
/// sent in a wrong place, and errors are logged and passed on.
fn without_value(message: &str) -> Cow<'_, str> {
    let told = ["invalid type: ", "invalid value: ", "unknown variant "];
    if !told.iter().any(|beginning| message.starts_with(beginning)) {
        return message.into();
    }
    let kind = message
        .split(['"', '`', ','])
        .next()
        .unwrap_or_default()
        .trim_end();
    // The value may hold the words; what is expected follows the last of them.
    let expected = message.rsplit(", expected ").next().unwrap_or_default();
    format!("{kind}, expected {expected}").into()
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// A query string.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Params<T> {
    type Error = Error;
    type Future = std::future::Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let parsed = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(
            form_pairs(request.query_string()),
        ));
        std::future::ready(parsed.map(Self).map_err(|error| {
            let at = pointer(error.path());
            let field = misread(at, &error.into_inner().to_string());
            let name = field.pointer.trim_start_matches('/');
            Error::parameter(name, field.code, field.detail.en, field.detail.zh)
        }))
    }
}

fn form_pairs(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Outer {
        inner: Vec<Inner>,
    }
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Inner {
        number: u8,
    }

    #[test]
    fn a_value_in_the_wrong_place_is_not_repeated() {
        let said = without_value;
        assert_eq!(
            said("invalid type: integer `12000001234`, expected a string"),
            "invalid type: integer, expected a string"
        );
        assert_eq!(
            said(r#"invalid type: string "1, expected 2", expected u8"#),
            "invalid type: string, expected u8"
        );
        assert_eq!(
            said("unknown variant `12000001234`, expected `a` or `b`"),
            "unknown variant, expected `a` or `b`"
        );
        assert_eq!(
            said("invalid type: map, expected a string"),
            "invalid type: map, expected a string"
        );
        assert_eq!(said("missing field `otp`"), "missing field `otp`");
    }

    #[test]
    fn what_is_wrong_is_said_in_chinese() {
        for (english, chinese) in [
            ("missing field `name`", "缺少字段`name`"),
            (
                "unknown field `age`, expected `name` or `sex`",
                "没有此字段`age`，应为 `name` or `sex`",
            ),
            (
                "unknown variant, expected one of `a`, `b`",
                "不在可选值之内，应为 `a`, `b`",
            ),
            (
                "invalid type: null, expected a string",
                "类型不符：空值，应为 文本",
            ),
            (
                "invalid type: map, expected i64",
                "类型不符：对象，应为 整数",
            ),
            ("duplicate field `state`", "重复的字段`state`"),
            ("an id is a UUID", "编号应为UUID"),
        ] {
            assert_eq!(in_chinese(english), chinese);
        }
        assert_eq!(in_chinese(&DateError.to_string()), DateError.zh());
    }

    #[test]
    fn the_field_at_fault_is_named() {
        let at = |json: &str| {
            let error = parse::<Outer>(json.as_bytes()).unwrap_err();
            error
                .field_errors()
                .first()
                .map(|field| (field.pointer.clone(), field.code))
        };
        assert_eq!(
            at(r#"{"inner":[{"number":1},{"number":"x"}]}"#),
            Some(("/inner/1/number".into(), "field.invalid"))
        );
        assert_eq!(
            at(r#"{"inner":[{}]}"#),
            Some(("/inner/0/number".into(), "field.missing"))
        );
        assert_eq!(
            at(r#"{"inner":[],"more":1}"#),
            Some(("/more".into(), "field.unknown"))
        );
        assert_eq!(
            parse::<Outer>(b"{").unwrap_err().code(),
            Code::RequestMalformed
        );
        assert_eq!(
            parse::<Outer>(br#"{"inner":[]} x"#).unwrap_err().code(),
            Code::RequestMalformed
        );
    }
}
