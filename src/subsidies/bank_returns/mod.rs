//! What the bank answers (回盘): a file a batch and content, read row by row.
