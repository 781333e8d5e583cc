//! A home, its members, and who came.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::employment::words::{self, NAME};
use crate::kernel::date;
use crate::kernel::division::DivisionCode;
use crate::kernel::error::{Code, Error, FieldError, Result};
use crate::kernel::id::{DisabilityHomeId, HomeMemberId, ResidentId, UserId};
use crate::kernel::money::Fen;
use crate::kernel::patch::stated;
use crate::kernel::text::text;
use crate::kernel::time::Timestamp;
use crate::kernel::vocabulary::vocabulary;

vocabulary! {
    /// What somebody comes for.
    pub enum MembershipKind {
        Care = "care", "日间照料";
        Sheltered = "sheltered", "辅助性就业";
    }
}

vocabulary! {
    pub enum HomeLeaveReason {
        Employed = "employed", "已就业";
        Moved = "moved", "迁居";
        Health = "health", "健康原因";
        OwnWish = "own_wish", "本人意愿";
        HomeClosed = "home_closed", "机构关闭";
        Deceased = "deceased", "死亡";
        Other = "other", "其他";
    }
}

/// What is opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDisabilityHome, example = json!({
    "name": "江南街道残疾人之家", "division_code": "990121103", "operator": "江南街道办事处", "care_places": 10, "sheltered_places": 20
}))]
pub struct NewHome {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    /// Who runs it.
    #[schema(min_length = 1, max_length = 100)]
    pub operator: String,
    #[schema(minimum = 0, maximum = 1_000)]
    pub care_places: i32,
    #[schema(minimum = 0, maximum = 1_000)]
    pub sheltered_places: i32,
    /// Today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub opened_date: Option<NaiveDate>,
}

/// What changed; a day closes it for good.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DisabilityHomePatch, example = json!({"sheltered_places": 24}))]
pub struct HomePatch {
    #[serde(default, deserialize_with = "stated")]
    #[schema(min_length = 1, max_length = 100, nullable = false)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "stated")]
    #[schema(min_length = 1, max_length = 100, nullable = false)]
    pub operator: Option<String>,
    #[serde(default, deserialize_with = "stated")]
    #[schema(minimum = 0, maximum = 1_000, nullable = false)]
    pub care_places: Option<i32>,
    #[serde(default, deserialize_with = "stated")]
    #[schema(minimum = 0, maximum = 1_000, nullable = false)]
    pub sheltered_places: Option<i32>,
    /// Once nobody is a member any more.
    #[serde(default, deserialize_with = "date::stated")]
    #[schema(nullable = false)]
    pub closed_date: Option<NaiveDate>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e13", "name": "江南街道残疾人之家", "division_code": "990121103000", "operator": "江南街道办事处",
    "care_places": 10, "sheltered_places": 20, "care_members": 4, "sheltered_members": 12, "opened_date": "2022-01-10", "closed_date": null,
    "created_by": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e08", "created_at": "2022-01-10T01:00:00.000000Z", "version": 1
}))]
pub struct DisabilityHome {
    #[schema(value_type = uuid::Uuid)]
    pub id: DisabilityHomeId,
    pub name: String,
    #[schema(value_type = String)]
    pub division_code: DivisionCode,
    pub operator: String,
    pub care_places: i32,
    pub sheltered_places: i32,
    /// Who is a member now.
    pub care_members: i64,
    pub sheltered_members: i64,
    pub opened_date: NaiveDate,
    pub closed_date: Option<NaiveDate>,
    #[schema(value_type = uuid::Uuid)]
    pub created_by: UserId,
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Timestamp,
    pub version: i32,
}

fn places(care: i32, sheltered: i32) -> Option<FieldError> {
    let fits =
        (0..=1_000).contains(&care) && (0..=1_000).contains(&sheltered) && care + sheltered > 0;
    (!fits).then(|| {
        FieldError::new(
            "/care_places",
            "places.range",
            "up to 1000 of each, and one at least",
            "各不超过1000个，且合计至少1个",
        )
    })
}

impl NewHome {
    pub fn check(
        &self,
        id: DisabilityHomeId,
        by: UserId,
        now: Timestamp,
    ) -> Result<DisabilityHome> {
        let mut errors = Vec::new();
        let name = words::keep(text("/name", &self.name, NAME), &mut errors);
        let operator = words::keep(text("/operator", &self.operator, NAME), &mut errors);
        errors.extend(places(self.care_places, self.sheltered_places));
        let today = now.office_date();
        let opened_date = self.opened_date.unwrap_or(today);
        if opened_date > today {
            errors.push(FieldError::new(
                "/opened_date",
                "opened_date.future",
                "not a day to come",
                "不得为今后的日期",
            ));
        }
        match (name, operator) {
            (Some(name), Some(operator)) if errors.is_empty() => Ok(DisabilityHome {
                id,
                name,
                division_code: self.division_code,
                operator,
                care_places: self.care_places,
                sheltered_places: self.sheltered_places,
                care_members: 0,
                sheltered_members: 0,
                opened_date,
                closed_date: None,
                created_by: by,
                created_at: now,
                version: 1,
            }),
            _ => Err(Error::fields(errors)),
        }
    }
}

impl DisabilityHome {
    /// As it is after a change.
    pub fn changed(&self, change: &HomePatch, today: NaiveDate) -> Result<Self> {
        if self.closed_date.is_some() {
            return Err(Code::HomeFull.into());
        }
        let mut new = self.clone();
        let mut errors = Vec::new();
        if let Some(name) = &change.name {
            let name = words::keep(text("/name", name, NAME), &mut errors);
            new.name = name.unwrap_or_default();
        }
        if let Some(operator) = &change.operator {
            let operator = words::keep(text("/operator", operator, NAME), &mut errors);
            new.operator = operator.unwrap_or_default();
        }
        new.care_places = change.care_places.unwrap_or(self.care_places);
        new.sheltered_places = change.sheltered_places.unwrap_or(self.sheltered_places);
        errors.extend(places(new.care_places, new.sheltered_places));
        new.closed_date = change.closed_date;
        if new
            .closed_date
            .is_some_and(|day| day > today || day < self.opened_date)
        {
            errors.push(FieldError::new(
                "/closed_date",
                "closed_date.range",
                "from the day it was opened to today",
                "须在开业日至今日之间",
            ));
        }
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        let crowded = i64::from(new.care_places) < self.care_members
            || i64::from(new.sheltered_places) < self.sheltered_members;
        let closes_on_somebody =
            new.closed_date.is_some() && self.care_members + self.sheltered_members > 0;
        if crowded || closes_on_somebody {
            return Err(Code::HomeFull.into());
        }
        Ok(Self {
            version: self.version + 1,
            ..new
        })
    }
}

/// Who becomes a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "kind": "sheltered", "daily_pay_fen": 3_000}))]
pub struct NewHomeMember {
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    pub kind: MembershipKind,
    /// Today, unless given.
    #[serde(default, deserialize_with = "date::maybe")]
    pub joined_date: Option<NaiveDate>,
    /// Of sheltered work, and only of that.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub daily_pay_fen: Option<Fen>,
}

/// Who leaves, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewHomeMemberEnding, example = json!({"left_date": "2022-09-30", "reason": "employed"}))]
pub struct NewMemberEnding {
    /// The last day.
    #[serde(deserialize_with = "date::written")]
    pub left_date: NaiveDate,
    pub reason: HomeLeaveReason,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e14", "home_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e13",
    "resident_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e07", "kind": "sheltered", "joined_date": "2022-02-01", "daily_pay_fen": 3_000,
    "left_date": null, "leave_reason": null, "version": 1
}))]
pub struct HomeMember {
    #[schema(value_type = uuid::Uuid)]
    pub id: HomeMemberId,
    #[schema(value_type = uuid::Uuid)]
    pub home_id: DisabilityHomeId,
    #[serde(skip)]
    pub division_code: Option<DivisionCode>,
    #[schema(value_type = uuid::Uuid)]
    pub resident_id: ResidentId,
    pub kind: MembershipKind,
    pub joined_date: NaiveDate,
    pub daily_pay_fen: Option<Fen>,
    /// The last day.
    pub left_date: Option<NaiveDate>,
    pub leave_reason: Option<HomeLeaveReason>,
    pub version: i32,
}

impl HomeMember {
    /// As they are once they have left; not before the last day on which they came.
    pub fn left(
        self,
        new: &NewMemberEnding,
        last_came: Option<NaiveDate>,
        today: NaiveDate,
    ) -> Result<Self> {
        if self.left_date.is_some() {
            return Err(Code::HomeMemberLeft.into());
        }
        if new.left_date > today || new.left_date < self.joined_date {
            return Err(Error::field(
                "/left_date",
                "left_date.range",
                "from the day they joined to today",
                "须在加入日至今日之间",
            ));
        }
        if let Some(last) = last_came.filter(|last| *last > new.left_date) {
            return Err(Error::field(
                "/left_date",
                "left_date.attended",
                format!("not before {last}, on which they came"),
                format!("{last}有出勤记录，不得早于该日"),
            ));
        }
        Ok(Self {
            left_date: Some(new.left_date),
            leave_reason: Some(new.reason),
            version: self.version + 1,
            ..self
        })
    }
}

/// Who came on a day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewHomeAttendance, example = json!({"date": "2022-07-04", "member_ids": ["0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e14"]}))]
pub struct NewAttendance {
    #[serde(deserialize_with = "date::written")]
    pub date: NaiveDate,
    /// Those put down already are passed over.
    #[schema(value_type = Vec<uuid::Uuid>, min_items = 1, max_items = 2_000)]
    pub member_ids: Vec<HomeMemberId>,
}

/// How many were put down for a day.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HomeAttendanceDay, example = json!({"date": "2022-07-04", "added": 12, "present": 14}))]
pub struct AttendanceDay {
    pub date: NaiveDate,
    /// By this request.
    pub added: usize,
    /// In all.
    pub present: usize,
}

/// On which days of a month a member came.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HomeAttendance, example = json!({"member_id": "0192f0c1-7d5e-7c11-9c4f-2b8a6f3d1e14", "dates": ["2022-07-04"]}))]
pub struct MemberAttendance {
    #[schema(value_type = uuid::Uuid)]
    pub member_id: HomeMemberId,
    pub dates: Vec<NaiveDate>,
}
