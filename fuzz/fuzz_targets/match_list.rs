//! Lists of other offices as files: CSV in UTF-8 or GBK, and whatever calls itself a workbook.

#![no_main]

use huican_fuzz::read_match_list;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| read_match_list(file));
