/* Everything that goes wrong: nulls, numbers that are none, sizes, garbage, the state directory. What is refused leaves the
 * out-parameters as they were. */

#include "check.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint32_t DESKTOP = WAYBILL_LICENSE_TYPE_DESKTOP;
static const char *const LICENSE_KEY = "D0123-45678-9ABCD-EFGHY-CMBGD";

static waybill_error *error;

/* What stands in an out-parameter before a call that must not write there. */
static char before;
#define UNTOUCHED ((void *)&before)

/* The call ends with this result, and leaves the out-parameter alone. */
#define REFUSES(result, out, call) \
    do {                           \
        (out) = UNTOUCHED;         \
        ENDS(result, call);        \
        CHECK((out) == UNTOUCHED); \
        (out) = NULL;              \
    } while (0)

/* A text that is not there is null, and has no length. */
#define NOTHING(call)                                   \
    do {                                                \
        size_t length = 7;                              \
        CHECK((const void *)(call) == NULL && length == 0); \
    } while (0)

static void nothing_comes_of_null_objects(void)
{
    CHECK(waybill_error_result(NULL) == WAYBILL_RESULT_NULL_POINTER);
    CHECK(waybill_error_code(NULL) == NULL);
    NOTHING(waybill_error_says(NULL, &length));
    NOTHING(waybill_error_next_step(NULL, &length));
    CHECK(waybill_buffer_data(NULL) == NULL);
    CHECK(waybill_buffer_length(NULL) == 0);

    CHECK(waybill_file_kind(NULL) == 0);
    CHECK(!waybill_file_is_verified(NULL));
    CHECK(waybill_file_line_count(NULL) == 0);
    NOTHING(waybill_file_line(NULL, 0, &length));
    NOTHING(waybill_file_digest(NULL, &length));
    NOTHING(waybill_file_signer(NULL, &length));
    NOTHING(waybill_file_root_fingerprint(NULL, &length));

    NOTHING(waybill_installation_name(NULL, &length));

    NOTHING(waybill_request_data(NULL, &length));
    NOTHING(waybill_request_file_name(NULL, &length));
    NOTHING(waybill_request_warning(NULL, &length));
    CHECK(waybill_request_kind(NULL) == 0);
    CHECK(waybill_request_license_type(NULL) == 0);
    CHECK(waybill_request_counter(NULL) == 0);
    CHECK(!waybill_request_is_new(NULL));

    CHECK(waybill_outcome_effect(NULL) == 0);
    CHECK(waybill_outcome_license_type(NULL) == 0);
    CHECK(!waybill_outcome_changes(NULL));
    NOTHING(waybill_outcome_refusal_code(NULL, &length));
    NOTHING(waybill_outcome_refusal_says(NULL, &length));
    NOTHING(waybill_outcome_refusal_next_step(NULL, &length));
    NOTHING(waybill_outcome_json(NULL, &length));

    CHECK(waybill_verdict_license_type(NULL) == 0);
    CHECK(waybill_verdict_now(NULL) == WAYBILL_NO_DATE);
    CHECK(waybill_verdict_state(NULL) == 0);
    CHECK(waybill_verdict_standing(NULL) == 0);
    CHECK(waybill_verdict_metric(NULL) == 0);
    CHECK(!waybill_verdict_may_go_on(NULL));
    CHECK(waybill_verdict_may_add(NULL) == 0);
    CHECK(waybill_verdict_seats(NULL) == 0);
    CHECK(waybill_verdict_used(NULL) == 0);
    CHECK(waybill_verdict_contract_start(NULL) == WAYBILL_NO_DATE);
    CHECK(waybill_verdict_contract_end(NULL) == WAYBILL_NO_DATE);
    CHECK(waybill_verdict_good_until(NULL) == WAYBILL_NO_DATE);
    CHECK(waybill_verdict_report_due(NULL) == WAYBILL_NO_DATE);
    NOTHING(waybill_verdict_license_key(NULL, &length));
    CHECK(waybill_verdict_notice_count(NULL) == 0);
    NOTHING(waybill_verdict_notice_code(NULL, 0, &length));
    NOTHING(waybill_verdict_notice_says(NULL, 0, &length));
    NOTHING(waybill_verdict_notice_next_step(NULL, 0, &length));
    CHECK(waybill_verdict_change_count(NULL) == 0);
    CHECK(waybill_verdict_change_at(NULL, 0) == WAYBILL_NO_DATE);
    CHECK(waybill_verdict_change_standing(NULL, 0) == 0);

    waybill_error_free(NULL);
    waybill_buffer_free(NULL);
    waybill_file_free(NULL);
    waybill_installation_free(NULL);
    waybill_request_free(NULL);
    waybill_outcome_free(NULL);
    waybill_verdict_free(NULL);
}

static void results_have_codes(void)
{
    SAME(waybill_result_code(WAYBILL_RESULT_OK), "ok");
    SAME(waybill_result_code(WAYBILL_RESULT_CBOR_UTF8), "cbor-utf8");
    SAME(waybill_result_code(WAYBILL_RESULT_OUTPUT_NOT_SAVED), "output-not-saved");
    CHECK(waybill_result_code(99) == NULL);
    CHECK(waybill_result_code(UINT32_MAX) == NULL);
}

static void buffers_have_bytes(void)
{
    waybill_buffer *buffer = waybill_buffer_new(1001);
    uint8_t *data = waybill_buffer_data(buffer);
    CHECK((uintptr_t)data % 8 == 0);
    CHECK(waybill_buffer_length(buffer) == 1001);
    bool zero = true;
    for (size_t i = 0; i <= 1001; i++)
        zero = zero && data[i] == 0;
    CHECK(zero);
    memset(data, 0xff, 1001);
    waybill_buffer_free(buffer);

    buffer = waybill_buffer_new(0);
    CHECK(buffer && waybill_buffer_data(buffer) && waybill_buffer_length(buffer) == 0);
    waybill_buffer_free(buffer);
    CHECK(waybill_buffer_new(SIZE_MAX) == NULL);
    CHECK(waybill_buffer_new(SIZE_MAX / 2) == NULL);
}

static void nulls_are_told(waybill_installation *installation)
{
    struct bytes trust = load("trust.waybill");
    waybill_file *file;
    REFUSES(WAYBILL_RESULT_NULL_POINTER, file, waybill_verify_file(WAYBILL_KIND_LICENSE, NULL, 1, trust.data, 1, &file, error));
    SAME(waybill_error_says(error, NULL), "`trusted` is null");
    SAME(waybill_error_code(error), "null-pointer");
    CHECK(strlen(waybill_error_next_step(error, NULL)) > 0);
    REFUSES(WAYBILL_RESULT_NULL_POINTER, file, waybill_verify_file(WAYBILL_KIND_LICENSE, NULL, 0, NULL, 1, &file, error));
    REFUSES(WAYBILL_RESULT_NULL_POINTER, file, waybill_file_read_unverified(NULL, 1, &file, error));
    ENDS(WAYBILL_RESULT_NULL_POINTER, waybill_file_read_unverified(trust.data, trust.length, NULL, error));
    /* No bytes may be null, and an object may be left out, the error too. */
    REFUSES(WAYBILL_RESULT_EMPTY, file, waybill_verify_file(WAYBILL_KIND_LICENSE, NULL, 0, NULL, 0, &file, error));
    WORKS(waybill_verify_file(WAYBILL_KIND_TRUST_BUNDLE, NULL, 0, trust.data, trust.length, NULL, error));
    CHECK(waybill_verify_file(WAYBILL_KIND_TRUST_BUNDLE, NULL, 0, trust.data, trust.length, NULL, NULL) == WAYBILL_RESULT_OK);
    CHECK(waybill_verify_file(WAYBILL_KIND_TRUST_BUNDLE, NULL, 0, NULL, 0, NULL, NULL) == WAYBILL_RESULT_EMPTY);
    CHECK(waybill_file_read_unverified(NULL, 1, NULL, NULL) == WAYBILL_RESULT_NULL_POINTER);

    ENDS(WAYBILL_RESULT_NULL_POINTER, waybill_default_directory(NULL, error));
    waybill_installation *other;
#define SET_UP(directory, trust, site, out) \
    waybill_installation_set_up(directory, 4, trust, 4, site, 3, NULL, 0, NULL, 0, out, error)
    REFUSES(WAYBILL_RESULT_NULL_POINTER, other, SET_UP(NULL, trust.data, "PS1", &other));
    REFUSES(WAYBILL_RESULT_NULL_POINTER, other, SET_UP("/tmp", NULL, "PS1", &other));
    REFUSES(WAYBILL_RESULT_NULL_POINTER, other, SET_UP("/tmp", trust.data, NULL, &other));
    ENDS(WAYBILL_RESULT_NULL_POINTER, SET_UP("/tmp", trust.data, "PS1", NULL));
    REFUSES(WAYBILL_RESULT_NULL_POINTER, other, waybill_installation_open(NULL, 4, &other, error));
    REFUSES(WAYBILL_RESULT_NULL_POINTER, other, waybill_installation_open(NULL, 0, &other, error));
    ENDS(WAYBILL_RESULT_NULL_POINTER, waybill_installation_open("/tmp", 4, NULL, error));

    REFUSES(WAYBILL_RESULT_NULL_POINTER, file, waybill_installation_verify_file(NULL, WAYBILL_KIND_LICENSE, trust.data, 1, &file, error));
    REFUSES(WAYBILL_RESULT_NULL_POINTER, file, waybill_installation_verify_file(installation, WAYBILL_KIND_LICENSE, NULL, 1, &file, error));
    waybill_buffer *json;
    REFUSES(WAYBILL_RESULT_NULL_POINTER, json, waybill_installation_status_json(NULL, &json, error));
    ENDS(WAYBILL_RESULT_NULL_POINTER, waybill_installation_status_json(installation, NULL, error));

    waybill_request *request;
    REFUSES(WAYBILL_RESULT_NULL_POINTER, request, waybill_installation_prepare_activation(NULL, DESKTOP, LICENSE_KEY, 29, &request, error));
    REFUSES(WAYBILL_RESULT_NULL_POINTER, request, waybill_installation_prepare_activation(installation, DESKTOP, NULL, 29, &request, error));
    ENDS(WAYBILL_RESULT_NULL_POINTER, waybill_installation_prepare_activation(installation, DESKTOP, LICENSE_KEY, 29, NULL, error));
    REFUSES(WAYBILL_RESULT_NULL_POINTER, request, waybill_installation_prepare_refresh(NULL, DESKTOP, &request, error));
    ENDS(WAYBILL_RESULT_NULL_POINTER, waybill_installation_prepare_refresh(installation, DESKTOP, NULL, error));
    REFUSES(WAYBILL_RESULT_NULL_POINTER, request, waybill_installation_prepare_deactivation(NULL, DESKTOP, &request, error));
    ENDS(WAYBILL_RESULT_NULL_POINTER, waybill_installation_prepare_deactivation(installation, DESKTOP, NULL, error));

    waybill_outcome *outcome;
    REFUSES(WAYBILL_RESULT_NULL_POINTER, outcome, waybill_installation_review(NULL, trust.data, 1, &outcome, error));
    REFUSES(WAYBILL_RESULT_NULL_POINTER, outcome, waybill_installation_review(installation, NULL, 1, &outcome, error));
    ENDS(WAYBILL_RESULT_NULL_POINTER, waybill_installation_review(installation, trust.data, 1, NULL, error));
    REFUSES(WAYBILL_RESULT_NULL_POINTER, outcome, waybill_installation_import(NULL, trust.data, 1, &outcome, error));
    REFUSES(WAYBILL_RESULT_NULL_POINTER, outcome, waybill_installation_import(installation, NULL, 1, &outcome, error));
    ENDS(WAYBILL_RESULT_NULL_POINTER, waybill_installation_import(installation, trust.data, 1, NULL, error));

    waybill_verdict *verdict;
    REFUSES(WAYBILL_RESULT_NULL_POINTER, verdict, waybill_installation_evaluate(NULL, DESKTOP, &verdict, error));
    ENDS(WAYBILL_RESULT_NULL_POINTER, waybill_installation_evaluate(installation, DESKTOP, NULL, error));
    ENDS(WAYBILL_RESULT_NULL_POINTER, waybill_installation_check(NULL, DESKTOP, WAYBILL_METRIC_MANAGED_DEVICE, 1, error));
    ENDS(WAYBILL_RESULT_NULL_POINTER, waybill_installation_set_usage(NULL, DESKTOP, WAYBILL_METRIC_MANAGED_DEVICE, 1, error));
    free(trust.data);
}

static void numbers_that_are_none_are_refused(waybill_installation *installation)
{
    const uint32_t none[] = {0, 11, 0x80000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        waybill_file *file;
        waybill_request *request;
        waybill_verdict *verdict;
        REFUSES(WAYBILL_RESULT_OUT_OF_RANGE, file, waybill_verify_file(none[i], NULL, 0, NULL, 0, &file, error));
        REFUSES(WAYBILL_RESULT_OUT_OF_RANGE, file, waybill_installation_verify_file(installation, none[i], NULL, 0, &file, error));
        REFUSES(WAYBILL_RESULT_OUT_OF_RANGE, request, waybill_installation_prepare_activation(installation, none[i], LICENSE_KEY, 29, &request, error));
        REFUSES(WAYBILL_RESULT_OUT_OF_RANGE, request, waybill_installation_prepare_refresh(installation, none[i], &request, error));
        REFUSES(WAYBILL_RESULT_OUT_OF_RANGE, request, waybill_installation_prepare_deactivation(installation, none[i], &request, error));
        REFUSES(WAYBILL_RESULT_OUT_OF_RANGE, verdict, waybill_installation_evaluate(installation, none[i], &verdict, error));
        ENDS(WAYBILL_RESULT_OUT_OF_RANGE, waybill_installation_check(installation, none[i], WAYBILL_METRIC_USER, 1, error));
        ENDS(WAYBILL_RESULT_OUT_OF_RANGE, waybill_installation_check(installation, DESKTOP, none[i], 1, error));
        ENDS(WAYBILL_RESULT_OUT_OF_RANGE, waybill_installation_set_usage(installation, none[i], WAYBILL_METRIC_USER, 1, error));
        ENDS(WAYBILL_RESULT_OUT_OF_RANGE, waybill_installation_set_usage(installation, DESKTOP, none[i], 1, error));
    }
    const uint64_t most = ((uint64_t)1 << 53) - 1;
    const uint32_t device = WAYBILL_METRIC_MANAGED_DEVICE;
    ENDS(WAYBILL_RESULT_OUT_OF_RANGE, waybill_installation_set_usage(installation, DESKTOP, device, most + 1, error));
    ENDS(WAYBILL_RESULT_OUT_OF_RANGE, waybill_installation_check(installation, DESKTOP, device, UINT64_MAX, error));
    ENDS(WAYBILL_RESULT_NOT_ALLOWED, waybill_installation_check(installation, DESKTOP, device, most, error));
    WORKS(waybill_installation_set_usage(installation, DESKTOP, device, most, error));
    WORKS(waybill_installation_set_usage(installation, DESKTOP, device, 0, error));

    ENDS(WAYBILL_RESULT_METRIC_NOT_COUNTED, waybill_installation_check(installation, DESKTOP, WAYBILL_METRIC_USER, 1, error));
    SAME(waybill_error_says(error, NULL), "Desktop counts managed devices, and the question was about users");
    ENDS(WAYBILL_RESULT_METRIC_NOT_COUNTED, waybill_installation_set_usage(installation, DESKTOP, WAYBILL_METRIC_USER, 1, error));
}

static void impossible_lengths_are_refused(waybill_installation *installation)
{
    const uint8_t byte[1] = {0};
    const size_t lengths[] = {SIZE_MAX, SIZE_MAX / 2 + 1};
    for (size_t i = 0; i < 2; i++) {
        waybill_file *file;
        waybill_outcome *outcome;
        waybill_request *request;
        waybill_installation *other;
        REFUSES(WAYBILL_RESULT_OUT_OF_RANGE, file, waybill_verify_file(WAYBILL_KIND_LICENSE, byte, lengths[i], byte, 1, &file, error));
        REFUSES(WAYBILL_RESULT_OUT_OF_RANGE, file, waybill_verify_file(WAYBILL_KIND_LICENSE, byte, 1, byte, lengths[i], &file, error));
        REFUSES(WAYBILL_RESULT_OUT_OF_RANGE, outcome, waybill_installation_import(installation, byte, lengths[i], &outcome, error));
        REFUSES(WAYBILL_RESULT_OUT_OF_RANGE, request,
                waybill_installation_prepare_activation(installation, DESKTOP, LICENSE_KEY, lengths[i], &request, error));
        REFUSES(WAYBILL_RESULT_OUT_OF_RANGE, other, waybill_installation_open("/tmp", lengths[i], &other, error));
    }
}

static void texts_are_utf8_and_keep_their_rules(void)
{
    struct bytes trust = load("trust.waybill");
    waybill_installation *other;
    char *directory = path("never");
    size_t length = strlen(directory);
#define NAMED(site, description, name)                                                                       \
    waybill_installation_set_up(directory, length, trust.data, trust.length, site, strlen(site), description, \
                                strlen(description), name, strlen(name), &other, error)
    REFUSES(WAYBILL_RESULT_NOT_UTF8, other, waybill_installation_open("\xff\xfe", 2, &other, error));
    REFUSES(WAYBILL_RESULT_NOT_UTF8, other, NAMED("P\xc3", "Headquarters", "CM01"));
    REFUSES(WAYBILL_RESULT_NOT_UTF8, other, NAMED("PS1", "Headquarters", "\x80"));
    REFUSES(WAYBILL_RESULT_TEXT_REFUSED, other, NAMED("ps1", "Headquarters", "CM01"));
    REFUSES(WAYBILL_RESULT_TEXT_REFUSED, other, NAMED("", "Headquarters", "CM01"));
    REFUSES(WAYBILL_RESULT_TEXT_REFUSED, other, NAMED("PS1", "a\nb", "CM01"));
    REFUSES(WAYBILL_RESULT_TEXT_REFUSED, other, NAMED("PS1", "Headquarters", ""));
    REFUSES(WAYBILL_RESULT_NOT_SET_UP, other, waybill_installation_open(directory, length, &other, error));
    CHECK(strstr(waybill_error_says(error, NULL), directory) != NULL);
    REFUSES(WAYBILL_RESULT_STATE_UNREADABLE, other, waybill_installation_open("", 0, &other, error));
    /* A zero byte in a path opens nothing, and does not cut the path short. */
    directory[length / 2] = '\0';
    waybill_result result = waybill_installation_open(directory, length, &other, error);
    CHECK(result == WAYBILL_RESULT_STATE_UNREADABLE || result == WAYBILL_RESULT_NOT_SET_UP);
    size_t says;
    CHECK(strlen(waybill_error_says(error, &says)) == says);
    free(directory);
    free(trust.data);
}

static void license_keys_are_checked(waybill_installation *installation)
{
    waybill_request *request;
#define TYPED(key) waybill_installation_prepare_activation(installation, DESKTOP, key, strlen(key), &request, error)
    REFUSES(WAYBILL_RESULT_LICENSE_KEY_LENGTH, request, TYPED(""));
    REFUSES(WAYBILL_RESULT_LICENSE_KEY_LENGTH, request, TYPED("D0123"));
    REFUSES(WAYBILL_RESULT_LICENSE_KEY_CHARACTER, request, TYPED("D0123-45678-9ABCD-EFGHY-CMBG!"));
    REFUSES(WAYBILL_RESULT_LICENSE_KEY_MISTYPED, request, TYPED("D0123-45678-9ABCD-EFGHY-CMBGE"));
    REFUSES(WAYBILL_RESULT_LICENSE_KEY_WRONG_TYPE, request, TYPED("CQ1S2-9CC0M-5KM0F-ECS11-10GQB"));
    REFUSES(WAYBILL_RESULT_NOT_UTF8, request, TYPED("\xe2\x80"));
    REFUSES(WAYBILL_RESULT_NOT_ACTIVE, request, waybill_installation_prepare_refresh(installation, DESKTOP, &request, error));
    REFUSES(WAYBILL_RESULT_NOTHING_TO_DEACTIVATE, request,
            waybill_installation_prepare_deactivation(installation, DESKTOP, &request, error));
}

static void answers_that_are_none_of_ours_are_refused(waybill_installation *installation)
{
    waybill_request *request = NULL;
    waybill_outcome *outcome;
    WORKS(waybill_installation_prepare_activation(installation, DESKTOP, LICENSE_KEY, 29, &request, error));
    const struct {
        const char *how;
        waybill_result result;
    } answers[] = {
        {"forged", WAYBILL_RESULT_SIGNATURE},
        {"elsewhere", WAYBILL_RESULT_OTHER_INSTALLATION},
        {"unasked", WAYBILL_RESULT_NOT_ASKED_FOR},
    };
    for (size_t i = 0; i < 3; i++) {
        struct bytes file = answer(request, answers[i].how);
        REFUSES(answers[i].result, outcome, waybill_installation_review(installation, file.data, file.length, &outcome, error));
        REFUSES(answers[i].result, outcome, waybill_installation_import(installation, file.data, file.length, &outcome, error));
        free(file.data);
    }
    size_t length;
    const uint8_t *data = waybill_request_data(request, &length);
    REFUSES(WAYBILL_RESULT_NOT_AN_ANSWER, outcome, waybill_installation_import(installation, data, length, &outcome, error));
    REFUSES(WAYBILL_RESULT_NOT_WAYBILL, outcome, waybill_installation_import(installation, (const uint8_t *)"x", 1, &outcome, error));

    /* None of this has changed anything, so the genuine answer is taken; and then there is nothing to ask for again. */
    struct bytes file = answer(request, "yes");
    WORKS(waybill_installation_import(installation, file.data, file.length, &outcome, error));
    CHECK(waybill_outcome_effect(outcome) == WAYBILL_EFFECT_INSTALLED);
    waybill_outcome_free(outcome);
    waybill_request_free(request);
    REFUSES(WAYBILL_RESULT_ALREADY_ACTIVE, request,
            waybill_installation_prepare_activation(installation, DESKTOP, LICENSE_KEY, 29, &request, error));
    free(file.data);
}

/* A genuine license with one bit turned, or with an end cut off: never believed, never a crash. */
static void garbage_is_refused(void)
{
    struct bytes trust = load("trust.waybill"), license = load("answer.waybill");
    waybill_file *file;
    REFUSES(WAYBILL_RESULT_WRONG_KIND, file,
            waybill_verify_file(WAYBILL_KIND_LICENSE, trust.data, trust.length, trust.data, trust.length, &file, error));
    REFUSES(WAYBILL_RESULT_EMPTY, file, waybill_verify_file(WAYBILL_KIND_LICENSE, NULL, 0, license.data, license.length, &file, error));
    unsigned believed = 0, told_wrongly = 0;
    file = UNTOUCHED;
    for (size_t i = 0; i < license.length; i += 3) {
        uint8_t kept = license.data[i];
        license.data[i] ^= (uint8_t)(1 << i % 8);
        waybill_result result = waybill_verify_file(WAYBILL_KIND_LICENSE, trust.data, trust.length, license.data,
                                                    license.length, &file, error);
        believed += result == WAYBILL_RESULT_OK;
        told_wrongly += result < 100 || result >= 300;
        license.data[i] = kept;
    }
    for (size_t length = 0; length < license.length; length += 7) {
        uint8_t *part = malloc(length + (length == 0));
        memcpy(part, license.data, length);
        waybill_result result =
            waybill_verify_file(WAYBILL_KIND_LICENSE, trust.data, trust.length, part, length, &file, error);
        believed += result == WAYBILL_RESULT_OK;
        told_wrongly += result < 100 || result >= 200;
        free(part);
    }
    CHECK(believed == 0);
    CHECK(told_wrongly == 0);
    CHECK(file == UNTOUCHED);

    size_t large = 1 << 20;
    uint8_t *noise = malloc(large);
    memset(noise, 'x', large);
    REFUSES(WAYBILL_RESULT_TOO_LARGE, file, waybill_file_read_unverified(noise, large, &file, error));
    REFUSES(WAYBILL_RESULT_NOT_WAYBILL, file, waybill_file_read_unverified(noise, 1000, &file, error));
    memcpy(noise, "\xd9\xd9\xf7", 3);
    REFUSES(WAYBILL_RESULT_CONTAINER_SHAPE, file, waybill_file_read_unverified(noise, 1000, &file, error));
    free(noise);

    /* What is merely read is not verified, whatever it says. */
    license.data[license.length - 1] ^= 1;
    WORKS(waybill_file_read_unverified(license.data, license.length, &file, error));
    CHECK(waybill_file_kind(file) == WAYBILL_KIND_LICENSE && !waybill_file_is_verified(file));
    waybill_file_free(file);
    REFUSES(WAYBILL_RESULT_SIGNATURE, file,
            waybill_verify_file(WAYBILL_KIND_LICENSE, trust.data, trust.length, license.data, license.length, &file, error));
    free(license.data);
    free(trust.data);
}

static void directories_are_guarded(waybill_installation *installation)
{
    struct bytes trust = load("trust.waybill");
    waybill_installation *other;
    waybill_request *request;
    waybill_verdict *verdict;
    char *directory = path("state"), *folder = path("");

#define SET_UP_AT(place, site) \
    waybill_installation_set_up(place, strlen(place), trust.data, trust.length, site, 3, NULL, 0, NULL, 0, &other, error)
    REFUSES(WAYBILL_RESULT_ALREADY_SET_UP, other, SET_UP_AT(directory, "PS2"));
    REFUSES(WAYBILL_RESULT_DIRECTORY_IN_USE, other, SET_UP_AT(folder, "PS1"));
    free(folder);

    /* Another program is at work: looking goes on, and a change is refused until it has ended. */
    char *lock = path("state/lock");
    int held = open(lock, O_RDWR);
    CHECK(held >= 0 && flock(held, LOCK_EX | LOCK_NB) == 0);
    REFUSES(WAYBILL_RESULT_LOCKED, request, waybill_installation_prepare_refresh(installation, DESKTOP, &request, error));
    ENDS(WAYBILL_RESULT_LOCKED, waybill_installation_set_usage(installation, DESKTOP, WAYBILL_METRIC_MANAGED_DEVICE, 9, error));
    WORKS(waybill_installation_check(installation, DESKTOP, WAYBILL_METRIC_MANAGED_DEVICE, 1, error));
    WORKS(waybill_installation_open(directory, strlen(directory), &other, error));
    waybill_installation_free(other);
    close(held);
    WORKS(waybill_installation_set_usage(installation, DESKTOP, WAYBILL_METRIC_MANAGED_DEVICE, 9, error));
    free(lock);

    /* A key that others can read is closed to them, and it is said. */
    char *key = path("state/installation.key");
    CHECK(chmod(key, 0644) == 0);
    WORKS(waybill_installation_prepare_refresh(installation, DESKTOP, &request, error));
    CHECK(strstr(waybill_request_warning(request, NULL), "could be read by other accounts") != NULL);
    waybill_request_free(request);

    /* Without its key nothing is signed; what is allowed can still be told. */
    CHECK(unlink(key) == 0);
    REFUSES(WAYBILL_RESULT_INSTALLATION_KEY, request,
            waybill_installation_prepare_refresh(installation, DESKTOP, &request, error));
    WORKS(waybill_installation_check(installation, DESKTOP, WAYBILL_METRIC_MANAGED_DEVICE, 1, error));
    free(key);

    /* A damaged state allows nothing. */
    save("state/state", "garbage", 7);
    REFUSES(WAYBILL_RESULT_STATE_DAMAGED, verdict, waybill_installation_evaluate(installation, DESKTOP, &verdict, error));
    ENDS(WAYBILL_RESULT_STATE_DAMAGED,
         waybill_installation_check(installation, DESKTOP, WAYBILL_METRIC_MANAGED_DEVICE, 0, error));
    REFUSES(WAYBILL_RESULT_STATE_DAMAGED, other, waybill_installation_open(directory, strlen(directory), &other, error));
    char *state = path("state/state");
    CHECK(unlink(state) == 0);
    ENDS(WAYBILL_RESULT_NOT_SET_UP,
         waybill_installation_check(installation, DESKTOP, WAYBILL_METRIC_MANAGED_DEVICE, 0, error));
    free(state);
    free(directory);
    free(trust.data);
}

static void a_relative_directory_stays_where_it_is(void)
{
    CHECK(chdir(scratch) == 0);
    struct bytes trust = load("trust.waybill");
    waybill_installation *installation = NULL;
    WORKS(waybill_installation_set_up("relative", 8, trust.data, trust.length, "PS1", 3, NULL, 0, "CM01", 4,
                                      &installation, error));
    CHECK(chdir("/") == 0);
    WORKS(waybill_installation_set_usage(installation, DESKTOP, WAYBILL_METRIC_MANAGED_DEVICE, 1, error));
    waybill_installation_free(installation);
    free(trust.data);

    waybill_buffer *directory = NULL;
    WORKS(waybill_default_directory(&directory, error));
    CHECK(waybill_buffer_data(directory)[0] == '/');
    waybill_buffer_free(directory);
}

/* What an error object says may be passed on to the very call that it is given to. */
static void an_error_may_be_its_own_argument(void)
{
    waybill_installation *other;
    REFUSES(WAYBILL_RESULT_NOT_SET_UP, other, waybill_installation_open("/nowhere/at/all", 15, &other, error));
    size_t length;
    const char *says = waybill_error_says(error, &length);
    REFUSES(WAYBILL_RESULT_NOT_SET_UP, other, waybill_installation_open(says, length, &other, error));
}

int main(int count, char **words)
{
    begin(count, words);
    error = waybill_error_new();
    CHECK(waybill_error_result(error) == WAYBILL_RESULT_OK);
    waybill_installation *installation = set_up("state", error);
    nothing_comes_of_null_objects();
    results_have_codes();
    buffers_have_bytes();
    nulls_are_told(installation);
    numbers_that_are_none_are_refused(installation);
    impossible_lengths_are_refused(installation);
    texts_are_utf8_and_keep_their_rules();
    license_keys_are_checked(installation);
    answers_that_are_none_of_ours_are_refused(installation);
    garbage_is_refused();
    directories_are_guarded(installation);
    a_relative_directory_stays_where_it_is();
    an_error_may_be_its_own_argument();
    waybill_installation_free(installation);
    waybill_error_free(error);
    return end("refusals");
}
