//! The one table of what can go wrong: its name, its class, and its title in both languages.

macro_rules! classes {
    ($($(#[$doc:meta])* $class:ident;)*) => {
        /// What kind of trouble a code is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Class { $($(#[$doc])* $class),* }

        impl Class {
            pub const ALL: &[Self] = &[$(Self::$class),*];
        }
    };
}

classes! {
    /// The request cannot be read.
    Malformed;
    Unauthenticated;
    Forbidden;
    NotFound;
    MethodNotAllowed;
    Conflict;
    /// The caller's copy is older than ours.
    Stale;
    /// The request did not come to its end in time.
    TooSlow;
    TooLarge;
    UnsupportedMedia;
    /// Readable, but against a rule.
    Unprocessable;
    PreconditionRequired;
    TooMany;
    /// Ours, and passing.
    Unavailable;
    /// Ours.
    Internal;
}

macro_rules! codes {
    ($($code:ident = $name:literal, $class:ident, $en:literal, $zh:literal;)*) => {
        /// A stable name that clients may switch on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($code),* }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$code),*];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $name),* }
            }

            pub const fn class(self) -> Class {
                match self { $(Self::$code => Class::$class),* }
            }

            pub const fn title_en(self) -> &'static str {
                match self { $(Self::$code => $en),* }
            }

            pub const fn title_zh(self) -> &'static str {
                match self { $(Self::$code => $zh),* }
            }
        }
    };
}

codes! {
    RequestMalformed = "request.malformed", Malformed, "The request cannot be read", "请求无法解析";
    RequestInvalid = "request.invalid", Unprocessable, "The request breaks a rule", "请求内容不符合规则";
    RequestTooLarge = "request.too_large", TooLarge, "The request is too large", "请求过大";
    RequestTooSlow = "request.too_slow", TooSlow, "The request took too long to arrive", "请求传输超时";
    RequestMedia = "request.unsupported_media_type", UnsupportedMedia, "Send JSON", "请以 JSON 提交";
    RouteNotFound = "route.not_found", NotFound, "There is no such address", "没有这个地址";
    MethodNotAllowed = "route.method_not_allowed", MethodNotAllowed, "This address does not take that method", "该地址不支持此方法";
    CursorInvalid = "cursor.invalid", Malformed, "The cursor does not belong to this list", "游标不属于此列表";
    IfMatchMissing = "if_match.missing", PreconditionRequired, "Send If-Match with the version you saw", "请用 If-Match 提交所见版本";
    IfMatchStale = "if_match.stale", Stale, "It has changed since you read it", "内容已被他人修改";
    IdempotencyKeyReused = "idempotency_key.reused", Unprocessable, "This key was used for another request", "幂等键已用于其他请求";
    IdempotencyKeyInvalid = "idempotency_key.invalid", Malformed, "An idempotency key has 1 to 100 visible characters", "幂等键须为 1 至 100 个可见字符";
    IdempotencyKeyBusy = "idempotency_key.in_progress", Conflict, "The first request with this key is still running", "同一幂等键的请求仍在处理";

    SessionRequired = "session.required", Unauthenticated, "Sign in first", "请先登录";
    SessionInvalid = "session.invalid", Unauthenticated, "The session has ended; sign in again", "会话已失效，请重新登录";
    CredentialsWrong = "session.credentials", Unauthenticated, "User name or password is wrong", "用户名或密码错误";
    RefreshReused = "session.refresh_reused", Unauthenticated, "This refresh token was already used; the session has been ended", "刷新令牌已被使用，会话已终止";
    OtpRequired = "session.otp_required", Unauthenticated, "Send the one-time password of your second factor", "请提交动态口令";
    OtpWrong = "session.otp_wrong", Unauthenticated, "The one-time password is wrong or was used already", "动态口令错误或已使用";
    StepUpRequired = "session.step_up_required", Forbidden, "Show your second factor again first", "请先再次验证动态口令";
    SecondFactorKept = "second_factor.confirmed", Conflict, "You have a second factor; remove it first", "已启用动态口令，请先停用";
    SecondFactorNotFound = "second_factor.not_found", NotFound, "There is no second factor", "未启用动态口令";
    SessionNotFound = "session.not_found", NotFound, "You have no such session", "您没有这个会话";
    LoginDelayed = "session.delayed", TooMany, "Too many failed attempts; wait a little", "失败次数过多，请稍后再试";
    PermissionDenied = "permission.denied", Forbidden, "Your role does not allow this", "您的角色无此权限";

    UserNotFound = "user.not_found", NotFound, "There is no such user", "没有这个用户";
    UsernameTaken = "user.username_taken", Conflict, "This user name is taken", "用户名已被占用";
    OrganizationNotFound = "organization.not_found", NotFound, "There is no such organization in your sight", "您的可见范围内没有该机构";
    GrantNotFound = "grant.not_found", NotFound, "There is no such grant", "没有这项授权";
    ApiKeyNotFound = "api_key.not_found", NotFound, "There is no such API key", "没有这个接口密钥";
    GrantExclusive = "grant.exclusive", Conflict, "System, security and audit administrators exclude each other and every other role", "系统、安全、审计管理员互斥，且不得兼任其他角色";
    DivisionNotFound = "division.not_found", NotFound, "There is no such division in your sight", "您的可见范围内没有该区划";

    ResidentNotFound = "resident.not_found", NotFound, "There is no such resident in your sight", "您的可见范围内没有该残疾人";
    ResidentDuplicate = "resident.duplicate", Conflict, "This person is registered already", "该人已登记";
    ResidentElsewhere = "resident.registered_elsewhere", Conflict, "This person is registered with another office", "该人已在其他单位登记";
    ResidentMerged = "resident.merged", Conflict, "This record was merged; the kept one counts in its place", "该记录已合并，请使用保留的记录";
    ResidentMergeConflict = "resident.merge_conflict", Conflict, "Both records have an open case or benefit in one program", "两条记录在同一项目均有在办个案或正在享受";
    MergeNotFound = "merge.not_found", NotFound, "There is no such merge in your sight", "您的可见范围内没有该合并事项";
    MergeOpen = "merge.open", Conflict, "Another decision about one of these records waits", "其中一条记录已有待决定的合并或拆分";
    MergeDecided = "merge.decided", Conflict, "This proposal does not allow that any more, or not yet", "该事项当前状态不允许此操作";
    MergeSeparation = "merge.separation_of_duties", Forbidden, "Who proposed a merge or split does not decide it, and only who proposed it withdraws it", "提出人不得决定本人提出的事项，且仅提出人可撤回";
    MergeRole = "merge.role", Forbidden, "This action belongs to another role", "此操作由其他岗位办理";
    HouseholdNotFound = "household.not_found", NotFound, "This resident is in no household in your sight", "您的可见范围内该人没有所在家庭";
    HouseholdMemberNotFound = "household_member.not_found", NotFound, "There is no such member of this household", "该家庭没有这名成员";
    HouseholdMember = "household.member_already", Conflict, "This person is a member of a household already", "该人已是某一家庭的成员";
    FactOverlaps = "fact.overlaps", Conflict, "Another fact already holds for part of this period", "该期间已有同类事实";

    ProgramNotFound = "program.not_found", NotFound, "There is no such program", "没有这个项目";
    ProgramNoVersion = "program.no_version", Unprocessable, "No version of this program is in force there on that date", "该地当日没有生效的项目版本";
    ProgramOverlap = "program.overlap", Conflict, "Another version is in force for part of this period", "该期间已有生效版本";
    ProgramTaken = "program.code_taken", Conflict, "There is a program with this code", "项目代码已存在";
    ProgramDraftNotFound = "program_draft.not_found", NotFound, "There is no such draft", "没有这份草案";
    ProgramDraftDecided = "program_draft.decided", Conflict, "The draft was approved or discarded, and is never edited", "草案已批准或作废，不得修改";
    ProgramDraftOfAnother = "program_draft.of_another", Forbidden, "A draft is changed by its author only", "草案只能由起草人修改";
    ProgramDraftBeyond = "program_draft.beyond", Forbidden, "It is drafted for more than your divisions", "草案的适用区域超出您的管辖范围";
    SimulationNotFound = "simulation.not_found", NotFound, "There is no such simulation in your sight", "您的可见范围内没有该模拟";
    ProgramSeparation = "program.separation_of_duties", Forbidden, "Who wrote a draft does not approve it", "起草人不得批准本人起草的草案";

    CaseNotFound = "case.not_found", NotFound, "There is no such case in your sight", "您的可见范围内没有该个案";
    CaseOpen = "case.already_open", Conflict, "The resident already has an open case or benefit in this program", "该人在此项目已有在办个案或正在享受";
    CaseTransition = "case.transition_not_allowed", Conflict, "The case is not in a state that allows this", "个案当前状态不允许此操作";
    CaseSeparation = "case.separation_of_duties", Forbidden, "Who filed, reviewed or approved a case takes no other step of it", "申报、审核、审批须由不同人员办理";
    CaseRecusal = "case.recusal_required", Forbidden, "Who is related to the resident takes no step of their cases", "与当事人有利害关系的须回避";
    CaseOwnDecision = "case.own_decision", Forbidden, "Whoever rejected or stopped a case does not judge that decision", "作出原决定的人员不得办理复查";
    CaseReconsidered = "case.reconsidered", Conflict, "This decision was reconsidered, or is", "对该决定已申请过复查";
    CaseReconsiderationLate = "case.reconsideration_late", Conflict, "The time to ask for reconsideration is over", "申请复查的期限已过";
    CaseStepRole = "case.step_role", Forbidden, "This step belongs to another role", "此环节由其他岗位办理";
    CaseNotEligible = "case.not_eligible", Unprocessable, "The program's rules find the resident not eligible", "按项目规则不符合条件";
    CaseNeedsInformation = "case.needs_information", Unprocessable, "Facts needed for a decision are missing", "缺少作出决定所需的信息";

    CaseResidentMoved = "case.resident_moved", Conflict, "The resident lives in another county by now: an application is filed there", "当事人已迁往其他县，请在迁入地提出申请";
    CaseClosed = "case.closed", Conflict, "The case is closed", "个案已结束";
    CaseDocumentsMissing = "case.documents_missing", Unprocessable, "Required documents are missing", "缺少必需的材料";
    DocumentNotFound = "document.not_found", NotFound, "There is no such document in your sight", "您的可见范围内没有该材料";
    DocumentNoThumbnail = "document.no_thumbnail", NotFound, "There is no small picture of this document", "该材料没有缩略图";
    DocumentWithdrawn = "document.withdrawn", Conflict, "The document was withdrawn already", "该材料已撤回";
    DocumentSubmitted = "document.submitted", Conflict, "A case was submitted with this document; add another that replaces it", "个案已随该材料提交，请以新材料替换";
    ApplicationNotFound = "application.not_found", NotFound, "There is no such application in your sight", "您的可见范围内没有该申请";
    ApplicationSubmitted = "application.submitted", Conflict, "The application has no draft left to submit", "该申请没有待提交的个案";
    RecusalNotFound = "recusal.not_found", NotFound, "There is no such declared relation to this resident", "没有这项回避申报";
    RecusalDeclared = "recusal.declared", Conflict, "You have declared a relation to this resident already", "您已申报与该人的关系";
    RecusalEnded = "recusal.ended", Conflict, "This declared relation has ended already", "该项回避申报已终止";
    RecusalOwn = "recusal.own", Forbidden, "Somebody else ends a relation that you declared", "本人申报的回避须由他人终止";
    TaskNotFound = "task.not_found", NotFound, "No review step of such a case waits in your sight", "您的可见范围内没有该待办";
    TaskTaken = "task.taken", Conflict, "The task is somebody's already", "该待办已有人办理";
    FollowUpEnded = "follow_up.ended", Conflict, "This follow-up is done or cancelled already", "该回访已办结或已取消";
    SupplementNotFound = "supplement.not_found", NotFound, "There is no such request in your sight", "您的可见范围内没有该补正通知";
    SupplementOpen = "supplement.open", Conflict, "An earlier request waits for its answer", "已有待答复的补正通知";
    SupplementEnded = "supplement.ended", Conflict, "This request waits for no answer", "该补正通知已答复或已失效";
    TaskNotEligible = "task.not_eligible", Forbidden, "You may not take this step", "您不能办理此环节";
    NoticeNotFound = "notice.not_found", NotFound, "There is no such decision notice in your sight", "您的可见范围内没有该决定书";
    NoticeServed = "notice.served", Conflict, "The notice was served already", "该决定书已送达";

    ReferralNotFound = "referral.not_found", NotFound, "There is no such referral in your sight", "您的可见范围内没有该转介";
    ReferralTransition = "referral.transition_not_allowed", Conflict, "The referral is not in a state that allows this", "转介当前状态不允许此操作";
    ReferralSide = "referral.other_side", Forbidden, "This is for the other side to do, and never for who offered it", "应由另一方办理，转介人不得代为承接";

    TransferNotFound = "transfer.not_found", NotFound, "There is no such transfer in your sight", "您的可见范围内没有该移交";
    TransferTransition = "transfer.transition_not_allowed", Conflict, "The transfer is decided already", "该移交已有结果";
    TransferSide = "transfer.other_side", Forbidden, "This is for the other side to do, and never for who offered it", "应由另一方办理，移交人不得代为接收";
    ResidentInTransfer = "resident.in_transfer", Conflict, "The resident is being transferred; until that is decided, cases stand still", "该人正在移交，移交办结前个案暂停办理";

    FileUnreadable = "file.unreadable", Unprocessable, "The file cannot be read", "文件无法读取";

    EnrollmentNotFound = "enrollment.not_found", NotFound, "There is no such enrollment in your sight", "您的可见范围内没有该享受资格";
    PaymentBatchEnded = "payment_batch.benefit_ended", Conflict, "A benefit was ended or held back since for a month that the batch pays: cancel it and make another", "批次所含月份的待遇已退出或停发，请取消后重新制作";
    EntitlementNotFound = "entitlement.not_found", NotFound, "There is no such entitlement in your sight", "您的可见范围内没有该月度应发";
    EntitledAlready = "entitlement.already", Conflict, "Something is due already to this person of this program for this month", "该人该项目当月已有应发";
    PublicListNotFound = "public_list.not_found", NotFound, "There is no such public list in your sight", "您的可见范围内没有该公示清单";
    PublicListEmpty = "public_list.empty", Conflict, "Nothing was paid of this program there in these months", "该期间没有已发放的款项";
    RunNotFound = "entitlement_run.not_found", NotFound, "There is no such run in your sight", "您的可见范围内没有该月度核算";
    RunOpen = "entitlement_run.open", Conflict, "A run of this division and month is under way", "该区划当月的核算正在进行";
    RunTransition = "entitlement_run.transition_not_allowed", Conflict, "The run is not in a state that allows this", "核算当前状态不允许此操作";
    EnrollmentTransition = "enrollment.transition_not_allowed", Conflict, "The enrollment is not in a state that allows this", "享受资格当前状态不允许此操作";
    ClaimVoucherUsed = "claim.voucher_used", Conflict, "This voucher was claimed with already", "该缴费凭证已申报过";
    EnrollmentExclusive = "enrollment.exclusive", Conflict, "The resident has a benefit that excludes this one in these months", "该人同期正在享受与此互斥的待遇";

    PaymentBatchNotFound = "payment_batch.not_found", NotFound, "There is no such payment batch in your sight", "您的可见范围内没有该发放批次";
    PaymentBatchEmpty = "payment_batch.nothing_payable", Conflict, "Nothing is due there that could be paid", "没有可发放的应发金额";
    PaymentBatchTransition = "payment_batch.transition_not_allowed", Conflict, "The payment batch is not in a state that allows this", "发放批次当前状态不允许此操作";
    PaymentBatchSeparation = "payment_batch.separation_of_duties", Forbidden, "Who made, checked or released a batch takes no other step of it", "制单、复核、发放须由三个不同人员办理";
    PaymentBatchRole = "payment_batch.step_role", Forbidden, "This step belongs to another role", "此环节由其他岗位办理";
    PaymentBatchFlagged = "payment_batch.flagged", Conflict, "Something speaks against payments of this batch: somebody must say why it does not", "批次中有疑点未排除，不得发放";
    PaymentBatchAltered = "payment_batch.altered", Conflict, "The payments are not those that were submitted", "发放明细与提交时不一致";
    PaymentBatchUnreleased = "payment_batch.not_released", Conflict, "The batch is not released", "该批次尚未发放";
    PaymentNotFound = "payment.not_found", NotFound, "There is no such payment in your sight", "您的可见范围内没有该笔发放";
    PaymentFlagNotFound = "payment_flag.not_found", NotFound, "There is no such flag of this batch", "该批次没有这个疑点";
    PaymentFlagCleared = "payment_flag.cleared", Conflict, "The flag was cleared already, or its batch is decided", "该疑点已排除，或批次已办结";
    PaymentFlagOwn = "payment_flag.own", Forbidden, "Whoever made a batch does not clear its flags", "制单人不得排除本批次的疑点";
    PayableInPayment = "payable.in_payment", Conflict, "What is owed here is being paid, was paid or was withdrawn", "该笔应付款已列入发放、已支付或已撤销";
    OrganizationNotPaid = "organization.not_paid", Conflict, "Only institutions are paid for services", "只有定点机构才可登记收款账户";
    OrganizationAccountNotFound = "organization_account.not_found", NotFound, "There is no such account of this organization", "该机构没有这个收款账户";
    OrganizationAccountProposed = "organization_account.proposed", Conflict, "Another account of this organization waits to be confirmed", "该机构已有待确认的收款账户";
    OrganizationAccountThatDay = "organization_account.that_day", Conflict, "Another account of this organization was confirmed from the same day on", "该机构同一生效日已有确认的收款账户";
    OrganizationAccountDecided = "organization_account.decided", Conflict, "This account was confirmed or rejected already", "该收款账户已确认或已不予确认";
    OrganizationAccountOwn = "organization_account.own", Forbidden, "Who proposed an account does not decide it", "提出人不得确认自己提出的收款账户";
    EntitlementInPayment = "entitlement.in_payment", Conflict, "This month is being paid or was paid", "该月已列入发放或已发放";
    MatchListRead = "match_list.imported_already", Conflict, "This list was imported already", "该名单已导入";
    MatchNotFound = "match.not_found", NotFound, "There is no such match in your sight", "您的可见范围内没有该比对结果";
    MatchDecided = "match.decided", Conflict, "The match was decided already", "该比对结果已核实";
    MatchOwn = "match.own", Forbidden, "Whoever imported a list does not decide its matches", "名单导入人不得核实其比对结果";
    RecoveryNotFound = "recovery.not_found", NotFound, "There is no such recovery in your sight", "您的可见范围内没有该追回";
    RecoveryNothing = "recovery.nothing_overpaid", Conflict, "No month was paid in which the benefit did not run", "没有多发的月份";
    RecoveryTransition = "recovery.transition_not_allowed", Conflict, "The recovery is not in a state that allows this", "追回当前状态不允许此操作";
    RecoveryOwn = "recovery.own", Forbidden, "Somebody else decides what one has opened or proposed", "不得审批或撤销本人发起的追回事项";
    RecoveryRest = "recovery.exceeds_rest", Conflict, "This is more than is left to recover", "超出尚未追回的金额";
    RecoveryMoved = "recovery.moved", Conflict, "Something was recovered already or is being kept back", "已有追回或正在抵扣，不能撤销";
    RecoveryMovementNotFound = "recovery_movement.not_found", NotFound, "There is no such movement of this recovery", "该追回没有这笔款项";
    RecoveryMovementDecided = "recovery_movement.decided", Conflict, "The movement was decided already", "该笔款项已审批";
    RecoveryReceiptUsed = "recovery_movement.receipt_used", Conflict, "This receipt proves another refund already", "该收据已登记";
    BudgetMissing = "budget.missing", Conflict, "No budget is laid down for this program, county and year", "该项目当年没有预算";
    BudgetExceeded = "budget.exceeded", Conflict, "This is more than the budget leaves", "超出预算";
    BankReturnRead = "bank_return.read_already", Conflict, "This file was read already", "该回盘文件已导入";
    BankReturnNotFound = "bank_return.not_found", NotFound, "There is no such bank return of this batch", "该批次没有这个回盘文件";

    InstitutionNotFound = "institution.not_found", NotFound, "There is no such designated institution", "没有该定点机构";
    InstitutionApplied = "institution.applied", Conflict, "The institution has applied already", "该机构已提出申请";
    InstitutionTransition = "institution.transition_not_allowed", Conflict, "The institution is not in a state that allows this", "定点机构当前状态不允许此操作";
    InstitutionOwn = "institution.own", Forbidden, "Nobody signs what they applied for or proposed, nor for the institution they work at", "不得签订本人申请、拟订或所在机构的协议";
    InstitutionNotAgreed = "institution.not_agreed", Conflict, "No agreement is in force with the institution for this service and division", "该机构在此区划没有生效的该类服务协议";
    InstitutionFull = "institution.full", Conflict, "The institution has no free place", "该机构名额已满";
    AgreementNotFound = "institution_agreement.not_found", NotFound, "There is no such agreement with this institution", "该机构没有这份协议";
    AgreementSigned = "institution_agreement.signed", Conflict, "The agreement was signed already", "该协议已签订";
    AgreementOverlaps = "institution_agreement.overlaps", Conflict, "Another agreement with the institution holds in that time", "该时段已有生效协议";
    RehabilitationPlanNotFound = "rehabilitation_plan.not_found", NotFound, "There is no such rehabilitation plan in your sight", "您的可见范围内没有该康复计划";
    RehabilitationPlanOpen = "rehabilitation_plan.open", Conflict, "The case has a plan under way", "该个案已有进行中的康复计划";
    RehabilitationPlanCase = "rehabilitation_plan.case_not_approved", Conflict, "The case is not approved, or its program settles with no institution", "该个案未获批准，或其项目不由定点机构实施";
    RehabilitationPlanTransition = "rehabilitation_plan.transition_not_allowed", Conflict, "The plan is not in a state that allows this", "康复计划当前状态不允许此操作";
    RehabilitationPlanSide = "rehabilitation_plan.other_side", Forbidden, "This is for the other side to do", "应由另一方办理";
    RehabilitationPlanNotNext = "rehabilitation_plan.not_next", Conflict, "Others have waited longer for this institution", "该机构有更早的轮候者";
    RehabilitationPlanNotActive = "rehabilitation_plan.not_active", Conflict, "The plan is not under way", "该康复计划未在进行";
    RehabilitationPlanNotAssessed = "rehabilitation_plan.not_assessed", Conflict, "A final assessment is missing", "缺少末期评估";
    RehabilitationUnfinished = "rehabilitation.unfinished", Conflict, "No plan of the case was completed with an outcome, or a plan or a need is under way", "该个案尚无评定效果的已完成康复计划，或仍有进行中的计划或未办结的需求";
    RehabilitationSessionNotFound = "rehabilitation_session.not_found", NotFound, "There is no such rehabilitation session in your sight", "您的可见范围内没有该次康复训练";
    RehabilitationSessionOutside = "rehabilitation_session.outside", Conflict, "The session lies outside its plan or the institution's agreement", "训练时间不在计划或协议期内";
    RehabilitationSessionAtOnce = "rehabilitation_session.at_once", Conflict, "The child or the therapist has another session at that time", "该儿童或该治疗师同一时间已有训练";
    RehabilitationSessionTransition = "rehabilitation_session.transition_not_allowed", Conflict, "The session is not in a state that allows this", "该次训练当前状态不允许此操作";
    RehabilitationSessionSettled = "rehabilitation_session.settled", Conflict, "The session stands in a settlement", "该次训练已列入结算";
    SettlementNotFound = "settlement.not_found", NotFound, "There is no such settlement in your sight", "您的可见范围内没有该结算";
    SettlementOpen = "settlement.open", Conflict, "A settlement of this institution and month waits to be checked", "该机构当月已有待复核的结算";
    SettlementNothing = "settlement.nothing_attended", Conflict, "No confirmed session of that month is left to settle", "该月没有可结算的已确认训练";
    SettlementTransition = "settlement.transition_not_allowed", Conflict, "The settlement is not in a state that allows this", "结算当前状态不允许此操作";
    SettlementSide = "settlement.other_side", Forbidden, "This is for the other side to do", "应由另一方办理";
    SettlementOwn = "settlement.own", Forbidden, "Nobody checks what they proposed, nor for the institution they work at", "不得复核本人提出或所在机构的结算";
    SettlementCap = "settlement.cap_exceeded", Conflict, "This is more than the year's cap leaves", "超出年度救助上限";
    SettlementLineNotFound = "settlement_line.not_found", NotFound, "The settlement has no such line", "该结算没有这一明细";
    SettlementLineReversed = "settlement_line.reversed", Conflict, "The line was reversed already", "该明细已冲销";
    RehabilitationServiceNotFound = "rehabilitation_service.not_found", NotFound, "There is no such rehabilitation service in your sight", "您的可见范围内没有该康复服务";
    RehabilitationServiceCase = "rehabilitation_service.case_not_running", Conflict, "The case is not an approved rehabilitation case that goes on", "该个案不是已批准且正在办理的康复个案";
    RehabilitationServiceOpen = "rehabilitation_service.need_open", Conflict, "A need of this kind is open in the case already", "该个案同类需求尚未办结";
    RehabilitationServiceTransition = "rehabilitation_service.transition_not_allowed", Conflict, "The rehabilitation service is not in a state that allows this", "康复服务当前状态不允许此操作";
    RehabilitationServiceAssessor = "rehabilitation_service.assessor_supplies", Conflict, "Whoever assessed a need does not supply what meets it", "评估机构不得同时提供服务";
    ScreeningNotFound = "screening.not_found", NotFound, "There is no such screening in your sight", "您的可见范围内没有该筛查记录";
    ScreeningKnown = "screening.known", Conflict, "A screening of this kind and day is recorded already", "该人当日同类筛查已登记";
    ScreeningTransition = "screening.transition_not_allowed", Conflict, "The screening is not in a state that allows this", "筛查记录当前状态不允许此操作";
    ScreeningNoDeadline = "screening.no_deadline", Conflict, "No deadlines are laid down for screenings of this kind", "尚未规定此类筛查的办理时限";
    ScreeningDeadlineKnown = "screening_deadline.known", Conflict, "Deadlines of this kind are laid down there from this day on already", "该地同类筛查自该日起的时限已规定";
    DeviceItemNotFound = "device_item.not_found", NotFound, "There is no such code in the device catalog", "辅助器具目录中没有该编码";
    DeviceItemUnlisted = "device_item.not_listed", Conflict, "The device catalog does not list this code on that day", "辅助器具目录当日未收录该编码";
    WarehouseNotFound = "warehouse.not_found", NotFound, "There is no such warehouse in your sight", "您的可见范围内没有该仓库";
    WarehouseTaken = "warehouse.name_taken", Conflict, "The organization has a warehouse of this name", "该单位已有同名仓库";
    WarehouseDuty = "warehouse.duty_required", Forbidden, "Your duty at this warehouse does not allow this", "您在该仓库的岗位不能办理此事项";
    WarehouseDutyNotFound = "warehouse_duty.not_found", NotFound, "There is no such duty at this warehouse", "该仓库没有这项岗位";
    WarehouseDutyEnded = "warehouse_duty.ended", Conflict, "This duty has ended", "该岗位已终止";
    WarehouseDutyOverlap = "warehouse_duty.exclusive", Conflict, "Nobody buys, keeps or counts at one warehouse at a time: this person has a duty there in these days", "采购、保管、盘点须由不同人员担任，该人员同期在该仓库已有岗位";
    StockLotNotFound = "stock_lot.not_found", NotFound, "There is no such lot in this warehouse", "该仓库没有这个库存批";
    StockMovementNotFound = "stock_movement.not_found", NotFound, "There is no such stock movement in your sight", "您的可见范围内没有该出入库记录";
    StockInsufficient = "stock.insufficient", Conflict, "There is not as much in stock", "库存不足";
    StockReturned = "stock.exceeds_issue", Conflict, "No more comes back than went out and is still out", "归还数量超出尚未归还的数量";
    StockReversal = "stock_movement.not_reversible", Conflict, "This movement cannot be taken back: it was already, something came of it, or it is the other side of a delivery or count", "该记录不能冲销：已冲销、已有后续业务，或属于收货、盘点";
    StockPiece = "stock.serial_number_taken", Conflict, "A piece with this serial number is in stock, on its way or with somebody", "该序列号的器具已在库、在途或已发出";
    StockDeliveryNotFound = "stock_delivery.not_found", NotFound, "There is no such delivery in your sight", "您的可见范围内没有该到货单";
    StockDeliveryClosed = "stock_delivery.closed", Conflict, "The delivery was received or called off already", "该到货单已收货或已取消";
    StockDeliverySeparation = "stock_delivery.separation_of_duties", Forbidden, "Who bought or sent something does not receive it", "采购人、发货人不得验收本人经办的货物";
    StocktakeNotFound = "stocktake.not_found", NotFound, "There is no such stocktake in your sight", "您的可见范围内没有该盘点";
    StocktakeDecided = "stocktake.decided", Conflict, "The stocktake was decided already", "该盘点已有结果";
    StocktakeOwn = "stocktake.separation_of_duties", Forbidden, "Who buys, keeps or counts there does not decide what a count found", "采购、保管、盘点人员不得审批盘点结果";
    StocktakeStale = "stocktake.overtaken", Conflict, "What is missing has been issued since: return the count and count again", "盘点后库存已变动，差异无法入账，请退回重新盘点";
    DeviceAllocationNotFound = "device_allocation.not_found", NotFound, "There is no such device allocation in your sight", "您的可见范围内没有该辅具适配记录";
    DeviceAllocationCase = "device_allocation.case_not_approved", Conflict, "The case is not an approved case of an assistive device that goes on", "该个案不是已批准且正在办理的辅助器具个案";
    DeviceAllocationTransition = "device_allocation.transition_not_allowed", Conflict, "The allocation is not in a state that allows this", "辅具适配当前状态不允许此操作";
    DeviceAllocationOpen = "device_allocation.open", Conflict, "The person is being provided with this item already", "该人同类辅具正在适配中";
    DeviceAllocationSeparation = "device_allocation.separation_of_duties", Forbidden, "Who evaluates neither issues nor supplies", "评估人不得发放或供应";
    DeviceAllocationUnfinished = "device_allocation.unfinished", Conflict, "Nothing was delivered yet, or something is still under way", "尚无已交付的辅具，或仍有辅具在适配中";
    DeviceUseLife = "device.use_life", Conflict, "Within the use-life of a device the same item is not subsidized again", "使用年限内不得重复配置同类辅具";
    DeviceException = "device.exception_unfounded", Conflict, "This exception does not hold here", "该例外情形不成立";
    DeviceSupply = "device.supply", Conflict, "This is no supply for the allocation: another item or case, or a piece from stock", "与适配不符：非同一品目或个案，或该件属库存";
    DeviceRecalled = "device.recalled", Conflict, "The batch is called back", "该批次已召回";
    DeviceRecallNotFound = "device_recall.not_found", NotFound, "There is no such recall", "没有该召回";
    DeviceRecallKnown = "device_recall.known", Conflict, "This batch is called back there already", "该地已召回此批次";
    FollowUpNotFound = "follow_up.not_found", NotFound, "There is no such follow-up in your sight", "您的可见范围内没有该回访";
    FollowUpOther = "follow_up.other_service", Conflict, "This follow-up is ended where its service says so", "该回访须在其所属业务中办结";
    StandardNotFound = "employment_standard.not_found", NotFound, "There is no such standard in your sight", "您的可见范围内没有该标准";
    StandardDecided = "employment_standard.decided", Conflict, "The standard was decided already", "该标准已审批";
    StandardOwn = "employment_standard.own", Forbidden, "Somebody else approves a standard than who proposed it", "提出人不得审批本人提出的标准";
    StandardTaken = "employment_standard.taken", Conflict, "Another standard of this kind is in force there from that day", "该区划自该日起已有同类标准";
    StandardMissing = "employment_standard.missing", Conflict, "No standard of this kind is in force there on that day", "该区划当日没有适用的标准";
    EmployerNotFound = "employer.not_found", NotFound, "There is no such employer", "没有该用人单位";
    EmployerDuplicate = "employer.duplicate", Conflict, "An employer with this credit code is registered already", "该统一社会信用代码的用人单位已登记";
    VacancyNotFound = "vacancy.not_found", NotFound, "There is no such vacancy", "没有该岗位";
    VacancyClosed = "vacancy.closed", Conflict, "The vacancy is closed", "该岗位已关闭";
    JobSeekerNotFound = "job_seeker.not_found", NotFound, "There is no such job seeker in your sight", "您的可见范围内没有该求职登记";
    JobSeekerOpen = "job_seeker.open", Conflict, "The resident has an open file as a job seeker", "该人已有有效的求职登记";
    JobSeekerClosed = "job_seeker.closed", Conflict, "The file is closed", "该求职登记已结束";
    JobReferralNotFound = "job_referral.not_found", NotFound, "There is no such job referral in your sight", "您的可见范围内没有该岗位推荐";
    JobReferralOpen = "job_referral.open", Conflict, "The job seeker is referred to this vacancy already", "该求职人已被推荐至该岗位";
    JobReferralTransition = "job_referral.transition_not_allowed", Conflict, "The job referral is not in a state that allows this", "岗位推荐当前状态不允许此操作";
    JobReferralNotAccepted = "job_referral.not_accepted", Conflict, "The offer was not accepted", "该岗位推荐尚未接受录用";
    ActivityNotFound = "activity.not_found", NotFound, "There is no such activity in your sight", "您的可见范围内没有该活动";
    ActivityTransition = "activity.transition_not_allowed", Conflict, "The activity is not in a state that allows this", "活动当前状态不允许此操作";
    ActivityNotHeld = "activity.not_held", Conflict, "Who came is put down of what was held", "活动尚未举办或已取消，不能登记到场人员";
    ActivityGuest = "activity.guest", Conflict, "Who lives elsewhere is counted and not named", "非本地残疾人只计人次，不作实名登记";
    ActivityAttended = "activity.attended", Conflict, "This person is put down for the activity already", "该人已登记参加本次活动";
    ActivityAttendanceNotFound = "activity_attendance.not_found", NotFound, "There is no such attendance in your sight", "您的可见范围内没有该到场记录";
    ActivityWithdrawn = "activity.withdrawn", Conflict, "The attendance was taken off already", "该到场记录已撤销";
    NeedStandardNotFound = "need_standard.not_found", NotFound, "There is no such standard in your sight", "您的可见范围内没有该评分标准";
    NeedStandardDecided = "need_standard.decided", Conflict, "The standard was decided on already", "该评分标准已有审批结论";
    NeedStandardOwn = "need_standard.own", Forbidden, "Whoever proposed a standard does not approve it", "提出评分标准的人不得自行审批";
    NeedStandardTaken = "need_standard.taken", Conflict, "From that day on a standard of this division holds already", "该地自该日起已有评分标准";
    NeedStandardMissing = "need_standard.missing", Conflict, "No standard says how need is measured there on that day", "该地当日没有适用的困难程度评分标准";
    NeedAssessmentNotFound = "need_assessment.not_found", NotFound, "There is no such assessment in your sight", "您的可见范围内没有该次评估";
    NeedAssessmentOpen = "need_assessment.open", Conflict, "An assessment of this division is under way", "该地已有评估正在进行";
    NeedAssessmentMissing = "need_assessment.missing", Conflict, "Nobody there was assessed yet", "该地尚未完成困难程度评估";
    VisitNotFound = "visit.not_found", NotFound, "There is no such visit in your sight", "您的可见范围内没有该走访";
    VisitOpen = "visit.open", Conflict, "A visit to this person is planned already", "该人已有待走访计划";
    VisitTransition = "visit.transition_not_allowed", Conflict, "The visit is not in a state that allows this", "走访当前状态不允许此操作";
    JobFairNotFound = "job_fair.not_found", NotFound, "There is no such job fair in your sight", "您的可见范围内没有该招聘活动";
    JobFairNotHeld = "job_fair.not_held", Conflict, "The fair is not held on that day, or was cancelled", "该招聘活动当日未举办或已取消";
    JobFairAttended = "job_fair.attended", Conflict, "The attendance of that day is recorded already", "该人当日到场情况已登记";
    PlacementNotFound = "placement.not_found", NotFound, "There is no such placement in your sight", "您的可见范围内没有该就业登记";
    PlacementOpen = "placement.open", Conflict, "The resident has a placement that has not ended", "该人已有在职的就业登记";
    PlacementTransition = "placement.transition_not_allowed", Conflict, "The placement is not in a state that allows this", "就业登记当前状态不允许此操作";
    PlacementOwn = "placement.own", Forbidden, "Nobody verifies the evidence they entered", "佐证材料录入人不得核实";
    PlacementEvidence = "placement.evidence_insufficient", Unprocessable, "The evidence does not hold what new employment asks for", "佐证材料不符合新增就业认定条件";
    RetentionCheckNotFound = "retention_check.not_found", NotFound, "There is no such retention check in your sight", "您的可见范围内没有该稳岗回访";
    RetentionCheckDone = "retention_check.done", Conflict, "The retention check is done or cancelled", "该稳岗回访已完成或已取消";
    LevyEstimateNotFound = "levy_estimate.not_found", NotFound, "There is no such estimate in your sight", "您的可见范围内没有该残保金测算";
    HomeNotFound = "disability_home.not_found", NotFound, "There is no such home in your sight", "您的可见范围内没有该残疾人之家";
    HomeFull = "disability_home.full", Conflict, "The home is closed, or has no place for this", "该残疾人之家已关闭或名额不足";
    HomeMemberNotFound = "home_member.not_found", NotFound, "There is no such member of this home", "该残疾人之家没有该成员";
    HomeMemberOpen = "home_member.open", Conflict, "The resident is a member of a home already", "该人已是残疾人之家成员";
    HomeMemberLeft = "home_member.left", Conflict, "The member has left", "该成员已退出";
    HomeNotMember = "disability_home.not_a_member", Conflict, "Somebody named was not a member of this home on that day", "所列人员当日不是该残疾人之家成员";
    HomeMonthReckoned = "disability_home.month_reckoned", Conflict, "The pay of that month is reckoned already", "该月劳动报酬已结算";
    HomePaySheetNotFound = "home_pay_sheet.not_found", NotFound, "There is no such pay sheet of this home", "该残疾人之家没有该报酬表";
    HomePaySheetDecided = "home_pay_sheet.decided", Conflict, "The pay sheet was decided already", "该报酬表已审核";
    HomePaySheetOwn = "home_pay_sheet.own", Forbidden, "Somebody else confirms a pay sheet than who made it", "制表人不得审核本人所制报酬表";
    RenovationNotFound = "renovation_project.not_found", NotFound, "There is no such renovation project in your sight", "您的可见范围内没有该改造项目";
    RenovationCase = "renovation_project.case_not_approved", Conflict, "The case is not an approved case of accessibility renovation that goes on", "该个案不是已批准且正在办理的无障碍改造个案";
    RenovationTransition = "renovation_project.transition_not_allowed", Conflict, "The project is not in a state that allows this", "改造项目当前状态不允许此操作";
    RenovationOpen = "renovation_project.open", Conflict, "The dwelling, the household or the case has a project already", "该住宅、该户或该个案已有改造项目";
    RenovationPeriod = "renovation_project.period", Conflict, "A dwelling is not renovated twice within the period", "规定年限内同一住宅不得重复改造";
    RenovationElderly = "renovation_project.elderly_friendly", Conflict, "The elderly-friendly program renovated this dwelling", "该住宅已实施居家适老化改造，不得重复享受";
    RenovationBudget = "renovation_project.over_cap", Conflict, "The items cost more than is paid at the most", "改造预算超过补助上限";
    RenovationNotice = "renovation_project.notice_running", Conflict, "The notice still hangs out", "公示期未满";
    RenovationContractor = "renovation_project.contractor_connected", Conflict, "Who builds is an institution to which nobody belongs who surveyed, assessed, designed or chooses", "施工单位须为机构，且不得与勘察、评估、设计或选定人员有关联";
    RenovationItems = "renovation_project.items_unfinished", Conflict, "Not all items are done, each with a photo from before and one from after", "改造项未全部完工，或缺改造前后照片";
    RenovationInspector = "renovation_project.inspector", Forbidden, "Inspectors do not belong to who builds, and look once", "验收人不得隶属施工单位，且每轮只验收一次";
    RenovationInspections = "renovation_project.inspections", Conflict, "Two inspectors must have passed it and none found a defect; what is rejected has one", "须有两名验收人通过且无人提出缺陷；退回返工须有缺陷记录";
    RenovationOwn = "renovation_project.own_settlement", Forbidden, "Who proposes what is paid does not check it, and neither belongs to who builds", "结算提出人不得复核，且均不得隶属施工单位";
    RenovationUnfinished = "renovation_project.unfinished", Conflict, "No project of the case was accepted yet", "该个案尚无验收合格的改造项目";
    RenovationCounty = "renovation_project.county_only", Forbidden, "That is for the county's office", "此操作由县级残联办理";
    ElderlyRenovationNotFound = "elderly_renovation.not_found", NotFound, "There is no such record in your sight", "您的可见范围内没有该适老化改造记录";
    ElderlyRenovationKnown = "elderly_renovation.known", Conflict, "It is on record of this dwelling already, or withdrawn", "该住宅的适老化改造已登记，或该记录已撤销";
    PublicVenueNotFound = "public_venue.not_found", NotFound, "There is no such public venue in your sight", "您的可见范围内没有该公共场所";
    PublicVenueKnown = "public_venue.known", Conflict, "A venue of this name is on the list there already", "该区划清单中已有同名场所";
    PublicVenueTransition = "public_venue.transition_not_allowed", Conflict, "The venue is not in a state that allows this", "该场所当前状态不允许此操作";
    PublicVenueOwn = "public_venue.own", Forbidden, "Somebody else accepts a venue than who reported it remedied", "整改登记人不得验收";
    PublicVenueCounty = "public_venue.county_only", Forbidden, "That is for the county's office", "此操作由县级残联办理";
    PublicVenueParticipants = "public_venue.participants", Conflict, "Nobody with a valid disability certificate took part", "验收须有持有效残疾人证的人员参加";

    PetitionNotFound = "petition.not_found", NotFound, "There is no such petition in your sight", "您的可见范围内没有该信访事项";
    PetitionTransition = "petition.transition_not_allowed", Conflict, "The petition is not in a state that allows this", "信访事项当前状态不允许此操作";
    PetitionRole = "petition.role", Forbidden, "This belongs to another office or role", "此操作由其他机关或岗位办理";
    PetitionComplained = "petition.complained_of", Forbidden, "Whoever is complained about, or had a hand in what is, does not handle it", "被反映人及经办过所涉个案的人员须回避";
    PetitionSeparation = "petition.separation_of_duties", Forbidden, "Each level is another person's, and who asks for more time does not grant it", "答复、复查、复核须由不同人员作出，申请延期的人员不得批准";
    PetitionExtension = "petition.extension", Conflict, "A petition is extended once, before its time is over, by what was asked for", "延期只能一次，且须在办理期限届满前提出";
    PetitionObjectionLate = "petition.objection_late", Conflict, "The five working days to object to the transfer are over", "对转送提出异议的期限已过";
    PetitionReviewLate = "petition.review_late", Conflict, "The time to ask for a review is over", "请求复查、复核的期限已过";

    LegalAidNotFound = "legal_aid.not_found", NotFound, "There is no such application for legal aid in your sight", "您的可见范围内没有该法律援助申请";
    LegalAidTransition = "legal_aid.transition_not_allowed", Conflict, "The application is not in a state that allows this", "法律援助申请当前状态不允许此操作";
    LegalAidSeparation = "legal_aid.separation_of_duties", Forbidden, "Who filed an application does not decide it", "受理人不得审查决定本人受理的申请";

    AuditSealed = "audit.sealed", Conflict, "Another process has sealed the record", "记录已由其他进程封存";

    ChangesStartOver = "changes.start_over", Conflict, "What you may see has changed since: delete what you hold and start over", "可见范围已变化，请清除本地数据后重新同步";

    Busy = "service.busy", Unavailable, "The service is busy; try again shortly", "系统繁忙，请稍后再试";
    Internal = "service.internal", Internal, "Something went wrong on our side", "系统内部错误";
}
