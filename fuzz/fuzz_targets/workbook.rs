//! Workbooks from within: a worksheet and its shared texts, in a sound ZIP that mutations of the
//! whole file would only break.

#![no_main]

use std::io::{Cursor, Write};

use huican_fuzz::{read_match_list, read_return, read_roster};
use libfuzzer_sys::fuzz_target;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Ends the worksheet and begins the shared texts.
const BETWEEN: &[u8] = b"\n--\n";

const PARTS: [(&str, &[u8]); 4] = [
    (
        "[Content_Types].xml",
        include_bytes!("../workbook/content_types.xml"),
    ),
    ("_rels/.rels", include_bytes!("../workbook/rels.xml")),
    (
        "xl/workbook.xml",
        include_bytes!("../workbook/workbook.xml"),
    ),
    (
        "xl/_rels/workbook.xml.rels",
        include_bytes!("../workbook/workbook_rels.xml"),
    ),
];

fuzz_target!(|content: &[u8]| {
    let place = content
        .windows(BETWEEN.len())
        .position(|part| part == BETWEEN);
    let (sheet, texts) = content.split_at(place.unwrap_or(content.len()));
    let own = [
        ("xl/worksheets/sheet1.xml", sheet),
        (
            "xl/sharedStrings.xml",
            texts.strip_prefix(BETWEEN).unwrap_or_default(),
        ),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in PARTS.into_iter().chain(own) {
        let stored =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        zip.start_file(name, stored).unwrap();
        zip.write_all(bytes).unwrap();
    }
    let file = zip.finish().unwrap().into_inner();
    read_roster(&file);
    read_return(&file);
    read_match_list(&file);
});
