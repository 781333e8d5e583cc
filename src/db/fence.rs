//! Who the service signs in as at PostgreSQL. The fences in `migrations/` hold everybody but the
//! owner of the tables and superusers; so the service must be neither.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::{Db, Multi};
use crate::kernel::error::Result;

#[derive(QueryableByName)]
struct Login {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    superuser: bool,
    #[diesel(sql_type = Bool)]
    owner: bool,
    #[diesel(sql_type = Bool)]
    service: bool,
}

/// Why nobody should serve with this login; nothing on SQLite, whose file has but one user.
pub fn objection(db: &mut Db) -> Result<Option<String>> {
    let Multi::Postgres(connection) = db.conn() else {
        return Ok(None);
    };
    let login: Login = diesel::sql_query(
        "SELECT rolname::text AS name, rolsuper OR rolbypassrls AS superuser,
                pg_has_role(oid, 'huican_service', 'MEMBER') AS service,
                EXISTS (SELECT 1 FROM pg_class c
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
                          AND pg_has_role(r.oid, c.relowner, 'MEMBER')) AS owner
         FROM pg_roles r WHERE rolname = session_user",
    )
    .get_result(connection)?;
    let name = login.name;
    let what = if login.superuser {
        format!("`{name}` is a superuser, whom no fence holds")
    } else if login.owner {
        format!("`{name}` owns the tables, and could take the fences down")
    } else if !login.service {
        format!("`{name}` is not a member of the role huican_service")
    } else {
        return Ok(None);
    };
    Ok(Some(format!(
        "{what}: give the service a login of its own \
         (CREATE ROLE huican LOGIN PASSWORD '…'; GRANT huican_service TO huican), and keep this one for `huican migrate`"
    )))
}
