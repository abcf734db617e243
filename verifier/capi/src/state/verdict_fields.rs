//! What a verdict says, one function for each thing.

#![expect(unsafe_code, reason = "it exports functions")]

use std::ffi::c_char;

use license_format::Timestamp;
use verifier::{evaluate::State, installation::SlotState};

use super::{
    slot,
    verdict::{Notice, WaybillVerdict},
};
use crate::door;

/// What a slot is.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaybillSlotState {
    /// Never used.
    Empty = 1,
    /// An activation was prepared; nothing is in force.
    Requested = 2,
    /// A license is in force. How it is doing, its standing says.
    Active = 3,
    /// Deactivated.
    Released = 4,
}

/// How a license in force is doing, from best to worst. Up to `WAYBILL_STANDING_CONTRACT_ENDED` all goes on.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaybillStanding {
    /// All is well.
    Active = 1,
    /// All is well; the contract ends in 60 days or less.
    ExpiringSoon = 2,
    /// All goes on; a report should have reached the portal.
    ReportOverdue = 3,
    /// All goes on for the file's grace; the file's own end has passed.
    FileInGrace = 4,
    /// All goes on for the days after the end; the contract has ended.
    ContractEnded = 5,
    /// Over the limit for longer than the terms allow. Ends by itself once use is at or under it.
    Suspended = 6,
    /// The contract has not begun.
    NotYetValid = 7,
    /// The file's end and its grace have passed; the contract goes on, and a refresh brings it back.
    FileEnded = 8,
    /// The contract and the days after its end are over.
    Ended = 9,
    /// The clock was set back by more than the license tolerates. Nothing new is added until it is right.
    ClockBehind = 10,
}

impl From<SlotState> for WaybillSlotState {
    fn from(state: SlotState) -> WaybillSlotState {
        match state {
            SlotState::Empty => WaybillSlotState::Empty,
            SlotState::Requested => WaybillSlotState::Requested,
            SlotState::Active => WaybillSlotState::Active,
            SlotState::Released => WaybillSlotState::Released,
        }
    }
}

impl From<State> for WaybillStanding {
    fn from(state: State) -> WaybillStanding {
        match state {
            State::Active => WaybillStanding::Active,
            State::ExpiringSoon => WaybillStanding::ExpiringSoon,
            State::ReportOverdue => WaybillStanding::ReportOverdue,
            State::FileInGrace => WaybillStanding::FileInGrace,
            State::ContractEnded => WaybillStanding::ContractEnded,
            State::Suspended => WaybillStanding::Suspended,
            State::NotYetValid => WaybillStanding::NotYetValid,
            State::FileEnded => WaybillStanding::FileEnded,
            State::Ended => WaybillStanding::Ended,
            State::ClockBehind => WaybillStanding::ClockBehind,
        }
    }
}

/// Stands for a date that does not exist.
pub const WAYBILL_NO_DATE: i64 = -1;

/// The slot that was judged, one of `waybill_license_type`. For null, 0.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_license_type(verdict: *const WaybillVerdict) -> u32 {
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, 0, |verdict| slot::license_type_number(verdict.license_type)) }
}

/// What the clock said when it was judged, in seconds since 1970. For null, `WAYBILL_NO_DATE`.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_now(verdict: *const WaybillVerdict) -> i64 {
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, WAYBILL_NO_DATE, |verdict| date(Some(verdict.now))) }
}

/// What the slot is, one of `waybill_slot_state`. For null, 0.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_state(verdict: *const WaybillVerdict) -> u32 {
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, 0, |verdict| WaybillSlotState::from(verdict.state) as u32) }
}

/// How the license in force is doing, one of `waybill_standing`; 0 where none is in force, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_standing(verdict: *const WaybillVerdict) -> u32 {
    let standing = |verdict: &WaybillVerdict| {
        verdict.standing.map_or(0, |standing| WaybillStanding::from(standing) as u32)
    };
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, 0, standing) }
}

/// What is counted in the slot, one of `waybill_metric`. For null, 0.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_metric(verdict: *const WaybillVerdict) -> u32 {
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, 0, |verdict| slot::metric_number(verdict.metric)) }
}

/// Whether what uses the slot already may go on. For null, false.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_may_go_on(verdict: *const WaybillVerdict) -> bool {
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, false, |verdict| verdict.may_go_on) }
}

/// How many more may be used now; `WAYBILL_ANY_NUMBER` under terms that only say so when use is over the limit. For null, 0.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_may_add(verdict: *const WaybillVerdict) -> u64 {
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, 0, |verdict| verdict.may_add) }
}

/// Seats granted; 0 where no license is in force, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_seats(verdict: *const WaybillVerdict) -> u64 {
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, 0, |verdict| verdict.seats) }
}

/// Seats in use, as last said with `waybill_installation_set_usage`; 0 if that was never said, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_used(verdict: *const WaybillVerdict) -> u64 {
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, 0, |verdict| verdict.used) }
}

/// When the contract of the license in force begins, in seconds since 1970; `WAYBILL_NO_DATE` where none is, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_contract_start(verdict: *const WaybillVerdict) -> i64 {
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, WAYBILL_NO_DATE, |verdict| date(verdict.dates.contract_start)) }
}

/// When the contract ends: the first of three dates that are three things. In seconds since 1970; `WAYBILL_NO_DATE` where no license is
/// in force, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_contract_end(verdict: *const WaybillVerdict) -> i64 {
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, WAYBILL_NO_DATE, |verdict| date(verdict.dates.contract_end)) }
}

/// Until when the license file is good: the second of three dates. A refresh brings a later one. In seconds since 1970;
/// `WAYBILL_NO_DATE` where no license is in force, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_good_until(verdict: *const WaybillVerdict) -> i64 {
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, WAYBILL_NO_DATE, |verdict| date(verdict.dates.good_until)) }
}

/// By when the next request should reach the portal: the third of three dates. In seconds since 1970; `WAYBILL_NO_DATE` where no
/// license is in force, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_report_due(verdict: *const WaybillVerdict) -> i64 {
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, WAYBILL_NO_DATE, |verdict| date(verdict.dates.report_due)) }
}

/// The license key with all but its last group hidden: `*****-*****-*****-*****-CMBGD`. Null in a slot that was never used, and for
/// null. The text lives as long as the verdict.
///
/// # Safety
/// `verdict` is null or a live verdict; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_license_key(
    verdict: *const WaybillVerdict,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(door::look(verdict, None, |verdict| verdict.license_key.as_ref()), length) }
}

/// How many notices there are: what people should know, the most urgent first. For null, 0.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_notice_count(verdict: *const WaybillVerdict) -> usize {
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, 0, |verdict| verdict.notices.len()) }
}

/// The stable code of a notice, such as `report-overdue`; the first is number 0. Null past the last one, and for null. The text lives as
/// long as the verdict.
///
/// # Safety
/// `verdict` is null or a live verdict; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_notice_code(
    verdict: *const WaybillVerdict,
    number: usize,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(notice(verdict, number).map(|notice| &notice.code), length) }
}

/// A notice in a sentence for people; the first is number 0. Null past the last one, and for null. The text lives as long as the verdict.
///
/// # Safety
/// `verdict` is null or a live verdict; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_notice_says(
    verdict: *const WaybillVerdict,
    number: usize,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(notice(verdict, number).map(|notice| &notice.says), length) }
}

/// What to do about a notice; the first is number 0. Null past the last one, and for null. The text lives as long as the verdict.
///
/// # Safety
/// `verdict` is null or a live verdict; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_notice_next_step(
    verdict: *const WaybillVerdict,
    number: usize,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(notice(verdict, number).map(|notice| &notice.next_step), length) }
}

/// How many dates there are on which the verdict changes if nothing but the time does. For null, 0.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_change_count(verdict: *const WaybillVerdict) -> usize {
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, 0, |verdict| verdict.changes.len()) }
}

/// When the verdict changes, in seconds since 1970: the first instant of the new one. The next change is number 0, and the others
/// follow in order. `WAYBILL_NO_DATE` past the last one, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_change_at(verdict: *const WaybillVerdict, number: usize) -> i64 {
    let at = |verdict: &WaybillVerdict| date(verdict.changes.get(number).map(|change| change.at));
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, WAYBILL_NO_DATE, at) }
}

/// How the license is doing from that change on, one of `waybill_standing`; it may stay the same, while what is allowed or to be said changes.
/// The next change is number 0. 0 past the last one, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_change_standing(
    verdict: *const WaybillVerdict,
    number: usize,
) -> u32 {
    let standing = |verdict: &WaybillVerdict| {
        verdict.changes.get(number).map_or(0, |change| WaybillStanding::from(change.state) as u32)
    };
    // SAFETY: as the header asks.
    unsafe { door::look(verdict, 0, standing) }
}

/// Frees a verdict, and the texts that it gave. Null is allowed.
///
/// # Safety
/// `verdict` is null, or came from this library and was not freed before; nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verdict_free(verdict: *mut WaybillVerdict) {
    // SAFETY: as the header asks.
    unsafe { door::take_back(verdict) }
}

/// # Safety
/// `verdict` is null or a live verdict.
unsafe fn notice<'a>(verdict: *const WaybillVerdict, number: usize) -> Option<&'a Notice> {
    // SAFETY: as the caller promises.
    unsafe { door::look(verdict, None, |verdict: &WaybillVerdict| verdict.notices.get(number)) }
}

fn date(instant: Option<Timestamp>) -> i64 {
    instant.and_then(|instant| i64::try_from(instant.seconds()).ok()).unwrap_or(WAYBILL_NO_DATE)
}
