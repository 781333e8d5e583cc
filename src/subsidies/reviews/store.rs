//! SQL of reviews.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{Named, Review, ReviewOutcome};
use crate::db::schema::{enrollment_reviews, users};
use crate::db::sealed::{SealedColumn, sealed_column};
use crate::db::{Db, Tx, on_unique, types};
use crate::kernel::error::{Code, Error, Result};
use crate::kernel::id::{EnrollmentId, EnrollmentReviewId};
use crate::kernel::time::Timestamp;

types::text_columns!(ReviewOutcome);

diesel::joinable!(enrollment_reviews -> users (decided_by));
diesel::allow_tables_to_appear_in_same_query!(enrollment_reviews, users);

pub const SEALED_COLUMNS: &[SealedColumn] =
    &[sealed_column!(enrollment_reviews::comment of id: EnrollmentReviewId)];

fn place(id: EnrollmentReviewId) -> String {
    format!("enrollment_reviews|comment|{id}")
}

pub fn insert(tx: &mut Tx<'_>, review: &Review) -> Result<()> {
    let comment = review
        .comment
        .as_ref()
        .map(|text| tx.keys().seal(&place(review.id), text.as_bytes()))
        .transpose()
        .map_err(Error::internal)?;
    diesel::insert_into(enrollment_reviews::table)
        .values((
            enrollment_reviews::id.eq(review.id),
            enrollment_reviews::enrollment_id.eq(review.enrollment_id),
            enrollment_reviews::due_date.eq(review.due_date),
            enrollment_reviews::outcome.eq(review.outcome),
            enrollment_reviews::comment.eq(comment),
            enrollment_reviews::decided_by.eq(review.decided_by.0),
            enrollment_reviews::at.eq(review.at),
        ))
        .execute(tx.conn())
        .map_err(|error| {
            on_unique(
                error,
                "enrollment_reviews.enrollment_id",
                "enrollment_reviews_once",
                || Code::IfMatchStale.into(),
            )
        })?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = enrollment_reviews)]
struct Row {
    id: EnrollmentReviewId,
    enrollment_id: EnrollmentId,
    due_date: Option<NaiveDate>,
    outcome: ReviewOutcome,
    comment: Option<Vec<u8>>,
    at: Timestamp,
}

/// Of one enrollment, oldest first.
pub fn all(db: &mut Db, of: EnrollmentId) -> Result<Vec<Review>> {
    let rows: Vec<(Row, Named)> = enrollment_reviews::table
        .inner_join(users::table)
        .filter(enrollment_reviews::enrollment_id.eq(of))
        .order(enrollment_reviews::id)
        .select((
            Row::as_select(),
            (users::id, users::username, users::display_name),
        ))
        .load(db.conn())?;
    rows.into_iter().map(|row| read(db, row)).collect()
}

fn read(db: &Db, (row, decided_by): (Row, Named)) -> Result<Review> {
    let open = |sealed: Vec<u8>| {
        let plain = db.keys().open(&place(row.id), &sealed);
        let plain = plain.map_err(Error::internal)?;
        String::from_utf8(plain.to_vec()).map_err(Error::internal)
    };
    Ok(Review {
        id: row.id,
        enrollment_id: row.enrollment_id,
        due_date: row.due_date,
        outcome: row.outcome,
        comment: row.comment.map(open).transpose()?,
        decided_by,
        at: row.at,
    })
}
