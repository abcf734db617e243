/*
 * Waybill: licenses by signed files that people carry, for programs in C and whatever calls C.
 *
 * Generated from the source in verifier/capi/src, whose tests compare it: do not edit.
 *
 * Two halves. With `waybill_verify_file` and `waybill_file_...` a program judges files by nothing but what it is given. With
 * `waybill_installation_...` it lives the life of an installation: set up or open a state directory, prepare a request, carry its
 * file to the vendor's portal, import the answer that comes back, and ask what is allowed now. The library never talks to a network.
 *
 * Results. A function that can fail returns a `waybill_result`; 0, `WAYBILL_RESULT_OK`, is the only success. It also takes a
 * `waybill_error *`, which tells the rest: a stable code, a sentence and a next step for people. Null is allowed in its place.
 *
 * Out-parameters. They are written on success, and on success only; what was there before is then lost, and is not freed.
 *
 * Null. Every pointer is looked at. One that must not be null gives `WAYBILL_RESULT_NULL_POINTER`; a function that cannot fail says
 * what it gives for null. Bytes may be null where their length is 0.
 *
 * Ownership. What a function gives through an out-parameter, and what a `..._new` function returns, belongs to the caller, who frees it
 * once with the function of its type: `waybill_TYPE_free`, never `free`. A text or bytes that a function returns belong to the
 * object that was asked, and live as long as it does, unless the function says otherwise. What a caller passes stays the caller's; the
 * library keeps no pointer to it when the call is over, and nobody may change it before.
 *
 * Texts are UTF-8. The library's have a zero byte behind them, and tell their length, without that byte, to whoever passes a
 * place for it; the place may be null. The caller's come with their length, and need no zero byte.
 *
 * Numbers of an enumeration are passed and returned as `uint32_t`. None of them is 0 but `WAYBILL_RESULT_OK`, so 0 stands for none.
 *
 * Threads. Functions may be called from any thread, and the library has no state of its own between them. A `waybill_installation`
 * may be used by several threads at once: their calls wait for each other. A `waybill_file`, `waybill_request`, `waybill_outcome` or
 * `waybill_verdict` never changes, and may be looked at by several threads at once. A `waybill_error` and a `waybill_buffer` belong to
 * one thread at a time. Nothing may be freed while another thread uses it. Do not end a thread in the middle of a call
 * (`pthread_cancel`), and do not leave one by `longjmp` or an exception.
 *
 * Processes. Several may use one state directory, this library and the command `waybill-proxy` alike. Whoever changes it locks it
 * for the length of one call, and the command for its whole run; for others that is `WAYBILL_RESULT_LOCKED`: nothing was changed,
 * try again later. A lock that is left behind by a process that ended holds nobody. Looking needs no lock. After a `fork` without
 * `exec`, a child opens handles of its own; and it is not made while another thread is in a call.
 *
 * Mistakes of the library stop at its edge: a panic becomes `WAYBILL_RESULT_PANIC`. Where there is no memory left, the process is
 * ended, as by `abort`; WebAssembly, which cannot stop a panic, ends the instance.
 *
 * Time comes from the system's clock, and cannot be passed in.
 */

#ifndef WAYBILL_H
#define WAYBILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// As many as wanted.
#define WAYBILL_ANY_NUMBER UINT64_MAX

/// Stands for a date that does not exist.
#define WAYBILL_NO_DATE -1

/// How a call ended. 0 is success, and everything else a reason with a stable number and a stable code: up to 99 those of this library
/// itself, from 100 a file or text that is none of the format, from 200 one that is not believed, from 300 a mistyped license key,
/// from 310 a request that is not prepared, from 330 an answer that is not taken, from 400 the state directory.
///
/// A number is never given to another reason. New ones are added, so a program must be ready for one that it does not know: then
/// `waybill_result_code` and the sentence of the error still say what it is.
enum waybill_result
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /// It was done. All out-parameters are written.
  WAYBILL_RESULT_OK = 0,
  /// A pointer that must not be null is null.
  WAYBILL_RESULT_NULL_POINTER = 1,
  /// A text that must be UTF-8 is not.
  WAYBILL_RESULT_NOT_UTF8 = 2,
  /// A number is none of the enumeration's, or a length or count is larger than any can be.
  WAYBILL_RESULT_OUT_OF_RANGE = 3,
  /// A text breaks the rules for its kind: a site code, a name, a description.
  WAYBILL_RESULT_TEXT_REFUSED = 4,
  /// The slot counts something else than the metric that was asked about.
  WAYBILL_RESULT_METRIC_NOT_COUNTED = 5,
  /// The system gives no random bytes.
  WAYBILL_RESULT_NO_RANDOMNESS = 6,
  /// A mistake in this library. Nothing half-done is left behind: a state is written whole or not at all.
  WAYBILL_RESULT_PANIC = 7,
  /// No: the license does not allow this now. The sentence of the error says why.
  WAYBILL_RESULT_NOT_ALLOWED = 8,
  /// A reason that this list lacks, which is a mistake in this library too; the sentence of the error says what it is.
  WAYBILL_RESULT_UNLISTED = 9,
  /// It has no bytes.
  WAYBILL_RESULT_EMPTY = 100,
  /// It exceeds a limit in bytes.
  WAYBILL_RESULT_TOO_LARGE = 101,
  /// It is neither a file nor a text of the format.
  WAYBILL_RESULT_NOT_WAYBILL = 102,
  /// The text is neither UTF-8 nor UTF-16.
  WAYBILL_RESULT_ARMOUR_ENCODING = 110,
  /// The text has a beginning without its end.
  WAYBILL_RESULT_ARMOUR_NO_END = 111,
  /// The text holds more than one block.
  WAYBILL_RESULT_ARMOUR_SEVERAL_BLOCKS = 112,
  /// The text is labelled as something else than it holds.
  WAYBILL_RESULT_ARMOUR_LABEL = 113,
  /// The text's base 64 is damaged.
  WAYBILL_RESULT_ARMOUR_BASE64 = 114,
  /// The text says to people what the signed part does not say.
  WAYBILL_RESULT_ARMOUR_READABLE = 115,
  /// The text of the QR code is damaged.
  WAYBILL_RESULT_QR_BASE32 = 116,
  /// The CBOR ends in the middle of an item.
  WAYBILL_RESULT_CBOR_TRUNCATED = 120,
  /// Bytes follow the end of the CBOR.
  WAYBILL_RESULT_CBOR_TRAILING = 121,
  /// The CBOR nests too deeply.
  WAYBILL_RESULT_CBOR_TOO_DEEP = 122,
  /// The CBOR has too many items.
  WAYBILL_RESULT_CBOR_TOO_MANY_ITEMS = 123,
  /// The CBOR uses an indefinite length.
  WAYBILL_RESULT_CBOR_INDEFINITE = 124,
  /// A CBOR number or length is written longer than needed.
  WAYBILL_RESULT_CBOR_LONG_HEAD = 125,
  /// The CBOR uses a reserved value.
  WAYBILL_RESULT_CBOR_RESERVED = 126,
  /// A CBOR integer is outside plus or minus 2^53-1.
  WAYBILL_RESULT_CBOR_INTEGER_RANGE = 127,
  /// A CBOR text is not UTF-8.
  WAYBILL_RESULT_CBOR_UTF8 = 128,
  /// The CBOR uses a tag where none is allowed.
  WAYBILL_RESULT_CBOR_TAG = 129,
  /// The CBOR uses a floating-point number.
  WAYBILL_RESULT_CBOR_FLOAT = 130,
  /// The CBOR uses a simple value other than true and false.
  WAYBILL_RESULT_CBOR_SIMPLE = 131,
  /// A CBOR map key is not a text.
  WAYBILL_RESULT_CBOR_KEY_TYPE = 132,
  /// A CBOR map has the same key twice.
  WAYBILL_RESULT_CBOR_DUPLICATE_KEY = 133,
  /// The keys of a CBOR map are not sorted.
  WAYBILL_RESULT_CBOR_UNSORTED_KEYS = 134,
  /// The file is not a map of proof, trust and document.
  WAYBILL_RESULT_CONTAINER_SHAPE = 140,
  /// The documents that travel along are not as they must be.
  WAYBILL_RESULT_CONTAINER_TRUST = 141,
  /// The inclusion proof is malformed.
  WAYBILL_RESULT_CONTAINER_PROOF = 142,
  /// A document is not a tagged COSE_Sign1 of four parts.
  WAYBILL_RESULT_ENVELOPE_SHAPE = 150,
  /// The unprotected header is not empty.
  WAYBILL_RESULT_ENVELOPE_UNPROTECTED = 151,
  /// The payload is not attached.
  WAYBILL_RESULT_ENVELOPE_PAYLOAD = 152,
  /// The signature does not have 64 bytes.
  WAYBILL_RESULT_ENVELOPE_SIGNATURE = 153,
  /// The protected header is not exactly alg, kid and typ.
  WAYBILL_RESULT_HEADER_SHAPE = 160,
  /// The algorithm is not Ed25519.
  WAYBILL_RESULT_HEADER_ALGORITHM = 161,
  /// The key identifier is not a thumbprint.
  WAYBILL_RESULT_HEADER_KID = 162,
  /// The document's type is not known.
  WAYBILL_RESULT_HEADER_TYPE = 163,
  /// The payload lacks a field, or has one that does not belong there.
  WAYBILL_RESULT_PAYLOAD_SHAPE = 170,
  /// The payload is of an unknown version.
  WAYBILL_RESULT_PAYLOAD_VERSION = 171,
  /// The payload contradicts itself.
  WAYBILL_RESULT_PAYLOAD_RULE = 172,
  /// It is good, and of another kind than belongs there.
  WAYBILL_RESULT_WRONG_KIND = 180,
  /// A key under which a signature would fit many messages.
  WAYBILL_RESULT_KEY_WEAK = 200,
  /// A key that is not written in the one way that is allowed.
  WAYBILL_RESULT_KEY_ENCODING = 201,
  /// Signed by a key that the trust bundle does not have.
  WAYBILL_RESULT_KEY_UNKNOWN = 202,
  /// Signed by a key that may not sign such a document.
  WAYBILL_RESULT_KEY_NOT_FOR_KIND = 203,
  /// Signed by another key than the one it carries.
  WAYBILL_RESULT_KEY_MISMATCH = 204,
  /// Signed outside the time in which the key may sign.
  WAYBILL_RESULT_KEY_WINDOW = 205,
  /// Signed after the key was distrusted.
  WAYBILL_RESULT_KEY_DISTRUSTED = 206,
  /// Signed by, or for, a key that was revoked.
  WAYBILL_RESULT_KEY_REVOKED = 207,
  /// The signature is not one of the key.
  WAYBILL_RESULT_SIGNATURE = 208,
  /// Of another vendor.
  WAYBILL_RESULT_VENDOR = 209,
  /// Needs a newer trust bundle than is known.
  WAYBILL_RESULT_FLOOR_BUNDLE = 210,
  /// Needs a newer revocation list than is known.
  WAYBILL_RESULT_FLOOR_REVOCATIONS = 211,
  /// The license was revoked.
  WAYBILL_RESULT_LICENSE_REVOKED = 212,
  /// Too few root keys signed the trust bundle.
  WAYBILL_RESULT_TRUST_THRESHOLD = 213,
  /// The trust bundle is not of the history that is known.
  WAYBILL_RESULT_TRUST_FORK = 214,
  /// Trust bundles before this one are missing.
  WAYBILL_RESULT_TRUST_GAP = 215,
  /// There are two revocation lists with one number.
  WAYBILL_RESULT_REVOCATION_FORK = 216,
  /// The file claims to be in the log, and brings no checkpoint.
  WAYBILL_RESULT_PROOF_WITHOUT_CHECKPOINT = 217,
  /// The log's checkpoint does not contain this answer.
  WAYBILL_RESULT_PROOF_MISMATCH = 218,
  /// It has too few or too many characters.
  WAYBILL_RESULT_LICENSE_KEY_LENGTH = 300,
  /// It has a character that no license key has.
  WAYBILL_RESULT_LICENSE_KEY_CHARACTER = 301,
  /// It is mistyped: its check characters do not fit.
  WAYBILL_RESULT_LICENSE_KEY_MISTYPED = 302,
  /// It is of a newer kind than this library knows.
  WAYBILL_RESULT_LICENSE_KEY_VERSION = 303,
  /// The license key is of another type than the slot.
  WAYBILL_RESULT_LICENSE_KEY_WRONG_TYPE = 310,
  /// The slot is activated already.
  WAYBILL_RESULT_ALREADY_ACTIVE = 311,
  /// The slot is not activated, so there is nothing to refresh.
  WAYBILL_RESULT_NOT_ACTIVE = 312,
  /// The slot was never activated, so there is nothing to deactivate.
  WAYBILL_RESULT_NOTHING_TO_DEACTIVATE = 313,
  /// The slot is deactivated, and the portal has confirmed it.
  WAYBILL_RESULT_ALREADY_RELEASED = 314,
  /// As many requests wait for their answers as may.
  WAYBILL_RESULT_TOO_MANY_OPEN = 315,
  /// It is no answer.
  WAYBILL_RESULT_NOT_AN_ANSWER = 330,
  /// It is for another installation.
  WAYBILL_RESULT_OTHER_INSTALLATION = 331,
  /// It answers nothing that this installation, as it is now, has asked.
  WAYBILL_RESULT_NOT_ASKED_FOR = 332,
  /// Two checkpoints of one log have the same size and different roots.
  WAYBILL_RESULT_LOG_FORK = 333,
  /// There is no installation in the directory.
  WAYBILL_RESULT_NOT_SET_UP = 400,
  /// The directory holds another installation already.
  WAYBILL_RESULT_ALREADY_SET_UP = 401,
  /// The directory holds something else.
  WAYBILL_RESULT_DIRECTORY_IN_USE = 402,
  /// Another program is at work in the directory. Try again when it has ended.
  WAYBILL_RESULT_LOCKED = 403,
  /// The state is damaged.
  WAYBILL_RESULT_STATE_DAMAGED = 404,
  /// The state was written by a newer version.
  WAYBILL_RESULT_STATE_VERSION = 405,
  /// The installation's key is missing, damaged or another one's.
  WAYBILL_RESULT_INSTALLATION_KEY = 406,
  /// The state could not be read.
  WAYBILL_RESULT_STATE_UNREADABLE = 407,
  /// The state could not be written. It is as it was.
  WAYBILL_RESULT_STATE_NOT_SAVED = 408,
  /// A file could not be read. No function of this version gives it.
  WAYBILL_RESULT_FILE_UNREADABLE = 409,
  /// Another file has the name of the output. No function of this version gives it.
  WAYBILL_RESULT_OUTPUT_EXISTS = 410,
  /// The output could not be written. No function of this version gives it.
  WAYBILL_RESULT_OUTPUT_NOT_SAVED = 411,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum waybill_result waybill_result;
#else
typedef uint32_t waybill_result;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/// What an answer does, or did.
enum waybill_effect
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /// A license comes into force.
  WAYBILL_EFFECT_INSTALLED = 1,
  /// The portal has the deactivation: the license key is free.
  WAYBILL_EFFECT_DEACTIVATION_CONFIRMED = 2,
  /// The vendor said no. What is in force stays.
  WAYBILL_EFFECT_REFUSED = 3,
  /// This very license is in force already. Nothing changes.
  WAYBILL_EFFECT_ALREADY_INSTALLED = 4,
  /// A license that answers a later request is in force. Nothing changes.
  WAYBILL_EFFECT_SUPERSEDED = 5,
  /// The slot was deactivated after the request that this answers. Nothing changes.
  WAYBILL_EFFECT_ENDED = 6,
  /// It was read before, or speaks of what is settled. Nothing changes.
  WAYBILL_EFFECT_ALREADY_READ = 7,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum waybill_effect waybill_effect;
#else
typedef uint32_t waybill_effect;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/// What a file is.
enum waybill_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /// Asks for a first license.
  WAYBILL_KIND_ACTIVATION_REQUEST = 1,
  /// Asks for the license that replaces the one in force.
  WAYBILL_KIND_REFRESH_REQUEST = 2,
  /// Gives a license back.
  WAYBILL_KIND_DEACTIVATION_REQUEST = 3,
  /// A license.
  WAYBILL_KIND_LICENSE = 4,
  /// The signed yes to a deactivation.
  WAYBILL_KIND_DEACTIVATION_RECEIPT = 5,
  /// A signed no.
  WAYBILL_KIND_REFUSAL = 6,
  /// Which keys may sign what: the vendor's trust file.
  WAYBILL_KIND_TRUST_BUNDLE = 7,
  /// Licenses and keys that are no longer honored.
  WAYBILL_KIND_REVOCATION_LIST = 8,
  /// Size and root of the vendor's log.
  WAYBILL_KIND_CHECKPOINT = 9,
  /// Diagnostics for the vendor's support.
  WAYBILL_KIND_SUPPORT_BUNDLE = 10,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum waybill_kind waybill_kind;
#else
typedef uint32_t waybill_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/// What is licensed; an installation has one slot for each.
enum waybill_license_type
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /// Mac computers managed through ConfigMgr.
  WAYBILL_LICENSE_TYPE_DESKTOP = 1,
  /// Mobile devices managed through ConfigMgr.
  WAYBILL_LICENSE_TYPE_MOBILE = 2,
  /// A farm of session hosts with concurrent users.
  WAYBILL_LICENSE_TYPE_FARM = 3,
  /// Computers and named users.
  WAYBILL_LICENSE_TYPE_COMPUTERS = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum waybill_license_type waybill_license_type;
#else
typedef uint32_t waybill_license_type;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/// What a seat is.
enum waybill_metric
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /// A device under management.
  WAYBILL_METRIC_MANAGED_DEVICE = 1,
  /// A user at work at the same time as others.
  WAYBILL_METRIC_CONCURRENT_USER = 2,
  /// A computer.
  WAYBILL_METRIC_COMPUTER = 3,
  /// A named user.
  WAYBILL_METRIC_USER = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum waybill_metric waybill_metric;
#else
typedef uint32_t waybill_metric;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/// What a slot is.
enum waybill_slot_state
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /// Never used.
  WAYBILL_SLOT_STATE_EMPTY = 1,
  /// An activation was prepared; nothing is in force.
  WAYBILL_SLOT_STATE_REQUESTED = 2,
  /// A license is in force. How it is doing, its standing says.
  WAYBILL_SLOT_STATE_ACTIVE = 3,
  /// Deactivated.
  WAYBILL_SLOT_STATE_RELEASED = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum waybill_slot_state waybill_slot_state;
#else
typedef uint32_t waybill_slot_state;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/// How a license in force is doing, from best to worst. Up to `WAYBILL_STANDING_CONTRACT_ENDED` all goes on.
enum waybill_standing
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /// All is well.
  WAYBILL_STANDING_ACTIVE = 1,
  /// All is well; the contract ends in 60 days or less.
  WAYBILL_STANDING_EXPIRING_SOON = 2,
  /// All goes on; a report should have reached the portal.
  WAYBILL_STANDING_REPORT_OVERDUE = 3,
  /// All goes on for the file's grace; the file's own end has passed.
  WAYBILL_STANDING_FILE_IN_GRACE = 4,
  /// All goes on for the days after the end; the contract has ended.
  WAYBILL_STANDING_CONTRACT_ENDED = 5,
  /// Over the limit for longer than the terms allow. Ends by itself once use is at or under it.
  WAYBILL_STANDING_SUSPENDED = 6,
  /// The contract has not begun.
  WAYBILL_STANDING_NOT_YET_VALID = 7,
  /// The file's end and its grace have passed; the contract goes on, and a refresh brings it back.
  WAYBILL_STANDING_FILE_ENDED = 8,
  /// The contract and the days after its end are over.
  WAYBILL_STANDING_ENDED = 9,
  /// The clock was set back by more than the license tolerates. Nothing new is added until it is right.
  WAYBILL_STANDING_CLOCK_BEHIND = 10,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum waybill_standing waybill_standing;
#else
typedef uint32_t waybill_standing;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/// Bytes. A call gives some that the caller frees; and a host of WebAssembly, which cannot pass its own memory, makes one to put
/// a file into, or to have out-parameters written to.
typedef struct waybill_buffer waybill_buffer;

/// Tells how the last call ended that it was given to: a result, and for a failure a sentence and a next step for people.
///
/// A program makes one, passes it to each call, and looks at it where a call did not return `WAYBILL_RESULT_OK`. Each call replaces
/// what it said before. Every function takes null in its place, from a program that is content with the result.
typedef struct waybill_error waybill_error;

/// A file that was read: what it is, and what it says to people. It never changes, so several threads may look at it at once.
typedef struct waybill_file waybill_file;

/// An installation: a state directory that is set up. Several threads may use one handle at once; they wait for each other. Other
/// programs may use the same directory; where one of them is changing it, a call ends with `WAYBILL_RESULT_LOCKED`.
typedef struct waybill_installation waybill_installation;

/// What an answer does, or did. It never changes, so several threads may look at it at once.
typedef struct waybill_outcome waybill_outcome;

/// A request that was prepared: a file to carry to the vendor's portal. It never changes, so several threads may look at it at once.
typedef struct waybill_request waybill_request;

/// What a slot allows at an instant, and until when. It never changes, so several threads may look at it at once; ask for a new one
/// when the time has gone on.
typedef struct waybill_verdict waybill_verdict;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/// The stable code of a result as a text, such as `signature`: what the specification's table and the programs call it. For a number
/// that is no result, null. The text lives as long as the library is loaded.
const char *waybill_result_code(uint32_t result);

/// Makes an error object, which says `WAYBILL_RESULT_OK`. To be freed with `waybill_error_free`.
waybill_error *waybill_error_new(void);

/// Frees an error object, and the texts that it gave. Null is allowed.
///
/// # Safety
/// `error` is null, or came from `waybill_error_new` and was not freed before; nobody uses it any more.
void waybill_error_free(waybill_error *error);

/// How the last call ended. For null, `WAYBILL_RESULT_NULL_POINTER`.
///
/// # Safety
/// `error` is null or a live error object.
waybill_result waybill_error_result(const waybill_error *error);

/// The stable code of the last call's result, such as `signature`; `ok` after a success. For null, null. The text lives as long as the
/// library is loaded.
///
/// # Safety
/// `error` is null or a live error object.
const char *waybill_error_code(const waybill_error *error);

/// Why the last call failed, in a sentence for people; an empty text after a success. For null, null. The text lives until the error
/// object is given to another call, or freed.
///
/// # Safety
/// `error` is null or a live error object; `length` is null or can be written to.
const char *waybill_error_says(const waybill_error *error,
                               size_t *length);

/// What to do about it, in a sentence for people; an empty text after a success. For null, null. The text lives until the error object
/// is given to another call, or freed.
///
/// # Safety
/// `error` is null or a live error object; `length` is null or can be written to.
const char *waybill_error_next_step(const waybill_error *error,
                                    size_t *length);

/// Makes a buffer of so many zero bytes, aligned for numbers of 8 bytes. Null if there is no memory for them. To be freed with
/// `waybill_buffer_free`.
waybill_buffer *waybill_buffer_new(size_t length);

/// Where the bytes are; they may be read, and written too. For null, null. They stay there until the buffer is freed. A zero byte
/// follows them, so that a buffer of text can be printed.
///
/// # Safety
/// `buffer` is null or a live buffer that no other thread uses.
uint8_t *waybill_buffer_data(waybill_buffer *buffer);

/// How many bytes a buffer has, the zero byte behind them not counted. For null, 0.
///
/// # Safety
/// `buffer` is null or a live buffer.
size_t waybill_buffer_length(const waybill_buffer *buffer);

/// Frees a buffer and its bytes. Null is allowed.
///
/// # Safety
/// `buffer` is null, or came from this library and was not freed before; nobody uses it or its bytes any more.
void waybill_buffer_free(waybill_buffer *buffer);

/// Verifies a file that is brought as some kind: genuine, and made by someone who may. Nothing but the arguments decides, neither the
/// clock nor a disk. Whether a license is for this installation, and what it allows now, are other questions.
///
/// `kind` is one of `waybill_kind`. `trusted` is what is believed already:
///
/// - for a license, receipt or refusal, a revocation list, a checkpoint and a newer trust bundle: the vendor's trust file;
/// - for a support bundle: the 32 bytes of the installation's public key;
/// - for a request, which carries its key, and for a trust bundle that is to be believed from now on: nothing, null and 0. Nothing
///   proves then that this is the right vendor's; people compare `waybill_file_root_fingerprint`.
///
/// The three kinds of answer pass for each other, as do the three of request: `waybill_file_kind` says which it is.
///
/// `verified` may be null; it gets the file, to be freed with `waybill_file_free`.
///
/// # Safety
/// `trusted` and `file` are null or have so many readable bytes; `verified` is null or can be written to; `error` is null or a live
/// error object that no other thread uses.
waybill_result waybill_verify_file(uint32_t kind,
                                   const uint8_t *trusted,
                                   size_t trusted_length,
                                   const uint8_t *file,
                                   size_t file_length,
                                   waybill_file **verified,
                                   waybill_error *error);

/// Reads a file without asking whether it is genuine: anybody may have written what it says. For showing what a file claims, and for
/// finding out its kind before it is verified.
///
/// `unverified` gets the file, to be freed with `waybill_file_free`.
///
/// # Safety
/// `file` is null or has so many readable bytes; `unverified` is null or can be written to; `error` is null or a live error object
/// that no other thread uses.
waybill_result waybill_file_read_unverified(const uint8_t *file,
                                            size_t file_length,
                                            waybill_file **unverified,
                                            waybill_error *error);

/// What a file is, one of `waybill_kind`. For null, 0.
///
/// # Safety
/// `file` is null or a live file.
uint32_t waybill_file_kind(const waybill_file *file);

/// Whether the file was verified, or merely read. For null, false.
///
/// # Safety
/// `file` is null or a live file.
bool waybill_file_is_verified(const waybill_file *file);

/// How many lines the file has for people. For null, 0.
///
/// # Safety
/// `file` is null or a live file.
size_t waybill_file_line_count(const waybill_file *file);

/// One line for people, such as `File good until: 2027-02-20`; the first is number 0. Null past the last one, and for null. The text
/// lives as long as the file.
///
/// # Safety
/// `file` is null or a live file; `length` is null or can be written to.
const char *waybill_file_line(const waybill_file *file,
                              size_t number,
                              size_t *length);

/// The document's identity: the digest of what is signed, 64 hexadecimal digits. For null, null. The text lives as long as the file.
///
/// # Safety
/// `file` is null or a live file; `length` is null or can be written to.
const char *waybill_file_digest(const waybill_file *file,
                                size_t *length);

/// The thumbprint of the key that signed the file, or in an unverified one of the key that it says did: 64 hexadecimal digits. For
/// null, null. The text lives as long as the file.
///
/// # Safety
/// `file` is null or a live file; `length` is null or can be written to.
const char *waybill_file_signer(const waybill_file *file,
                                size_t *length);

/// For a trust bundle that its own root keys signed: their fingerprint, a short text that two people compare by telephone before they
/// believe it. Null for everything else. The text lives as long as the file.
///
/// # Safety
/// `file` is null or a live file; `length` is null or can be written to.
const char *waybill_file_root_fingerprint(const waybill_file *file,
                                          size_t *length);

/// Frees a file, and the texts that it gave. Null is allowed.
///
/// # Safety
/// `file` is null, or came from this library and was not freed before; nobody uses it any more.
void waybill_file_free(waybill_file *file);

/// Makes this machine an installation: its key, its site, and whom it believes, in a directory of its own, which is made if it does not
/// exist. Set up again in the same way it changes nothing and succeeds; in another way it is refused.
///
/// `directory` is a path in UTF-8. `trust` is the vendor's trust file; whoever has its root keys decides which licenses are genuine
/// here, so people first compare `waybill_file_root_fingerprint` with what the vendor tells them. `site_code` is ConfigMgr's: three
/// of A-Z and 0-9. `site_description` and `name`, the server's, may be null: then there is none, and the machine is asked.
///
/// `installation` gets the handle, to be freed with `waybill_installation_free`.
///
/// # Safety
/// Each of `directory`, `trust`, `site_code`, `site_description` and `name` is null or has so many readable bytes; `installation` is
/// null or can be written to; `error` is null or a live error object that no other thread uses.
waybill_result waybill_installation_set_up(const char *directory,
                                           size_t directory_length,
                                           const uint8_t *trust,
                                           size_t trust_length,
                                           const char *site_code,
                                           size_t site_code_length,
                                           const char *site_description,
                                           size_t site_description_length,
                                           const char *name,
                                           size_t name_length,
                                           waybill_installation **installation,
                                           waybill_error *error);

/// Opens an installation that is set up, by this library or by the command `waybill-proxy`.
///
/// `directory` is a path in UTF-8. `installation` gets the handle, to be freed with `waybill_installation_free`.
///
/// # Safety
/// `directory` is null or has so many readable bytes; `installation` is null or can be written to; `error` is null or a live error
/// object that no other thread uses.
waybill_result waybill_installation_open(const char *directory,
                                         size_t directory_length,
                                         waybill_installation **installation,
                                         waybill_error *error);

/// The directory that the command `waybill-proxy` uses on this system unless it is told otherwise, a path in UTF-8.
///
/// `directory` gets the text, to be freed with `waybill_buffer_free`.
///
/// # Safety
/// `directory` is null or can be written to; `error` is null or a live error object that no other thread uses.
waybill_result waybill_default_directory(waybill_buffer **directory,
                                         waybill_error *error);

/// The installation's name as people see it, the beginning of its key's thumbprint: `B30F-E29B-DA03-991C`. For null, null. The text
/// lives as long as the handle.
///
/// # Safety
/// `installation` is null or a live installation; `length` is null or can be written to.
const char *waybill_installation_name(const waybill_installation *installation,
                                      size_t *length);

/// Verifies a file with what this installation believes: its trust file and all news of trust that answers have brought. Otherwise as
/// `waybill_verify_file`, whose `verified` this is. Nothing changes.
///
/// # Safety
/// `installation` is null or a live installation; `file` is null or has so many readable bytes; `verified` is null or can be written
/// to; `error` is null or a live error object that no other thread uses.
waybill_result waybill_installation_verify_file(const waybill_installation *installation,
                                                uint32_t kind,
                                                const uint8_t *file,
                                                size_t file_length,
                                                waybill_file **verified,
                                                waybill_error *error);

/// The installation and its four slots now, as JSON: the object that the command `waybill-proxy status --json` prints.
///
/// `json` gets the text, UTF-8, to be freed with `waybill_buffer_free`.
///
/// # Safety
/// `installation` is null or a live installation; `json` is null or can be written to; `error` is null or a live error object that no
/// other thread uses.
waybill_result waybill_installation_status_json(const waybill_installation *installation,
                                                waybill_buffer **json,
                                                waybill_error *error);

/// Frees an installation's handle, and the texts that it gave. The installation itself stays where it is. Null is allowed.
///
/// # Safety
/// `installation` is null, or came from this library and was not freed before; no thread uses it any more.
void waybill_installation_free(waybill_installation *installation);

/// Asks for a first license of a slot, by its license key. Refuses a mistyped key and one of another type at once, so that nobody
/// travels with it, and a slot in which a license is in force.
///
/// The request is in the state when this returns. Called again while nothing has changed, it gives the same file, for the case that
/// the first was lost.
///
/// `license_type` is one of `waybill_license_type`; `license_key` is what was typed, in UTF-8. `request` gets the request, to be freed
/// with `waybill_request_free`.
///
/// # Safety
/// `installation` is null or a live installation; `license_key` is null or has so many readable bytes; `request` is null or can be
/// written to; `error` is null or a live error object that no other thread uses.
waybill_result waybill_installation_prepare_activation(const waybill_installation *installation,
                                                       uint32_t license_type,
                                                       const char *license_key,
                                                       size_t license_key_length,
                                                       waybill_request **request,
                                                       waybill_error *error);

/// Asks for the license that replaces the one in force, with the newest seats and dates, and reports what is in use. Refuses a slot in
/// which no license is in force. Otherwise as `waybill_installation_prepare_activation`.
///
/// # Safety
/// `installation` is null or a live installation; `request` is null or can be written to; `error` is null or a live error object that
/// no other thread uses.
waybill_result waybill_installation_prepare_refresh(const waybill_installation *installation,
                                                    uint32_t license_type,
                                                    waybill_request **request,
                                                    waybill_error *error);

/// Stops using a slot's license, at once and for good, and says so: no answer to an earlier request will ever be taken. The license
/// key is free for another installation once the portal has the file. Refuses a slot that was never used. Otherwise as
/// `waybill_installation_prepare_activation`.
///
/// # Safety
/// `installation` is null or a live installation; `request` is null or can be written to; `error` is null or a live error object that
/// no other thread uses.
waybill_result waybill_installation_prepare_deactivation(const waybill_installation *installation,
                                                         uint32_t license_type,
                                                         waybill_request **request,
                                                         waybill_error *error);

/// The bytes of the file to carry to the portal. For null, null. They live as long as the request.
///
/// # Safety
/// `request` is null or a live request; `length` is null or can be written to.
const uint8_t *waybill_request_data(const waybill_request *request, size_t *length);

/// A name for the file that tells whose it is, what it is and when it was made: `PS1-desktop-activation-request-2026-11-22-20bd7b9a.waybill`.
/// For null, null. The text lives as long as the request.
///
/// # Safety
/// `request` is null or a live request; `length` is null or can be written to.
const char *waybill_request_file_name(const waybill_request *request,
                                      size_t *length);

/// Which of the three it is, one of `waybill_kind`. For null, 0.
///
/// # Safety
/// `request` is null or a live request.
uint32_t waybill_request_kind(const waybill_request *request);

/// The slot that it is for, one of `waybill_license_type`. For null, 0.
///
/// # Safety
/// `request` is null or a live request.
uint32_t waybill_request_license_type(const waybill_request *request);

/// Its number: up by one for each request of the installation. For null, 0.
///
/// # Safety
/// `request` is null or a live request.
uint64_t waybill_request_counter(const waybill_request *request);

/// Whether it was made by this call. If not, it is a request made before, whose answer is still awaited. For null, false.
///
/// # Safety
/// `request` is null or a live request.
bool waybill_request_is_new(const waybill_request *request);

/// Something that people should know about the state directory, such as a key file that others could read. Null if there is nothing,
/// and for null. The text lives as long as the request.
///
/// # Safety
/// `request` is null or a live request; `length` is null or can be written to.
const char *waybill_request_warning(const waybill_request *request,
                                    size_t *length);

/// Frees a request, and the bytes and texts that it gave. Null is allowed.
///
/// # Safety
/// `request` is null, or came from this library and was not freed before; nobody uses it any more.
void waybill_request_free(waybill_request *request);

/// What importing an answer would do, for a person who decides. Nothing changes. Refuses what is not genuine, not an answer, for another
/// installation, or answers nothing that this one has asked.
///
/// `outcome` gets what it would do, to be freed with `waybill_outcome_free`.
///
/// # Safety
/// `installation` is null or a live installation; `file` is null or has so many readable bytes; `outcome` is null or can be written
/// to; `error` is null or a live error object that no other thread uses.
waybill_result waybill_installation_review(const waybill_installation *installation,
                                           const uint8_t *file,
                                           size_t file_length,
                                           waybill_outcome **outcome,
                                           waybill_error *error);

/// Takes an answer. Refuses what `waybill_installation_review` refuses.
///
/// `WAYBILL_RESULT_OK` means that the answer was read, and not that it was a yes: a signed no is an answer too. `outcome` gets what it
/// did, to be freed with `waybill_outcome_free`.
///
/// # Safety
/// `installation` is null or a live installation; `file` is null or has so many readable bytes; `outcome` is null or can be written
/// to; `error` is null or a live error object that no other thread uses.
waybill_result waybill_installation_import(const waybill_installation *installation,
                                           const uint8_t *file,
                                           size_t file_length,
                                           waybill_outcome **outcome,
                                           waybill_error *error);

/// What the answer does, or did, one of `waybill_effect`. For null, 0.
///
/// # Safety
/// `outcome` is null or a live outcome.
uint32_t waybill_outcome_effect(const waybill_outcome *outcome);

/// The slot that the answer is for, one of `waybill_license_type`. For null, 0.
///
/// # Safety
/// `outcome` is null or a live outcome.
uint32_t waybill_outcome_license_type(const waybill_outcome *outcome);

/// Whether the answer changes anything. One that came twice or too late does not. For null, false.
///
/// # Safety
/// `outcome` is null or a live outcome.
bool waybill_outcome_changes(const waybill_outcome *outcome);

/// The vendor's code for a no, such as `no-seats`. Null where it was no refusal, and for null. The text lives as long as the outcome.
///
/// # Safety
/// `outcome` is null or a live outcome; `length` is null or can be written to.
const char *waybill_outcome_refusal_code(const waybill_outcome *outcome,
                                         size_t *length);

/// The vendor's reason for a no, in a sentence for people. Null where it was no refusal, and for null. The text lives as long as the
/// outcome.
///
/// # Safety
/// `outcome` is null or a live outcome; `length` is null or can be written to.
const char *waybill_outcome_refusal_says(const waybill_outcome *outcome,
                                         size_t *length);

/// What the vendor says to do about a no. Null where it was no refusal, and for null. The text lives as long as the outcome.
///
/// # Safety
/// `outcome` is null or a live outcome; `length` is null or can be written to.
const char *waybill_outcome_refusal_next_step(const waybill_outcome *outcome,
                                              size_t *length);

/// Everything about the outcome as JSON, UTF-8: the object that the command `waybill-proxy import --json` prints, but for its
/// `imported`. With a license it has what is granted, and until when; and what it replaces. For null, null. The text lives as long as
/// the outcome.
///
/// # Safety
/// `outcome` is null or a live outcome; `length` is null or can be written to.
const char *waybill_outcome_json(const waybill_outcome *outcome,
                                 size_t *length);

/// Frees an outcome, and the texts that it gave. Null is allowed.
///
/// # Safety
/// `outcome` is null, or came from this library and was not freed before; nobody uses it any more.
void waybill_outcome_free(waybill_outcome *outcome);

/// What a slot allows now.
///
/// `license_type` is one of `waybill_license_type`. `verdict` gets what it allows, to be freed with `waybill_verdict_free`; a slot without a
/// license is no failure, and allows nothing.
///
/// # Safety
/// `installation` is null or a live installation; `verdict` is null or can be written to; `error` is null or a live error object that
/// no other thread uses.
waybill_result waybill_installation_evaluate(const waybill_installation *installation,
                                             uint32_t license_type,
                                             waybill_verdict **verdict,
                                             waybill_error *error);

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
waybill_result waybill_installation_check(const waybill_installation *installation,
                                          uint32_t license_type,
                                          uint32_t metric,
                                          uint64_t count,
                                          waybill_error *error);

/// Says how many of a metric are in use in a slot now: all of them, not those that were added.
///
/// The next request reports it, and the terms are judged by it. `license_type` is one of `waybill_license_type`. `metric` is one of
/// `waybill_metric`, and must be what the slot counts, or the result is `WAYBILL_RESULT_METRIC_NOT_COUNTED`. `used` is at most 2^53-1.
///
/// # Safety
/// `installation` is null or a live installation; `error` is null or a live error object that no other thread uses.
waybill_result waybill_installation_set_usage(const waybill_installation *installation,
                                              uint32_t license_type,
                                              uint32_t metric,
                                              uint64_t used,
                                              waybill_error *error);

/// The slot that was judged, one of `waybill_license_type`. For null, 0.
///
/// # Safety
/// `verdict` is null or a live verdict.
uint32_t waybill_verdict_license_type(const waybill_verdict *verdict);

/// What the clock said when it was judged, in seconds since 1970. For null, `WAYBILL_NO_DATE`.
///
/// # Safety
/// `verdict` is null or a live verdict.
int64_t waybill_verdict_now(const waybill_verdict *verdict);

/// What the slot is, one of `waybill_slot_state`. For null, 0.
///
/// # Safety
/// `verdict` is null or a live verdict.
uint32_t waybill_verdict_state(const waybill_verdict *verdict);

/// How the license in force is doing, one of `waybill_standing`; 0 where none is in force, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
uint32_t waybill_verdict_standing(const waybill_verdict *verdict);

/// What is counted in the slot, one of `waybill_metric`. For null, 0.
///
/// # Safety
/// `verdict` is null or a live verdict.
uint32_t waybill_verdict_metric(const waybill_verdict *verdict);

/// Whether what uses the slot already may go on. For null, false.
///
/// # Safety
/// `verdict` is null or a live verdict.
bool waybill_verdict_may_go_on(const waybill_verdict *verdict);

/// How many more may be used now; `WAYBILL_ANY_NUMBER` under terms that only say so when use is over the limit. For null, 0.
///
/// # Safety
/// `verdict` is null or a live verdict.
uint64_t waybill_verdict_may_add(const waybill_verdict *verdict);

/// Seats granted; 0 where no license is in force, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
uint64_t waybill_verdict_seats(const waybill_verdict *verdict);

/// Seats in use, as last said with `waybill_installation_set_usage`; 0 if that was never said, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
uint64_t waybill_verdict_used(const waybill_verdict *verdict);

/// When the contract of the license in force begins, in seconds since 1970; `WAYBILL_NO_DATE` where none is, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
int64_t waybill_verdict_contract_start(const waybill_verdict *verdict);

/// When the contract ends: the first of three dates that are three things. In seconds since 1970; `WAYBILL_NO_DATE` where no license is
/// in force, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
int64_t waybill_verdict_contract_end(const waybill_verdict *verdict);

/// Until when the license file is good: the second of three dates. A refresh brings a later one. In seconds since 1970;
/// `WAYBILL_NO_DATE` where no license is in force, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
int64_t waybill_verdict_good_until(const waybill_verdict *verdict);

/// By when the next request should reach the portal: the third of three dates. In seconds since 1970; `WAYBILL_NO_DATE` where no
/// license is in force, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
int64_t waybill_verdict_report_due(const waybill_verdict *verdict);

/// The license key with all but its last group hidden: `*****-*****-*****-*****-CMBGD`. Null in a slot that was never used, and for
/// null. The text lives as long as the verdict.
///
/// # Safety
/// `verdict` is null or a live verdict; `length` is null or can be written to.
const char *waybill_verdict_license_key(const waybill_verdict *verdict,
                                        size_t *length);

/// How many notices there are: what people should know, the most urgent first. For null, 0.
///
/// # Safety
/// `verdict` is null or a live verdict.
size_t waybill_verdict_notice_count(const waybill_verdict *verdict);

/// The stable code of a notice, such as `report-overdue`; the first is number 0. Null past the last one, and for null. The text lives as
/// long as the verdict.
///
/// # Safety
/// `verdict` is null or a live verdict; `length` is null or can be written to.
const char *waybill_verdict_notice_code(const waybill_verdict *verdict,
                                        size_t number,
                                        size_t *length);

/// A notice in a sentence for people; the first is number 0. Null past the last one, and for null. The text lives as long as the verdict.
///
/// # Safety
/// `verdict` is null or a live verdict; `length` is null or can be written to.
const char *waybill_verdict_notice_says(const waybill_verdict *verdict,
                                        size_t number,
                                        size_t *length);

/// What to do about a notice; the first is number 0. Null past the last one, and for null. The text lives as long as the verdict.
///
/// # Safety
/// `verdict` is null or a live verdict; `length` is null or can be written to.
const char *waybill_verdict_notice_next_step(const waybill_verdict *verdict,
                                             size_t number,
                                             size_t *length);

/// How many dates there are on which the verdict changes if nothing but the time does. For null, 0.
///
/// # Safety
/// `verdict` is null or a live verdict.
size_t waybill_verdict_change_count(const waybill_verdict *verdict);

/// When the verdict changes, in seconds since 1970: the first instant of the new one. The next change is number 0, and the others
/// follow in order. `WAYBILL_NO_DATE` past the last one, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
int64_t waybill_verdict_change_at(const waybill_verdict *verdict,
                                  size_t number);

/// How the license is doing from that change on, one of `waybill_standing`; it may stay the same, while what is allowed or to be said changes.
/// The next change is number 0. 0 past the last one, and for null.
///
/// # Safety
/// `verdict` is null or a live verdict.
uint32_t waybill_verdict_change_standing(const waybill_verdict *verdict,
                                         size_t number);

/// Frees a verdict, and the texts that it gave. Null is allowed.
///
/// # Safety
/// `verdict` is null, or came from this library and was not freed before; nobody uses it any more.
void waybill_verdict_free(waybill_verdict *verdict);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* WAYBILL_H */
