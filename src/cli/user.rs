//! `huican user create|grant|reset-password`: the first accounts, and the way back in.

use std::io::IsTerminal;

use clap::{Args, Subcommand};

use super::{Outcome, Problem, setup};
use crate::access::Role;
use crate::access::organizations::{self, NewOrganization, OrganizationKind};
use crate::access::users::{self, NewGrant, NewUser, password};
use crate::db::Db;
use crate::kernel::division::DivisionCode;
use crate::server::settings::Settings;

#[derive(Debug, Subcommand)]
pub enum What {
    /// Create an account; the password is read from the terminal's next line
    Create {
        username: String,
        #[arg(long)]
        display_name: String,
    },
    /// Give an account a role at an organization, which is made when it is not there
    Grant(Grant),
    /// Set a new password, read from the next line, and end all sessions
    ResetPassword { username: String },
}

#[derive(Debug, Args)]
pub struct Grant {
    username: String,
    #[arg(long)]
    role: Role,
    /// The organization's name
    #[arg(long)]
    organization: String,
    /// What it is, when it is new
    #[arg(long, default_value = "federation")]
    kind: OrganizationKind,
    /// The division it answers for
    #[arg(long, value_name = "CODE")]
    division: DivisionCode,
}

pub fn run(settings: &Settings, what: What) -> Outcome {
    let mut db = setup::connect(settings)?;
    match what {
        What::Create {
            username,
            display_name,
        } => create(
            &mut db,
            &NewUser {
                username,
                display_name,
                password: read_password()?,
            },
        ),
        What::Grant(grant) => give(&mut db, grant),
        What::ResetPassword { username } => reset(&mut db, &username),
    }
}

/// Not an argument: those can be seen by every user of the machine. Not echoed at a terminal.
fn read_password() -> Result<String, Problem> {
    if std::io::stdin().is_terminal() {
        return Ok(rpassword::prompt_password("Password: ")?);
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn create(db: &mut Db, new: &NewUser) -> Outcome {
    let display_name = users::service::check(new)?;
    let hash = password::hash(&new.password)?;
    let origin = setup::console(db);
    let user =
        db.write(|tx| users::service::create(tx, &origin, &new.username, &display_name, &hash))?;
    say!(
        "Created {} ({}); it has no role yet.",
        user.username,
        user.id
    );
    Ok(())
}

fn give(db: &mut Db, grant: Grant) -> Outcome {
    let Some((user, _)) = users::service::named(db, &grant.username)? else {
        return Err(format!("there is no account `{}`", grant.username).into());
    };
    let origin = setup::console(db);
    let known = organizations::service::named(db, &grant.organization)?;
    let organization = match known.iter().find(|one| one.division_code == grant.division) {
        Some(known) => known.id,
        None => {
            let new = NewOrganization {
                name: grant.organization,
                kind: grant.kind,
                division_code: grant.division,
            };
            db.write(|tx| organizations::service::create(tx, &origin, &new))?
                .id
        }
    };
    let new = NewGrant {
        role: grant.role,
        organization_id: organization,
        valid_from: None,
        valid_to: None,
    };
    db.write(|tx| users::service::grant(tx, &origin, user.id, &new))?;
    say!(
        "{} is now {} in {}.",
        user.username,
        grant.role,
        grant.division
    );
    Ok(())
}

fn reset(db: &mut Db, username: &str) -> Outcome {
    let Some((user, _)) = users::service::named(db, username)? else {
        return Err(format!("there is no account `{username}`").into());
    };
    let new = read_password()?;
    password::check(&new, &[&user.username, &user.display_name])?;
    let hash = password::hash(&new)?;
    let origin = setup::console(db);
    db.write(|tx| users::service::reset_password(tx, &origin, &user, &hash))?;
    say!("{username} has a new password; all its sessions have ended.");
    Ok(())
}
