//! What a slot allows now: asking for it, the one question that programs ask most, and the count of use that both depend on.

#![expect(unsafe_code, reason = "it exports functions")]

use license_format::{LicenseType, Metric, Timestamp, limits};
use verifier::{
    evaluate::{Change, MayAdd, State},
    installation::{Installation, Note, Permit, SlotState, SlotStatus},
};

use super::{WaybillInstallation, slot};
use crate::{
    door::{self, Out, Text},
    error::WaybillError,
    result::{Failure, WaybillResult},
};

/// What a slot allows at an instant, and until when. It never changes, so several threads may look at it at once; ask for a new one
/// when the time has gone on.
pub struct WaybillVerdict {
    pub(super) license_type: LicenseType,
    pub(super) now: Timestamp,
    pub(super) state: SlotState,
    pub(super) standing: Option<State>,
    pub(super) metric: Metric,
    pub(super) dates: Dates,
    pub(super) seats: u64,
    pub(super) used: u64,
    pub(super) may_add: u64,
    pub(super) may_go_on: bool,
    pub(super) license_key: Option<Text>,
    pub(super) notices: Vec<Notice>,
    pub(super) changes: Vec<Change>,
}

/// The dates of the license in force.
pub(super) struct Dates {
    pub(super) contract_start: Option<Timestamp>,
    pub(super) contract_end: Option<Timestamp>,
    pub(super) good_until: Option<Timestamp>,
    pub(super) report_due: Option<Timestamp>,
}

/// Something to be told.
pub(super) struct Notice {
    pub(super) code: Text,
    pub(super) says: Text,
    pub(super) next_step: Text,
}

impl WaybillVerdict {
    fn of(installation: &Installation, license_type: LicenseType, now: Timestamp) -> WaybillVerdict {
        let verdict = installation.verdict(license_type, now);
        let grant = verdict.as_ref().and_then(|verdict| verdict.grant(installation.metric(license_type)));
        let may_add = match grant.map(|grant| grant.may_add) {
            // Besides the terms, the exchange has a say: under a revoked license nothing is added.
            Some(may_add) if installation.check(license_type, 1, now).allowed => match may_add {
                MayAdd::Any => WAYBILL_ANY_NUMBER,
                MayAdd::AtMost(most) => most,
            },
            _ => 0,
        };
        let Permit { allowed: may_go_on, status } = installation.check(license_type, 0, now);
        let SlotStatus { contract_start, contract_end, good_until, report_due, .. } = status;
        WaybillVerdict {
            license_type,
            now,
            state: status.state,
            standing: status.standing,
            metric: status.metric,
            dates: Dates { contract_start, contract_end, good_until, report_due },
            seats: status.seats.unwrap_or(0),
            used: status.used.unwrap_or(0),
            may_add,
            may_go_on,
            license_key: status.license_key.map(Text::new),
            notices: status.notices.into_iter().map(Notice::from).collect(),
            changes: verdict.map_or_else(Vec::new, |verdict| verdict.changes),
        }
    }
}

impl From<Note> for Notice {
    fn from(note: Note) -> Notice {
        let Note { code, says, next_step } = note;
        Notice { code: Text::new(code), says: Text::new(says), next_step: Text::new(next_step) }
    }
}

/// As many as wanted.
pub const WAYBILL_ANY_NUMBER: u64 = u64::MAX;

/// What a slot allows now.
///
/// `license_type` is one of `waybill_license_type`. `verdict` gets what it allows, to be freed with `waybill_verdict_free`; a slot without a
/// license is no failure, and allows nothing.
///
/// # Safety
/// `installation` is null or a live installation; `verdict` is null or can be written to; `error` is null or a live error object that
/// no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_installation_evaluate(
    installation: *const WaybillInstallation,
    license_type: u32,
    verdict: *mut *mut WaybillVerdict,
    error: *mut WaybillError,
) -> WaybillResult {
    let run = || {
        // SAFETY: as the header asks.
        let (installation, out) =
            unsafe { (door::handle(installation, "installation")?, Out::required(verdict, "verdict")?) };
        let license_type = slot::license_type(license_type)?;
        let (installation, now) = installation.look()?;
        out.put(door::give(WaybillVerdict::of(&installation, license_type, now)));
        Ok(())
    };
    // SAFETY: as the header asks.
    unsafe { door::call(error, run) }
}

/// Whether so many more of a metric may be used in a slot now; with 0, whether what uses it already may go on.
///
/// `WAYBILL_RESULT_OK` is the one yes. `WAYBILL_RESULT_NOT_ALLOWED` is the license's no, with the reason in the error's sentence; and
/// every other result is a failure to tell, which a program treats as a no. A yes takes nothing: say what is in use with
/// `waybill_installation_set_usage`.
///
/// `license_type` is one of `waybill_license_type`. `metric` is one of `waybill_metric`, and must be what the slot counts
/// (`waybill_verdict_metric`), or the result is `WAYBILL_RESULT_METRIC_NOT_COUNTED`. `count` is at most 2^53-1.
///
/// # Safety
/// `installation` is null or a live installation; `error` is null or a live error object that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_installation_check(
    installation: *const WaybillInstallation,
    license_type: u32,
    metric: u32,
    count: u64,
    error: *mut WaybillError,
) -> WaybillResult {
    let run = || {
        // SAFETY: as the header asks.
        let installation = unsafe { door::handle(installation, "installation") }?;
        let (license_type, metric) = (slot::license_type(license_type)?, slot::metric(metric)?);
        let count = number(count)?;
        let (installation, now) = installation.look()?;
        is_counted(&installation, license_type, metric)?;
        let Permit { allowed, status } = installation.check(license_type, count, now);
        if allowed { Ok(()) } else { Err(not_allowed(status)) }
    };
    // SAFETY: as the header asks.
    unsafe { door::call(error, run) }
}

/// Says how many of a metric are in use in a slot now: all of them, not those that were added.
///
/// The next request reports it, and the terms are judged by it. `license_type` is one of `waybill_license_type`. `metric` is one of
/// `waybill_metric`, and must be what the slot counts, or the result is `WAYBILL_RESULT_METRIC_NOT_COUNTED`. `used` is at most 2^53-1.
///
/// # Safety
/// `installation` is null or a live installation; `error` is null or a live error object that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_installation_set_usage(
    installation: *const WaybillInstallation,
    license_type: u32,
    metric: u32,
    used: u64,
    error: *mut WaybillError,
) -> WaybillResult {
    let run = || {
        // SAFETY: as the header asks.
        let installation = unsafe { door::handle(installation, "installation") }?;
        let (license_type, metric) = (slot::license_type(license_type)?, slot::metric(metric)?);
        let used = number(used)?;
        installation.change(|proxy, now| {
            is_counted(proxy.installation(), license_type, metric)?;
            Ok(proxy.set_usage(license_type, used, now)?)
        })
    };
    // SAFETY: as the header asks.
    unsafe { door::call(error, run) }
}

fn is_counted(installation: &Installation, license_type: LicenseType, metric: Metric) -> Result<(), Failure> {
    let counted = installation.metric(license_type);
    if metric == counted {
        return Ok(());
    }
    let (title, counted, asked) = (license_type.title(), counted.noun(), metric.noun());
    Err(Failure::misuse(
        WaybillResult::MetricNotCounted,
        format!("{title} counts {counted}s, and the question was about {asked}s"),
    ))
}

/// The no, with the most urgent reason.
fn not_allowed(status: SlotStatus) -> Failure {
    match (status.state, status.notices.into_iter().next()) {
        (SlotState::Active, Some(note)) => Failure::new(WaybillResult::NotAllowed, note.says, note.next_step),
        _ => Failure::new(
            WaybillResult::NotAllowed,
            format!("{} is not activated", status.license_type.title()),
            "Prepare an activation with the license key.",
        ),
    }
}

/// A count within what the format has numbers for.
fn number(count: u64) -> Result<u64, Failure> {
    if count <= limits::INTEGER {
        return Ok(count);
    }
    Err(Failure::misuse(WaybillResult::OutOfRange, format!("{count} is more than 2^53-1")))
}
